// grpc.reflection.v1: tells tools such as `buf curl` and grpcurl the contract, so that they need no .proto files.
import { toBinary, type DescFile, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "../gen/google/rpc/error_details_pb.ts";
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/** Reflects the given services, all they refer to, and the details our errors carry. */
export function implementReflection(services: readonly DescService[]): ServiceImpl<typeof ServerReflection> {
  const files = new Map<string, DescFile>();
  for (const file of [...services.map((service) => service.file), file_google_rpc_error_details]) collect(file, files);
  const symbols = new Map<string, DescFile>();
  for (const file of files.values()) for (const name of symbolsOf(file)) symbols.set(name, file);

  const answer = (request: ServerReflectionRequest): Answer => {
    const asked = request.messageRequest;
    switch (asked.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: services.map(({ typeName }) => ({ name: typeName })) },
        };
      case "fileByFilename":
        return describe(files.get(asked.value), asked.value);
      case "fileContainingSymbol":
        return describe(symbols.get(asked.value), asked.value);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = asked.value;
        const file = extensionsOf(files, containingType).find(({ number }) => number === extensionNumber)?.file;
        return describe(file, `${containingType} extension ${extensionNumber}`);
      }
      case "allExtensionNumbersOfType": {
        const extensionNumber = extensionsOf(files, asked.value).map(({ number }) => number);
        return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } };
      }
      default:
        return failure(Code.InvalidArgument, "the request asks for nothing");
    }
  };

  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) };
      }
    },
  };
}

function collect(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) collect(dependency, files);
}

function* symbolsOf(file: DescFile): Iterable<string> {
  for (const { typeName } of [...file.messages.flatMap(withNested), ...file.enums, ...file.extensions]) yield typeName;
  for (const service of file.services) {
    yield service.typeName;
    for (const method of service.methods) yield `${service.typeName}.${method.name}`;
  }
}

function withNested(message: DescFile["messages"][number]): { typeName: string }[] {
  return [message, ...message.nestedEnums, ...message.nestedExtensions, ...message.nestedMessages.flatMap(withNested)];
}

function extensionsOf(files: ReadonlyMap<string, DescFile>, typeName: string): DescFile["extensions"] {
  return [...files.values()]
    .flatMap((file) => file.extensions)
    .filter(({ extendee }) => extendee.typeName === typeName);
}

function describe(file: DescFile | undefined, asked: string): Answer {
  if (!file) return failure(Code.NotFound, `${asked} is not known here`);
  return {
    case: "fileDescriptorResponse",
    value: { fileDescriptorProto: [toBinary(FileDescriptorProtoSchema, file.proto)] },
  };
}

function failure(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
