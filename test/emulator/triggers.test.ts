// Trigger words: every special outcome can be had by writing it into the prompt.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FINISH_TRIGGERS } from "../../src/emulator/triggers.ts";
import { ask, KEY, partsOf, startTestEmulator, textOf, WEATHER, withFunctions } from "./client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const MODEL = "gemini-3.8-flash";
const trigger = (name: string) => ask(`Hello [[emulator:${name}]]`);
const unary = async (name: string, model = MODEL) => (await emulator.generate(model, trigger(name))).json;

test("every finish reason ends an answer with it, unary and streamed, on every generation", async () => {
  for (const reason of Object.keys(FINISH_TRIGGERS)) {
    for (const model of [MODEL, "gemini-2.5-flash"]) {
      assert.equal((await unary(reason, model)).candidates[0].finishReason, reason);
      const events = await emulator.stream(model, trigger(reason));
      assert.deepEqual(
        events.flatMap((event) => event.candidates[0].finishReason ?? []),
        [reason],
      );
      assert.equal(events.at(-1).candidates[0].finishReason, reason);
    }
  }
});

test("SAFETY shows part of a stream and ends it without content, and empties a unary answer", async () => {
  const json = await unary("SAFETY");
  assert.deepEqual(json.candidates[0].content, {});
  assert.equal(json.candidates[0].safetyRatings[0].blocked, true);
  assert.equal("candidatesTokenCount" in json.usageMetadata, false);
  const events = await emulator.stream(MODEL, trigger("SAFETY"));
  assert.ok(events.map(textOf).join("").startsWith("You said: Hello"));
  assert.deepEqual(Object.keys(events.at(-1).candidates[0]), ["finishReason", "index", "safetyRatings"]);
});

test("a malformed call has empty content and the attempt in its message", async () => {
  const body = ask("[[emulator:MALFORMED_FUNCTION_CALL]]", withFunctions(WEATHER));
  const { json } = await emulator.generate(MODEL, body);
  assert.deepEqual(json.candidates[0], {
    content: {},
    finishReason: "MALFORMED_FUNCTION_CALL",
    index: 0,
    finishMessage: "Malformed function call: print(default_api.get_current_weather(x=",
  });
  assert.deepEqual(
    (await emulator.stream(MODEL, body)).map((event) => event.candidates[0]),
    json.candidates,
  );
});

test("an unexpected tool call has neither content nor message", async () => {
  const events = await emulator.stream("gemini-2.5-flash", trigger("UNEXPECTED_TOOL_CALL"));
  // Recording adkgo-g2.5-flash-testplugincallbackintegration-agent-tool-default-schema-s-1.
  assert.deepEqual(
    events.map((event) => event.candidates[0]),
    [{ finishReason: "UNEXPECTED_TOOL_CALL", index: 0 }],
  );
});

test("a refused image has empty content and a message", async () => {
  const [candidate] = (await unary("IMAGE_SAFETY", "gemini-2.5-flash-image")).candidates;
  assert.deepEqual(candidate.content, {});
  assert.match(candidate.finishMessage, /^Unable to show the generated image/);
});

test("a blocked prompt is a 200 without candidates", async () => {
  const json = await unary("blocked");
  assert.deepEqual(Object.keys(json), ["promptFeedback", "usageMetadata", "modelVersion", "responseId"]);
  assert.deepEqual(json.promptFeedback, { blockReason: "PROHIBITED_CONTENT" });
  const [event, ...more] = await emulator.stream(MODEL, trigger("blocked=SAFETY"));
  assert.deepEqual(event.promptFeedback, { blockReason: "SAFETY" });
  assert.deepEqual(more, []);
});

test("HTTP errors come as Google's, streams included", async () => {
  const statuses = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
  };
  for (const [code, status] of Object.entries(statuses)) {
    for (const verb of ["generateContent", "streamGenerateContent?alt=sse"]) {
      const answer = await emulator.post(`/v1beta/models/${MODEL}:${verb}`, trigger(code));
      assert.deepEqual(
        [answer.status, answer.json.error.code, answer.json.error.status],
        [Number(code), Number(code), status],
      );
    }
  }
});

test("429 carries QuotaFailure, Help and RetryInfo, per minute or per day, and no retry-after header", async () => {
  for (const [name, period] of [
    ["429", "PerMinute"],
    ["429=day", "PerDay"],
  ] as const) {
    const answer = await emulator.generate(MODEL, trigger(name));
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), null);
    const { status, details } = answer.json.error;
    assert.equal(status, "RESOURCE_EXHAUSTED");
    // Recording rubyllm-g2.5-flash-real-error-scenarios-gemini-gemini-2-5-flash-handles-context-429-0.
    assert.deepEqual(
      details.map((detail: Record<string, string>) => detail["@type"]),
      ["QuotaFailure", "Help", "RetryInfo"].map((name) => `type.googleapis.com/google.rpc.${name}`),
    );
    assert.ok(details[0].violations[0].quotaId.includes(period));
    assert.match(details[2].retryDelay, /^\d+s$/);
  }
});

test("a stream error comes after good events, and unary is a plain error", async () => {
  const events = await emulator.stream(MODEL, trigger("stream-error"));
  assert.ok(events.length > 1);
  assert.equal(events.at(-1).error.status, "UNAVAILABLE");
  assert.ok(events.slice(0, -1).every((event) => event.candidates[0].finishReason === undefined));
  assert.equal((await emulator.stream(MODEL, trigger("stream-error=500"))).at(-1).error.code, 500);
  assert.equal((await emulator.generate(MODEL, trigger("stream-error"))).status, 503);
});

test("cut ends an answer without any finish", async () => {
  for (const model of [MODEL, "gemini-2.5-flash"]) {
    const events = await emulator.stream(model, trigger("cut"));
    assert.ok(events.map(textOf).join("").includes("Hello"));
    assert.ok(events.every((event) => event.candidates[0].finishReason === undefined));
    assert.equal("finishReason" in (await unary("cut", model)).candidates[0], false);
  }
});

test("delay waits before the first byte", async () => {
  const start = performance.now();
  await unary("delay=150");
  assert.ok(performance.now() - start >= 145);
});

test("words and thoughts make long answers and long thinking", async () => {
  const text = textOf(await unary("words=3000"));
  assert.equal(text.split(" ").length, 3000);
  assert.ok(text.endsWith("word3000"));
  assert.equal((await unary("thoughts=5000")).usageMetadata.thoughtsTokenCount, 5000);
});

test("a continuation hands out a token, and with it the rest of the answer", async () => {
  const body = trigger("CONTINUATION");
  const first = (await emulator.generate("gemini-4-argon", body)).json;
  const { continuationToken } = first.candidates[0];
  const second = (await emulator.generate("gemini-4-argon", { ...body, continuationToken })).json;
  assert.equal(second.candidates[0].finishReason, "STOP");
  assert.notEqual(textOf(first), "");
  const whole = textOf((await emulator.generate("gemini-4-argon", ask("Hello"))).json);
  assert.equal(textOf(first) + textOf(second), whole);
  assert.equal((await emulator.generate("gemini-4-argon", { ...body, continuationToken: "x" })).status, 400);
  assert.equal((await emulator.generate("gemini-4-argon", ask("Hello", { continuationToken }))).status, 400);
});

test("triggers are read from the last user text only and never echoed", async () => {
  const contents = [
    { role: "user", parts: [{ text: "Hi [[emulator:503]]" }] },
    { role: "model", parts: [{ text: "Hello" }] },
    { role: "user", parts: [{ text: "Again [[emulator:delay=1]]" }] },
  ];
  const answer = await emulator.generate(MODEL, { contents });
  assert.equal(answer.status, 200);
  assert.ok(!textOf(answer.json).includes("emulator:"));
});

test("a trigger does not fire again when the function results come in", async () => {
  const question = { role: "user", parts: [{ text: "[[emulator:delay=1]] weather" }] };
  const { json } = await emulator.generate(MODEL, { contents: [question], ...withFunctions(WEATHER) });
  const results = { role: "user", parts: [{ functionResponse: { name: "get_current_weather", response: {} } }] };
  const contents = [
    { role: "user", parts: [{ text: "[[emulator:503]] weather" }] },
    { role: "model", parts: partsOf(json) },
    results,
  ];
  assert.equal((await emulator.generate(MODEL, { contents, ...withFunctions(WEATHER) })).status, 200);
});

test("a misspelt trigger is refused", async () => {
  const answer = await emulator.post(`/v1beta/models/${MODEL}:generateContent`, trigger("SAFTEY"), KEY);
  assert.equal(answer.status, 400);
  assert.match(answer.json.error.message, /^Unknown emulator trigger 'SAFTEY'/);
  assert.equal((await emulator.generate(MODEL, trigger("delay"))).status, 400);
  assert.equal((await emulator.generate(MODEL, trigger("stream-error=200"))).status, 400);
  assert.equal((await emulator.generate(MODEL, trigger("delay=99999999"))).status, 400);
});
