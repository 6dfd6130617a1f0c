// Goal: Python programs with the openai package work unchanged, its stream helper included, which adds up deltas in a way of its own.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { LICENCE } from "../support/gateway.ts";
import { startJudgedGateway, type Asked, type JudgedGateway } from "./judged-gateway.ts";
import { PICTURE_SEEN, PICTURE_URL } from "./picture.ts";
import { playScenarios, skipPython, type Seen } from "./python.ts";

describe("openai for Python", { skip: skipPython }, () => {
  let judged: JudgedGateway;
  let asked: readonly Asked[];
  let seen: Seen;
  before(async () => {
    judged = await startJudgedGateway();
    asked = await judged.watch(async () => {
      seen = await playScenarios("openai_client.py", [judged.base, LICENCE, PICTURE_URL]);
    });
  });
  after(() => judged[Symbol.asyncDispose]());

  test("an answer comes whole, with its request id and headers", () => {
    const { content, finish, total_tokens: tokens, request_id: id, called } = seen("chat");
    assert.match(String(content), /You said: Hello!/);
    assert.equal(finish, "stop");
    assert.ok(Number(tokens) > 0);
    assert.ok(id);
    assert.equal(called, "gemini-3.8-flash");
  });

  test("a stream comes in chunks with one finish and usage last", () => {
    const { content, finishes, usages, total_tokens: tokens } = seen("stream");
    assert.match(String(content), /You said: Hello, stream!/);
    assert.deepEqual(finishes, ["stop"]);
    assert.equal(usages, 1);
    assert.ok(Number(tokens) > 0);
  });

  test("the asynchronous client streams too", () => {
    assert.match(String(seen("async_stream")["content"]), /You said: Hello, async!/);
  });

  test("the stream helper adds up content and thoughts, and sees the role once", () => {
    const { role, deltas, content, thoughts } = seen("stream_helper");
    assert.equal(role, "assistant");
    assert.equal(deltas, content);
    assert.match(String(content), /You said: Hello, helper!/);
    assert.match(String(thoughts), /^\*\*Considering the Request\*\*[^]*\*\*Planning the Answer\*\*/);
  });

  test("a tool loop with parallel calls ends with the answer", () => {
    assert.deepEqual(seen("tool_loop")["calls"], [
      ["get_weather", { city: "Paris" }],
      ["get_time", { city: "Paris" }],
    ]);
    assert.equal(seen("tool_loop")["finish"], "tool_calls");
    assert.match(String(seen("tool_loop")["content"]), /get_weather: {"of":"get_weather"}\n- get_time/);
  });

  test("a streamed tool loop that loses signatures ends without a warning", () => {
    const { content, warnings } = seen("streamed_tool_loop_without_extras");
    assert.match(String(content), /get_weather: {"of":"get_weather"}\n- get_time/);
    assert.equal(warnings, null);
  });

  test("loops of two steps end well, whole and streamed, with messages sent back whole or copied", () => {
    const loops = seen("loops_of_two_steps")["seen"] as { asked: string[][]; content: string }[];
    assert.equal(loops.length, 4);
    for (const { asked: calls, content } of loops) {
      assert.deepEqual(calls, [["get_weather"], ["get_time"]]);
      assert.match(content, /get_time: {"of":"get_time"}/);
    }
  });

  test("whatever was sent back, Gemini got its own signatures", () => {
    const steps = asked.map((body) => judged.countSignedSteps(body));
    // The two loops of parallel calls, and the four of two steps.
    assert.deepEqual(
      [1, 2].map((count) => steps.filter((step) => step === count).length),
      [2 + 4, 4],
    );
  });

  test("a picture is seen", () => {
    assert.match(String(seen("vision")["content"]), PICTURE_SEEN);
  });

  test("pydantic models are filled, as answers and as arguments of a function", () => {
    for (const scenario of ["parsed", "parsed_in_a_stream", "parsed_call"]) {
      const { city, population, districts } = seen(scenario);
      assert.equal(typeof city, "string", scenario);
      assert.ok(Number.isInteger(population) && Array.isArray(districts));
    }
  });

  test("the stream helper keeps every picture, the samples of speech, native parts and annotations", () => {
    const start = "data:image/png;base64,";
    assert.deepEqual(seen("images_in_a_stream"), { starts: [start, start] });
    assert.equal(seen("speech_in_a_stream")["equal"], true);
    assert.ok(Number(seen("speech_in_a_stream")["bytes"]) > 24_000);
    const { content, parts, annotations } = seen("code_and_sources_in_a_stream");
    assert.match(String(content), /```python\n[^`]*```\n\n```output\n51\n\n```/);
    assert.deepEqual(parts, ["text", "executableCode", "codeExecutionResult", "text"]);
    assert.ok(Number(annotations) > 0);
  });

  test("failures are of the documented classes", () => {
    assert.deepEqual(seen("failures"), {
      licence: ["AuthenticationError", 401, "invalid_api_key", null],
      model: ["NotFoundError", 404, "model_not_found", "model"],
      value: ["BadRequestError", 400, "invalid_value", "temperature"],
      quota: ["RateLimitError", 429, "insufficient_quota", null],
      overload: ["InternalServerError", 503, "overloaded", null],
    });
  });

  test("a failure half-way raises APIError after the words that came", () => {
    const { content, error, code } = seen("failure_half_way");
    assert.match(String(content), /^You said: Hi/);
    assert.deepEqual([error, code], ["APIError", "overloaded"]);
  });

  test("models are listed and retrieved", () => {
    const { ids, one } = seen("models");
    assert.ok(Array.isArray(ids) && ids.includes("gemini-3.8-flash-thinking"));
    assert.equal(one, "gemini-3.8-flash");
  });
});
