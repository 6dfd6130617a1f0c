// Goal: the catalogue keeps its promises as a whole, row by row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILURES, Failure } from "../../src/chat/failures.ts";

test("each row's type follows from its HTTP status", () => {
  for (const [reason, row] of Object.entries(FAILURES)) {
    const expected =
      row.httpStatus === 429 ? "rate_limit_error" : row.httpStatus >= 500 ? "server_error" : "invalid_request_error";
    assert.equal(row.type, expected, reason);
  }
});

test("each row's OpenAI code is its reason in lower case, or null", () => {
  for (const [reason, row] of Object.entries(FAILURES)) {
    // OpenAI has one word for a model that is not there and one that may not be used.
    const word = reason === "MODEL_ACCESS_DENIED" ? "model_not_found" : reason.toLowerCase();
    if (row.openaiCode !== null) assert.equal(row.openaiCode, word);
  }
});

test("trouble with our own Gemini keys never looks like the caller's licence", () => {
  for (const reason of ["UPSTREAM_KEY_INVALID", "UPSTREAM_REGION"] as const) {
    assert.ok([502, 503].includes(FAILURES[reason].httpStatus));
  }
});

test("an unknown throwable gets a fixed text, and keeps its cause for the log only", () => {
  const failure = Failure.from(new Error("secret /etc/passwd"));
  assert.equal(failure.reason, "INTERNAL_ERROR");
  assert.ok(!failure.message.includes("secret"));
  assert.ok(failure.cause instanceof Error);
});
