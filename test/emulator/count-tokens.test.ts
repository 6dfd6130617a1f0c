// countTokens: both forms of the body, and never both at once.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, startTestEmulator } from "./client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const PATH = "/v1beta/models/gemini-3.5-flash:countTokens";
const count = (body: unknown) => emulator.post(PATH, body);

test("counts contents alone", async () => {
  const { json } = await count(ask("What's the current date?"));
  // Recording ellmer-g3.5-flash-google-count-tokens-0.
  assert.deepEqual(Object.keys(json), ["totalTokens", "promptTokensDetails"]);
  assert.deepEqual(json.promptTokensDetails, [{ modality: "TEXT", tokenCount: json.totalTokens }]);
  assert.ok(json.totalTokens > 0);
});

test("counts a whole request, and agrees with the usage of its answer", async () => {
  const request = ask("Hello", {
    systemInstruction: { parts: [{ text: "Be terse." }] },
    tools: [{ functionDeclarations: [{ name: "f", parameters: { type: "object" } }] }],
  });
  const { json } = await count({ generateContentRequest: { model: "models/gemini-3.5-flash", ...request } });
  const generated = await emulator.generate("gemini-3.5-flash", request);
  assert.equal(json.totalTokens, generated.json.usageMetadata.promptTokenCount);
});

test("refuses both forms, none, a foreign model and unknown models", async () => {
  const inner = { model: "models/gemini-3.5-flash", ...ask("Hi") };
  assert.match((await count({ ...ask("Hi"), generateContentRequest: inner })).json.error.message, /mutually exclusive/);
  assert.match((await count({})).json.error.message, /contents is not specified/);
  assert.equal((await count({ generateContentRequest: { ...inner, model: "models/gemini-2.5-pro" } })).status, 400);
  assert.equal((await count({ generationConfig: {} })).status, 400);
  const unknown = await emulator.post("/v1beta/models/nothing:countTokens", ask("Hi"));
  assert.match(unknown.json.error.message, /not supported for countTokens/);
});
