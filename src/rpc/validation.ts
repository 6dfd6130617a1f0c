// Checks messages that came over a wire against the rules in the contract. Loaded with the first such message: it costs 0.1 s.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { Failure, type FailureReason } from "../chat/failures.ts";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.ts";
import { toConnectError } from "./errors.ts";

type Protovalidate = typeof import("@bufbuild/protovalidate");
type Loaded = { library: Protovalidate; validator: ReturnType<Protovalidate["createValidator"]> };

/** Each takes some 300 bytes of a status that gRPC has in headers, of which its libraries take 8 KiB together. */
const MAX_TOLD = 20;

let loading: Promise<Loaded> | undefined;

function load(): Promise<Loaded> {
  loading ??= import("@bufbuild/protovalidate").then((library) => ({ library, validator: library.createValidator() }));
  return loading;
}

/** Throws a ConnectError with google.rpc.BadRequest and buf.validate.Violations when the message breaks rules: of the first of them. */
export async function validateMessage<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): Promise<void> {
  const { library, validator } = await load();
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw toConnectError(result.error);
  const told = result.violations.slice(0, MAX_TOLD);
  const fieldViolations = told.map((violation) => ({
    field: pathToString(violation.field),
    description: violation.message,
    reason: reasonOf(violation.ruleId),
  }));
  const [first] = fieldViolations;
  const summary = fieldViolations.map(({ field, description }) => `${field} ${description}`).join("; ");
  const failure = new Failure(first?.reason ?? "INVALID_VALUE", `Invalid request: ${summary}`);
  const [violations, violationsSchema] = library.violationsToProto(told);
  throw toConnectError(failure, [
    { desc: BadRequestSchema, value: { fieldViolations } },
    { desc: violationsSchema, value: violations },
  ]);
}

function reasonOf(ruleId: string): FailureReason {
  return ruleId === "required" || ruleId.endsWith(".required") || ruleId === "repeated.min_items"
    ? "MISSING_REQUIRED_PARAMETER"
    : "INVALID_VALUE";
}
