// Whatever JSON comes in, the facade answers with an intent that the contract accepts, or with a 4xx that names what is wrong.
import { toBinary } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { ChatIntent } from "../../src/openai/intent.ts";
import { readChatCompletion } from "../../src/openai/request.ts";
import { anyBody, anyJson } from "./bodies.ts";

const validator = createValidator();

function tryRead(body: unknown): ChatIntent | Failure {
  try {
    return readChatCompletion(body, { headers: { strict: false, images: undefined } });
  } catch (error) {
    assert(error instanceof Failure, `threw ${String((error as Error).stack)}`);
    assert(error.row.httpStatus >= 400 && error.row.httpStatus < 500, error.reason);
    return error;
  }
}

function checkAccepted(body: unknown): void {
  const intent = tryRead(body);
  if (intent instanceof Failure) return;
  const result = validator.validate(ChatRequestSchema, intent.request);
  assert.equal(result.kind, "valid", result.error && String(result.error));
  toBinary(ChatRequestSchema, intent.request);
}

describe("any JSON", () => {
  it("becomes an intent or a 4xx failure, never another error", () => {
    fc.assert(fc.property(anyJson, (body) => checkAccepted(body)), { numRuns: 500 });
  });
  it("that looks like a request becomes a request that the contract accepts, or a 4xx failure", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyBody, (body) => {
        const parsed: unknown = JSON.parse(JSON.stringify(body));
        checkAccepted(parsed);
        accepted += tryRead(parsed) instanceof Failure ? 0 : 1;
      }),
      { numRuns: Number(process.env["RUNS"] ?? 3000) },
    );
    console.log(accepted);
  });
});
