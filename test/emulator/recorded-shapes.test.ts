// Shapes of real traffic: key sets and their order agree with the recordings named at each row.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, startTestEmulator, WEATHER, withFunctions } from "./client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

// oxlint-disable-next-line typescript/no-explicit-any
const shape = (body: any) => ({
  top: Object.keys(body).join(" "),
  candidate: Object.keys(body.candidates[0]).join(" "),
  content: Object.keys(body.candidates[0].content).join(" "),
  part: Object.keys(body.candidates[0].content.parts?.[0] ?? {}).join(" "),
  usage: Object.keys(body.usageMetadata).join(" "),
});

const TOP = "candidates usageMetadata modelVersion responseId";
const USAGE = "promptTokenCount candidatesTokenCount totalTokenCount promptTokensDetails";
const thoughts = { generationConfig: { thinkingConfig: { includeThoughts: true } } };

test("a 3.5 text answer has the keys of ellmer-g3.5-flash-google-adaptive-thinking-0", async () => {
  const { json } = await emulator.generate("gemini-3.5-flash", ask("What is 1 + 1?"));
  assert.deepEqual(shape(json), {
    top: TOP,
    candidate: "content finishReason index",
    content: "parts role",
    part: "text thoughtSignature",
    usage: `${USAGE} thoughtsTokenCount serviceTier`,
  });
});

test("a 2.5 unary call has the keys of fantasy-g2.5-pro-thinking-0", async () => {
  const { json } = await emulator.generate("gemini-2.5-pro", ask("Weather in Florence?", withFunctions(WEATHER)));
  assert.deepEqual(shape(json), {
    top: TOP,
    candidate: "content finishReason index finishMessage",
    content: "parts role",
    part: "functionCall thoughtSignature",
    // serviceTier came in May 2026, after that recording.
    usage: `${USAGE} thoughtsTokenCount serviceTier`,
  });
});

test("a thinking 2.5 stream has the chunks of fantasy-g2.5-flash-thinking-streaming-s-0", async () => {
  const events = await emulator.stream("gemini-2.5-flash", ask("Weather?", { ...withFunctions(WEATHER), ...thoughts }));
  assert.deepEqual(shape(events[0]), {
    top: TOP,
    candidate: "content index",
    content: "parts role",
    part: "text thought",
    usage: "promptTokenCount totalTokenCount promptTokensDetails thoughtsTokenCount serviceTier",
  });
  assert.deepEqual(shape(events.at(-1)), {
    top: TOP,
    candidate: "content finishReason index finishMessage",
    content: "parts role",
    part: "functionCall thoughtSignature",
    usage: `${USAGE} thoughtsTokenCount serviceTier`,
  });
});

test("a thinking 3.x stream has the chunks of llmgemini-gflash-latest-prompt-s-0", async () => {
  const events = await emulator.stream("gemini-3.6-flash", ask("Name for a pet pelican", thoughts));
  const base = { top: TOP, content: "parts role" };
  assert.deepEqual(shape(events[0]), {
    ...base,
    candidate: "content index",
    part: "text thought",
    usage: "promptTokenCount totalTokenCount promptTokensDetails serviceTier",
  });
  assert.deepEqual(shape(events.at(-2)), {
    ...base,
    candidate: "content index",
    part: "text",
    usage: `${USAGE} thoughtsTokenCount serviceTier`,
  });
  assert.deepEqual(shape(events.at(-1)), {
    ...base,
    candidate: "content finishReason index",
    part: "text thoughtSignature",
    usage: `${USAGE} thoughtsTokenCount serviceTier`,
  });
});

test("speech has the keys of rubyllm-g2.5-flash-preview-tts-speech-…-0-a568", async () => {
  const { json } = await emulator.generate(
    "gemini-2.5-flash-preview-tts",
    ask("Hello", { generationConfig: { responseModalities: ["AUDIO"] } }),
  );
  assert.deepEqual(shape(json), {
    top: TOP,
    candidate: "content finishReason index",
    content: "parts role",
    part: "inlineData",
    usage: `${USAGE} candidatesTokensDetails serviceTier`,
  });
});

test("a code stream ends with the usage keys of pydanticai-g3-flash-preview-code-execution-stream-s-0", async () => {
  const events = await emulator.stream("gemini-3-flash-preview", ask("12 * 3", { tools: [{ codeExecution: {} }] }));
  assert.deepEqual(
    Object.keys(events.at(-1).usageMetadata).join(" "),
    `${USAGE} toolUsePromptTokenCount toolUsePromptTokensDetails thoughtsTokenCount serviceTier`,
  );
});

test("a URL context stream begins with the candidate keys of pydanticai-g2.5-flash-…-web-fetch-tool-stream-s-0", async () => {
  const body = ask("Read https://ai.pydantic.dev", { tools: [{ urlContext: {} }] });
  const events = await emulator.stream("gemini-2.5-flash", body);
  assert.equal(Object.keys(events[0].candidates[0]).join(" "), "content index urlContextMetadata");
  assert.equal(Object.keys(events.at(-1).candidates[0]).join(" "), "content finishReason index groundingMetadata");
});
