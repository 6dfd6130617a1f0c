// Goal: a tool that knows nothing can build the whole contract from reflection, without a licence.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { failureOf } from "../faults/requests.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway[Symbol.asyncDispose]());

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

/** The answers to several questions on one stream. */
async function ask(...questions: Question[]): Promise<ServerReflectionResponse["messageResponse"][]> {
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: `http://${gateway.app.grpc}` }));
  const answers: ServerReflectionResponse["messageResponse"][] = [];
  async function* stream() {
    for (const messageRequest of questions) yield { host: "here", messageRequest };
  }
  for await (const answer of client.serverReflectionInfo(stream())) {
    assert.equal(answer.validHost, "here");
    assert.deepEqual(answer.originalRequest?.messageRequest.case, questions[answers.length]?.case);
    answers.push(answer.messageResponse);
  }
  return answers;
}

function filesOf(answer: ServerReflectionResponse["messageResponse"] | undefined): FileDescriptorProto[] {
  assert.equal(answer?.case, "fileDescriptorResponse");
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

test("the services are listed", async () => {
  const [answer] = await ask({ case: "listServices", value: "" });
  assert.equal(answer?.case, "listServicesResponse");
  assert.deepEqual(
    answer.value.service.map(({ name }) => name),
    [
      "gemini.chat.v1.ChatService",
      "gemini.chat.v1.ModelService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
    ],
  );
});

test("from a service's name all files it needs can be had by name, and they make a whole", async () => {
  const files = new Map<string, FileDescriptorProto>();
  const collect = async (file: FileDescriptorProto | undefined): Promise<void> => {
    if (!file || files.has(file.name)) return;
    for (const dependency of file.dependency) {
      await collect(filesOf((await ask({ case: "fileByFilename", value: dependency }))[0])[0]);
    }
    files.set(file.name, file);
  };
  for (const value of [
    "gemini.chat.v1.ChatService",
    "gemini.chat.v1.ModelService",
    "google.rpc.ErrorInfo",
    "google.rpc.RetryInfo",
  ]) {
    await collect(filesOf((await ask({ case: "fileContainingSymbol", value }))[0])[0]);
  }
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()] }));
  assert.ok(registry.getService("gemini.chat.v1.ChatService")?.methods.some(({ name }) => name === "StreamChat"));
  assert.ok(registry.getMessage("google.rpc.BadRequest"));
});

test("symbols of every kind are found in their file", async () => {
  const symbols = [
    "gemini.chat.v1.ChatService.StreamChat",
    "gemini.chat.v1.ChatRequest",
    "gemini.chat.v1.Role",
    "gemini.chat.v1.ToolChoice.Mode",
    "gemini.chat.v1.StreamChatResponse",
  ];
  for (const answer of await ask(...symbols.map((value): Question => ({ case: "fileContainingSymbol", value })))) {
    assert.match(filesOf(answer)[0]?.name ?? "", /^gemini\/chat\/v1\//);
  }
});

test("the validation rules can be read: their extensions are numbered and found", async () => {
  const [numbers] = await ask({ case: "allExtensionNumbersOfType", value: "google.protobuf.FieldOptions" });
  assert.equal(numbers?.case, "allExtensionNumbersResponse");
  const [extensionNumber = 0] = numbers.value.extensionNumber;
  const containingType = "google.protobuf.FieldOptions";
  const [answer] = await ask({ case: "fileContainingExtension", value: { containingType, extensionNumber } });
  assert.match(filesOf(answer)[0]?.name ?? "", /validate/);
});

test("what is not there is an answer, and the stream goes on", async () => {
  const answers = await ask(
    { case: "fileByFilename", value: "nope.proto" },
    { case: "fileContainingSymbol", value: "no.such.Symbol" },
    { case: "fileContainingExtension", value: { containingType: "x", extensionNumber: 1 } },
    { case: "listServices", value: "" },
  );
  assert.deepEqual(
    answers.map(({ case: kind }) => kind),
    ["errorResponse", "errorResponse", "errorResponse", "listServicesResponse"],
  );
});

test("BP-3: who holds the stream open and asks nothing for long is not dropped, and is answered when asking again", async () => {
  const stallMs = 400;
  await using patient = await startGateway({ WRITE_STALL_TIMEOUT_MS: String(stallMs) });
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: `http://${patient.app.grpc}` }));
  async function* stream() {
    for (const value of ["gemini.chat.v1.ChatService", "gemini.chat.v1.ModelService"]) {
      yield { messageRequest: { case: "fileContainingSymbol" as const, value } };
      await sleep(4 * stallMs);
    }
  }
  const files: (string | undefined)[] = [];
  for await (const { messageResponse } of client.serverReflectionInfo(stream())) {
    files.push(filesOf(messageResponse)[0]?.name);
  }
  assert.deepEqual(files, ["gemini/chat/v1/chat.proto", "gemini/chat/v1/models.proto"]);
});

test("a long question, for which nobody has shown a licence, is not read", async () => {
  const failure = await failureOf(ask({ case: "fileContainingSymbol", value: "x".repeat(10_000) }));
  assert.equal(failure.code, Code.ResourceExhausted);
});
