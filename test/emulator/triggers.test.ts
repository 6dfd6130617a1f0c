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

test("once lets only the first of equal requests fail", async () => {
  for (const [name, failed] of [
    ["MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"],
    ["UNEXPECTED_TOOL_CALL", "UNEXPECTED_TOOL_CALL"],
    ["MALFORMED_RESPONSE", "MALFORMED_RESPONSE"],
    ["empty", "STOP"],
    ["cut", undefined],
  ] as const) {
    const first = await unary(`${name}=once`);
    assert.equal(first.candidates[0].finishReason, failed);
    const second = await unary(`${name}=once`);
    assert.equal(second.candidates[0].finishReason, "STOP");
    assert.match(textOf(second), /^You said: Hello/);
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await unary(`${name}=always`)).candidates[0].finishReason, failed);
    }
  }
  assert.equal((await emulator.generate(MODEL, trigger("503=once"))).status, 503);
  assert.equal((await emulator.generate(MODEL, trigger("503=once"))).status, 200);
  assert.equal((await emulator.generate(MODEL, trigger("429=once"))).status, 429);
  assert.equal((await emulator.generate(MODEL, trigger("429=once"))).status, 200);
});

test("empty says nothing and stops", async () => {
  for (const model of [MODEL, "gemini-2.5-flash"]) {
    const [candidate] = (await unary("empty", model)).candidates;
    assert.deepEqual(candidate, { content: { role: "model" }, finishReason: "STOP", index: 0 });
    const events = await emulator.stream(model, trigger("empty"));
    assert.equal(events.map(textOf).join(""), "");
    assert.equal(events.at(-1).candidates[0].finishReason, "STOP");
  }
});

test("a run of code may have several results", async () => {
  const body = ask("2 + 2 [[emulator:code-results=3]]", { tools: [{ codeExecution: {} }] });
  const { json } = await emulator.generate(MODEL, body);
  const kinds = partsOf(json).map((part) => Object.keys(part)[0]);
  assert.deepEqual(kinds, [
    "text",
    "executableCode",
    "codeExecutionResult",
    "codeExecutionResult",
    "codeExecutionResult",
    "text",
  ]);
});

test("late grounding comes after the finish, and counts bytes", async () => {
  const body = ask("Wie spät ist es in Zürich? 🕐 [[emulator:late-grounding]]", { tools: [{ googleSearch: {} }] });
  const events = await emulator.stream(MODEL, body);
  const last = events.at(-1).candidates[0];
  assert.deepEqual(Object.keys(last), ["index", "groundingMetadata"]);
  assert.equal(events.at(-2).candidates[0].finishReason, "STOP");
  assert.equal("groundingMetadata" in events.at(-2).candidates[0], false);
  const bytes = Buffer.from(events.map(textOf).join(""));
  for (const { segment } of last.groundingMetadata.groundingSupports) {
    assert.equal(bytes.subarray(segment.startIndex ?? 0, segment.endIndex).toString(), segment.text);
  }
});

test("citations point at bytes of the text", async () => {
  const body = ask("Zitiere Goethe: „Über allen Gipfeln“ [[emulator:citations]]");
  const { json } = await emulator.generate(MODEL, body);
  const { citationSources } = json.candidates[0].citationMetadata;
  const bytes = Buffer.from(textOf(json));
  assert.ok(citationSources.length >= 2);
  assert.equal("startIndex" in citationSources[0], false);
  for (const { startIndex = 0, endIndex, uri, license } of citationSources) {
    assert.ok(endIndex > startIndex && endIndex <= bytes.length);
    assert.ok(bytes.subarray(startIndex, endIndex).toString().isWellFormed());
    assert.match(uri, /^https:/);
    assert.equal(license, "");
  }
  const events = await emulator.stream(MODEL, body);
  assert.deepEqual(events.at(-1).candidates[0].citationMetadata.citationSources, citationSources);
});

test("log probabilities cover the text, whole or chunk by chunk", async () => {
  const json = await unary("logprobs=2");
  const { logprobsResult, avgLogprobs } = json.candidates[0];
  const join = (result: { chosenCandidates: { token: string }[] }) =>
    result.chosenCandidates.map(({ token }) => token).join("");
  assert.equal(join(logprobsResult), textOf(json));
  assert.ok(avgLogprobs < 0);
  assert.equal(logprobsResult.topCandidates[0].candidates.length, 2);
  const events = await emulator.stream(MODEL, trigger("logprobs=0"));
  const parts = events.flatMap((event) => event.candidates[0].logprobsResult ?? []);
  assert.equal(parts.map(join).join(""), textOf(json));
  assert.equal("topCandidates" in parts[0], false);
});

test("ratings, a status of the model and URLs that fail come when asked for", async () => {
  const rated = (await unary("safety-ratings")).candidates[0];
  assert.equal(rated.finishReason, "STOP");
  assert.ok(rated.safetyRatings.every((rating: { probability: string }) => rating.probability === "NEGLIGIBLE"));
  assert.equal((await unary("model-status")).modelStatus.modelStage, "DEPRECATED");
  const events = await emulator.stream(MODEL, trigger("model-status=LEGACY"));
  assert.equal(events[0].modelStatus.modelStage, "LEGACY");
  assert.equal((await emulator.generate(MODEL, trigger("model-status=OLD"))).status, 400);
  const urls = ["page", "emulator-unfetchable", "emulator-paywall", "emulator-unsafe"];
  const text = urls.map((path) => `https://example.com/${path}`).join(" ");
  const { json } = await emulator.generate(MODEL, ask(text, { tools: [{ urlContext: {} }] }));
  assert.deepEqual(
    json.candidates[0].urlContextMetadata.urlMetadata.map(
      (entry: { urlRetrievalStatus: string }) => entry.urlRetrievalStatus,
    ),
    ["SUCCESS", "ERROR", "PAYWALL", "UNSAFE"].map((status) => `URL_RETRIEVAL_STATUS_${status}`),
  );
});

test("an image's signature may have megabytes, and is known when it comes back", async () => {
  const question = { role: "user", parts: [{ text: "A cat [[emulator:signature-bytes=2000000]]" }] };
  const { json } = await emulator.generate("gemini-3-pro-image", { contents: [question] });
  const signed = partsOf(json).filter((part) => part.thoughtSignature !== undefined);
  assert.ok(signed.some((part) => part.inlineData !== undefined && part.thoughtSignature.length > 2_600_000));
  const contents = [question, json.candidates[0].content, { role: "user", parts: [{ text: "Bigger" }] }];
  assert.equal((await emulator.generate("gemini-3-pro-image", { contents })).status, 200);
});

test("with the flag every built-in tool shows its call and its response", async () => {
  const tools = [
    { googleSearch: {}, urlContext: {}, googleMaps: {}, fileSearch: { fileSearchStoreNames: ["fileSearchStores/x"] } },
    { functionDeclarations: [WEATHER] },
  ];
  const body = ask("Weather at https://example.com", { tools, toolConfig: { includeServerSideToolInvocations: true } });
  const { json } = await emulator.generate(MODEL, body);
  const parts = partsOf(json);
  assert.deepEqual(
    parts.flatMap((part) => part.toolCall?.toolType ?? []),
    ["GOOGLE_SEARCH_WEB", "URL_CONTEXT", "GOOGLE_MAPS", "FILE_SEARCH"],
  );
  for (const [index, part] of parts.entries()) {
    if (part.toolCall !== undefined) assert.equal(parts[index + 1].toolResponse.id, part.toolCall.id);
  }
  assert.equal(parts.at(-1).functionCall.name, WEATHER.name);
  const contents = [
    ...body.contents,
    json.candidates[0].content,
    { role: "user", parts: [{ functionResponse: { name: WEATHER.name, response: {} } }] },
  ];
  const again = await emulator.generate(MODEL, { ...body, contents });
  assert.equal(again.status, 200, again.text);
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
