// Plain answers: the echo, its chunks, thinking, and the limits that cut them.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, partsOf, startTestEmulator, textOf } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

test("echoes the prompt and names the model", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", ask("Hello, Wörld! 你好 👩‍👩‍👧"));
  assert.match(textOf(json), /^You said: Hello, Wörld! 你好 👩‍👩‍👧/);
  assert.match(textOf(json), /gemini-3\.8-flash/);
});

test("answers the question for the model in the language it was asked in", async () => {
  const chinese = textOf((await emulator.generate("gemini-2.5-flash-lite", ask("你是什么模型"))).json);
  assert.match(chinese, /^我是 gemini-2\.5-flash-lite/);
  const english = textOf((await emulator.generate("gemini-4-argon", ask("What model are you?"))).json);
  assert.match(english, /^I am gemini-4-argon/);
});

test("acknowledges the system instruction and what was said before", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", {
    systemInstruction: { parts: [{ text: "Speak like a pirate." }] },
    contents: [
      { role: "user", parts: [{ text: "My name is Ada." }] },
      { role: "model", parts: [{ text: "Ahoy!" }] },
      { role: "user", parts: [{ text: "Who am I?" }] },
    ],
  });
  assert.match(textOf(json), /You said: Who am I\?/);
  assert.match(textOf(json), /system instruction: Speak like a pirate\./);
  assert.match(textOf(json), /Earlier you said: My name is Ada\./);
});

test("streams the same text in several chunks, with totals that only grow and one response id", async () => {
  for (const model of ["gemini-3.8-flash", "gemini-2.5-flash", "gemma-4-31b-it"]) {
    const events = await emulator.stream(model, ask("你好，世界 🙂🙂🙂 and some more words to cut"));
    const unary = (await emulator.generate(model, ask("你好，世界 🙂🙂🙂 and some more words to cut"))).json;
    assert.ok(events.filter((event) => textOf(event) !== "").length >= 3);
    assert.equal(events.map(textOf).join(""), textOf(unary));
    const totals = events.map((event) => event.usageMetadata.totalTokenCount);
    assert.deepEqual(
      totals,
      totals.toSorted((left, right) => left - right),
    );
    assert.deepEqual(events.at(-1).usageMetadata, unary.usageMetadata);
    assert.equal(new Set(events.map((event) => event.responseId)).size, 1);
    assert.ok(events.every((event) => event.modelVersion === model && event.candidates[0].index === 0));
    assert.deepEqual(events.map((event) => event.candidates[0].finishReason).filter(Boolean), ["STOP"]);
  }
});

test("thoughts come first, only when asked for, and are counted whenever the model thinks", async () => {
  const shown = { generationConfig: { thinkingConfig: { includeThoughts: true } } };
  const events = await emulator.stream("gemini-3.8-flash", ask("Hello", shown));
  const thoughts = events.filter((event) => partsOf(event)[0].thought === true);
  assert.equal(thoughts.length, 2);
  assert.deepEqual(events.slice(0, 2), thoughts);
  assert.match(partsOf(thoughts[0])[0].text, /^\*\*.+\*\*\n\n[^]+\n\n\n$/);
  // Gemini 3 counts its thoughts from the first answer chunk on.
  assert.equal("thoughtsTokenCount" in thoughts[0].usageMetadata, false);
  assert.equal(events[2].usageMetadata.thoughtsTokenCount, 48);

  const hidden = (await emulator.generate("gemini-3.8-flash", ask("Hello"))).json;
  assert.ok(partsOf(hidden).every((part) => part.thought === undefined));
  assert.equal(hidden.usageMetadata.thoughtsTokenCount, 48);

  const unary = (await emulator.generate("gemini-2.5-flash", ask("Hello", shown))).json;
  assert.deepEqual(
    partsOf(unary).map((part) => part.thought === true),
    [true, false],
  );
});

test("levels and budgets decide how long it thinks", async () => {
  const tokens = async (model: string, thinkingConfig?: object) =>
    (await emulator.generate(model, ask("Hello", { generationConfig: { thinkingConfig } }))).json.usageMetadata
      .thoughtsTokenCount;
  assert.equal(await tokens("gemini-3.8-flash", { thinkingLevel: "low" }), 24);
  assert.equal(await tokens("gemini-3.8-flash", { thinkingLevel: "high" }), 96);
  assert.equal(await tokens("gemini-4-hydrogen"), 96);
  assert.equal(await tokens("gemini-3.5-flash-lite"), undefined);
  assert.equal(await tokens("gemini-3.5-flash-lite", { thinkingLevel: "medium" }), 48);
  assert.equal(await tokens("gemini-2.5-flash-lite"), undefined);
  assert.equal(await tokens("gemini-2.5-flash-lite", { thinkingBudget: -1 }), 48);
  assert.equal(await tokens("gemini-2.5-flash", { thinkingBudget: 0 }), undefined);
  assert.equal(await tokens("gemini-2.5-flash", { thinkingBudget: 16 }), 16);
  assert.equal(await tokens("gemma-3-27b-it"), undefined);
});

test("a Gemini 3 stream ends with an empty signed text, a unary text carries the signature itself", async () => {
  const events = await emulator.stream("gemini-3.8-flash", ask("Hello"));
  const last = events.at(-1).candidates[0];
  assert.deepEqual(Object.keys(last), ["content", "finishReason", "index"]);
  assert.deepEqual(Object.keys(last.content.parts[0]), ["text", "thoughtSignature"]);
  assert.equal(last.content.parts[0].text, "");
  const [part] = partsOf((await emulator.generate("gemini-3.8-flash", ask("Hello"))).json);
  assert.deepEqual(Object.keys(part), ["text", "thoughtSignature"]);
  // Without thinking there is nothing to sign.
  const quiet = (await emulator.stream("gemini-3.5-flash-lite", ask("Hello"))).at(-1);
  assert.deepEqual(partsOf(quiet), [{ text: "" }]);
});

test("a 2.5 stream finishes on its last text and signs nothing without functions", async () => {
  const events = await emulator.stream("gemini-2.5-flash", ask("Hello"));
  const last = events.at(-1).candidates[0];
  assert.equal(last.finishReason, "STOP");
  assert.notEqual(last.content.parts[0].text, "");
  assert.ok(!JSON.stringify(events).includes("thoughtSignature"));
});

test("stop sequences end the text before them with STOP", async () => {
  const stop = { generationConfig: { stopSequences: ["nothing", "offline"] } };
  const { json } = await emulator.generate("gemini-2.5-flash", ask("Hello", stop));
  assert.equal(textOf(json), "You said: Hello\n\nThis is gemini-2.5-flash, played by the ");
  assert.equal(json.candidates[0].finishReason, "STOP");
  const events = await emulator.stream(
    "gemini-3.8-flash",
    ask("Hello", { generationConfig: { stopSequences: ["You"] } }),
  );
  assert.equal(events.map(textOf).join(""), "");
  assert.equal(events.at(-1).candidates[0].finishReason, "STOP");
});

test("maxOutputTokens cuts the text, thinking counted in", async () => {
  const limited = { generationConfig: { maxOutputTokens: 60 } };
  const { json } = await emulator.generate("gemini-3.8-flash", ask("[[emulator:words=200]]", limited));
  assert.equal(json.candidates[0].finishReason, "MAX_TOKENS");
  const { candidatesTokenCount, thoughtsTokenCount } = json.usageMetadata;
  assert.deepEqual([candidatesTokenCount, thoughtsTokenCount], [12, 48]);
  assert.match(textOf(json), /^word1 word2/);
});

test("a limit below the thinking leaves an answer without parts and without candidate tokens", async () => {
  const limited = { generationConfig: { maxOutputTokens: 5 } };
  const { json } = await emulator.generate("gemini-2.5-pro", ask("Hello", limited));
  // Recording pydanticai-g2.5-pro-google-model-max-tokens-thinking-model-empty-response-0.
  assert.deepEqual(json.candidates, [{ content: { role: "model" }, finishReason: "MAX_TOKENS", index: 0 }]);
  assert.equal("candidatesTokenCount" in json.usageMetadata, false);
  assert.equal(json.usageMetadata.thoughtsTokenCount, 5);
  const events = await emulator.stream("gemini-3.8-flash", ask("Hello", limited));
  assert.deepEqual(
    events.map((event) => event.candidates[0]),
    json.candidates,
  );
});

test("2.5 answers several candidates, each its own text", async () => {
  const { json } = await emulator.generate(
    "gemini-2.5-flash",
    ask("Hello", { generationConfig: { candidateCount: 3 } }),
  );
  assert.deepEqual(
    json.candidates.map((candidate: { index: number }) => candidate.index),
    [0, 1, 2],
  );
  const texts = json.candidates.map(
    (candidate: { content: { parts: { text: string }[] } }) => candidate.content.parts[0]?.text,
  );
  assert.equal(new Set(texts).size, 3);
});

test("usage adds up and names the tier", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", ask("Hello", { serviceTier: "priority" }));
  const usage = json.usageMetadata;
  assert.equal(usage.totalTokenCount, usage.promptTokenCount + usage.candidatesTokenCount + usage.thoughtsTokenCount);
  assert.deepEqual(usage.promptTokensDetails, [{ modality: "TEXT", tokenCount: usage.promptTokenCount }]);
  assert.equal(usage.serviceTier, "priority");
});
