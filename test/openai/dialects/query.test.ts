// The seed's later parameters may stand in the query of the URL; the body counts before it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "../../../src/chat/failures.ts";
import type { ChatIntent } from "../../../src/openai/intent.ts";
import { readChatCompletion } from "../../../src/openai/request.ts";
import { hello } from "../reading.ts";

function readWith(query: Record<string, unknown>, body: object = {}): ChatIntent {
  return readChatCompletion(
    { model: "gemini-3.8-flash", messages: hello, ...body },
    { headers: { strict: false, images: undefined }, query },
  );
}

function refusalWith(query: Record<string, unknown>): Failure {
  try {
    readWith(query);
  } catch (error) {
    assert(error instanceof Failure, String(error));
    return error;
  }
  return assert.fail(`accepted ${JSON.stringify(query)}`);
}

describe("the query", () => {
  it("says what the body may say too", () => {
    const { request } = readWith({ thinking_budget: "1024", close_reasoning_content: "true" });
    assert.deepEqual([request.thinking?.control.value, request.thinking?.includeThoughts], [1024, false]);
    const { image } = readWith({ resolution: "2k", aspect_ratio: "16:9" }).request;
    assert.deepEqual([image?.size, image?.aspectRatio], ["2K", "16:9"]);
    assert.equal(readWith({ return_reasoning_content: "1" }).request.thinking?.includeThoughts, true);
    assert.equal(readWith({ retry_attempt: "1" }).maxAttempts, 2);
  });
  it("does not count where the body says it, but where the body says null", () => {
    assert.equal(readWith({ thinking_budget: "1" }, { thinking_budget: 2 }).request.thinking?.control.value, 2);
    assert.equal(readWith({ thinking_budget: "1" }, { thinking_budget: null }).request.thinking?.control.value, 1);
  });
  it("says nothing by an empty value or by other names, and a licence in it is nothing but such a name", () => {
    const { request, warnings } = readWith({ thinking_budget: "", key: "a-licence", temperature: "1", foo: "x" });
    assert.deepEqual([request, warnings], [readWith({}).request, []]);
  });
  it("that cannot be read is refused by the parameter's name", () => {
    for (const [query, got] of [
      [{ thinking_budget: "many" }, "'many'"],
      [{ thinking_budget: "1.5" }, "'1.5'"],
      [{ retry_attempt: "1e3" }, "'1e3'"],
      [{ close_reasoning_content: "yes" }, "'yes'"],
      [{ resolution: ["1K", "2K"] }, "several values"],
    ] as const) {
      const [name = ""] = Object.keys(query);
      const failure = refusalWith(query);
      assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", name]);
      assert.match(
        failure.message,
        new RegExp(`^Invalid value for the query parameter '${name}': .* got ${got} instead`),
      );
    }
  });
  it("that can be read is held against the same limits as the body", () => {
    for (const query of [
      { thinking_budget: "-2" },
      { resolution: "8K" },
      { aspect_ratio: "wide" },
      { retry_attempt: "-1" },
    ]) {
      assert.deepEqual([refusalWith(query).reason, refusalWith(query).field], ["INVALID_VALUE", Object.keys(query)[0]]);
    }
  });
  it("never changes the body it is given", () => {
    const body = Object.freeze({ model: "m", messages: hello });
    readChatCompletion(body, { headers: { strict: false, images: undefined }, query: { resolution: "1K" } });
    assert.deepEqual(Object.keys(body), ["model", "messages"]);
  });
});

describe("retry_attempt", () => {
  it("is how often a failed call is made again, as far as it ever is", () => {
    for (const [retries, attempts] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [null, 3],
    ] as const) {
      const { maxAttempts, warnings } = readWith({}, { retry_attempt: retries });
      assert.deepEqual([maxAttempts, warnings], [attempts, []]);
    }
    const { maxAttempts, warnings } = readWith({}, { retry_attempt: 5 });
    assert.equal(maxAttempts, 3);
    assert.deepEqual(
      warnings.map(({ code, param }) => `${code}:${param}`),
      ["value_clamped:retry_attempt"],
    );
  });
});
