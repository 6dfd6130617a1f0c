// Error answers: the body's four keys, and headers that keep SDKs from useless retries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, FAILURES, type FailureReason } from "../../src/chat/failures.ts";
import { toErrorAnswer } from "../../src/openai/errors.ts";
import { streamErrorText } from "../../src/openai/stream.ts";

test("the body has OpenAI's four keys, with null where OpenAI has no word", () => {
  const answer = toErrorAnswer(new Failure("NOT_FOUND", "There is nothing here."));
  assert.equal(answer.status, 404);
  assert.deepEqual(answer.body, {
    error: { message: "There is nothing here.", type: "invalid_request_error", param: null, code: null },
  });
});

test("a path of the contract becomes the OpenAI parameter, and an OpenAI parameter stays", () => {
  const callerParams = { parts: [], fields: new Map(), renames: new Map() };
  const param = (field: string) =>
    toErrorAnswer(new Failure("INVALID_VALUE", "m", { field }), callerParams).body.error.param;
  assert.equal(param("sampling.temperature"), "temperature");
  assert.equal(param("sampling"), null);
  assert.equal(param("response_format.json_schema.name"), "response_format.json_schema.name");
});

test("what is refused while it is read keeps its name, although a field of the contract has the same", () => {
  const failure = new Failure("INVALID_VALUE", "m", { field: "safety_settings[0].category" });
  assert.equal(toErrorAnswer(failure).body.error.param, "safety_settings[0].category");
});

test("a part of a message is named by the parameter it was read from", () => {
  const failure = new Failure("INVALID_IMAGE_URL", "m", { field: "messages[0].parts[1].media" });
  const callerParams = { parts: [["content", "content[3].image_url.url"]], fields: new Map(), renames: new Map() };
  assert.equal(toErrorAnswer(failure, callerParams).body.error.param, "messages[0].content[3].image_url.url");
  assert.match(streamErrorText(failure, callerParams), /"param":"messages\[0\]\.content\[3\]\.image_url\.url"/);
});

test("a cause is told to nobody", () => {
  const failure = Failure.from(new Error("secret"));
  assert.doesNotMatch(JSON.stringify(toErrorAnswer(failure)) + streamErrorText(failure), /secret/);
});

test("429 and 503 say when to come back, in whole seconds from 1", () => {
  const headers = (reason: FailureReason, retryAfterMs?: number) =>
    toErrorAnswer(new Failure(reason, "m", { retryAfterMs })).headers;
  assert.deepEqual(headers("RATE_LIMIT_EXCEEDED", 2001), { "retry-after": "3", "x-should-retry": "true" });
  assert.deepEqual(headers("OVERLOADED", 1), { "retry-after": "1", "x-should-retry": "true" });
  assert.deepEqual(headers("SERVER_SHUTTING_DOWN"), { "retry-after": "1", "x-should-retry": "true" });
  assert.deepEqual(headers("UPSTREAM_UNAVAILABLE", 60_000), { "retry-after": "60", "x-should-retry": "true" });
  assert.deepEqual(headers("RATE_LIMIT_EXCEEDED", 60_001), { "retry-after": "61", "x-should-retry": "false" });
  assert.deepEqual(headers("INSUFFICIENT_QUOTA"), { "x-should-retry": "false" });
  assert.deepEqual(headers("INSUFFICIENT_QUOTA", 5000), { "retry-after": "5", "x-should-retry": "false" });
});

test("every failure that a retry cannot help forbids one, and no other failure does", () => {
  for (const reason of Object.keys(FAILURES) as FailureReason[]) {
    const { headers } = toErrorAnswer(new Failure(reason, "m"));
    assert.equal(headers["x-should-retry"] === "false", !FAILURES[reason].callerMayRetry, reason);
  }
});

test("a broken stream ends with one error event", () => {
  const text = streamErrorText(new Failure("UPSTREAM_STREAM_TRUNCATED", "Cut\noff."));
  assert.equal(
    text,
    'data: {"error":{"message":"Cut\\noff.","type":"server_error","param":null,"code":"upstream_stream_truncated"}}\n\n',
  );
});
