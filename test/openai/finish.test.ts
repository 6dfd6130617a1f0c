// Finish reasons: every reason of the contract has its OpenAI word, and calls override only STOP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { FinishedSchema, FinishReason } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { nativeFinishReason, toFinishReason } from "../../src/openai/finish.ts";

const EXPECTED: Record<keyof typeof FinishReason, string> = {
  UNSPECIFIED: "stop",
  STOP: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "length",
  TOO_MANY_TOOL_CALLS: "length",
  SAFETY: "content_filter",
  RECITATION: "content_filter",
  BLOCKLIST: "content_filter",
  PROHIBITED_CONTENT: "content_filter",
  SPII: "content_filter",
  LANGUAGE: "content_filter",
  MODEL_ARMOR: "content_filter",
  IMAGE_SAFETY: "content_filter",
  IMAGE_PROHIBITED_CONTENT: "content_filter",
  IMAGE_RECITATION: "content_filter",
  IMAGE_OTHER: "stop",
  NO_IMAGE: "stop",
  MALFORMED_FUNCTION_CALL: "stop",
  MALFORMED_RESPONSE: "stop",
  UNEXPECTED_TOOL_CALL: "stop",
  OTHER: "stop",
  PROMPT_BLOCKED: "content_filter",
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  const reason = FinishReason[name as keyof typeof FinishReason];
  test(`${name} is ${expected}${name === "STOP" ? ", with calls tool_calls or function_call" : ", also with calls"}`, () => {
    assert.equal(toFinishReason(reason, undefined), expected);
    assert.equal(toFinishReason(reason, "tool_calls"), name === "STOP" ? "tool_calls" : expected);
    assert.equal(toFinishReason(reason, "function_call"), name === "STOP" ? "function_call" : expected);
  });
}

test("a reason that is newer than this code is stop", () => {
  assert.equal(toFinishReason(999 as FinishReason, undefined), "stop");
});

test("a blocked prompt's native reason is its block reason", () => {
  assert.equal(nativeFinishReason(create(FinishedSchema, { blockReason: "SAFETY" })), "SAFETY");
  assert.equal(nativeFinishReason(create(FinishedSchema, { nativeReason: "STOP" })), "STOP");
});
