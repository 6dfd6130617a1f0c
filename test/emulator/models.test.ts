// The catalogue: which ids are listed, which are served, which are gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, startTestEmulator } from "./client.ts";

interface Item {
  readonly name: string;
  readonly supportedGenerationMethods: readonly string[];
}

test("lists exactly the ids that serve generateContent and have no shutdown date", async () => {
  await using emulator = await startTestEmulator();
  const { models } = (await emulator.get("/v1beta/models?pageSize=1000")).json as { models: Item[] };
  assert.deepEqual(models.map(({ name }) => name.replace("models/", "")).sort(), [
    "gemini-2.5-computer-use-preview-10-2025",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-lite",
    "gemini-2.5-flash-preview-tts",
    "gemini-2.5-pro-preview-tts",
    "gemini-3-flash-preview",
    "gemini-3-pro-image",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-3.1-flash-tts-preview",
    "gemini-3.1-pro-preview",
    "gemini-3.1-pro-preview-customtools",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.5-transcribe",
    "gemini-3.6-flash",
    "gemini-3.7-flash",
    "gemini-3.8-flash",
    "gemini-3.8-flash-lite-tts",
    "gemini-3.8-flash-tts",
    "gemini-4-argon",
    "gemini-4-carbon",
    "gemini-4-hydrogen",
    "gemini-4-hydrogen-eap",
    "gemini-flash-latest",
    "gemini-flash-lite-latest",
    "gemini-nano-banana-2.1",
    "gemini-pro-latest",
    "gemini-robotics-er-1.6-preview",
    "gemini-robotics-er-2-preview",
    "gemma-3-12b-it",
    "gemma-3-1b-it",
    "gemma-3-27b-it",
    "gemma-3-4b-it",
    "gemma-3n-e2b-it",
    "gemma-3n-e4b-it",
    "gemma-4-26b-a4b-it",
    "gemma-4-31b-it",
    "lyria-3-clip-preview",
    "lyria-3-pro-preview",
    "nano-banana-pro-preview",
  ]);
  for (const { supportedGenerationMethods } of models)
    assert.ok(supportedGenerationMethods.includes("generateContent"));
});

test("an item has the keys of a recorded listing, in their order", async () => {
  await using emulator = await startTestEmulator();
  const { json } = await emulator.get("/v1beta/models/gemini-3.8-flash");
  // Recording rubyllm-nomodel-models-refresh-models-output-structure-returns-models-with-c-0, first item.
  assert.deepEqual(Object.keys(json), [
    "name",
    "version",
    "displayName",
    "description",
    "inputTokenLimit",
    "outputTokenLimit",
    "supportedGenerationMethods",
    "temperature",
    "topP",
    "topK",
    "maxTemperature",
    "thinking",
  ]);
  assert.equal(json.name, "models/gemini-3.8-flash");
  assert.equal(json.displayName, "Gemini 3.8 Flash");
  assert.equal("thinking" in (await emulator.get("/v1beta/models/gemini-2.5-flash-image")).json, false);
});

test("pages the list by token until it ends", async () => {
  await using emulator = await startTestEmulator();
  const names: string[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const page: { models: Item[]; nextPageToken?: string } = (
      await emulator.get(`/v1beta/models?pageSize=7&pageToken=${encodeURIComponent(token)}`)
    ).json;
    assert.ok(page.models.length <= 7);
    names.push(...page.models.map((item) => item.name));
    token = page.nextPageToken;
  }
  const whole = (await emulator.get("/v1beta/models")).json;
  assert.equal("nextPageToken" in whole, false);
  assert.deepEqual(
    names,
    whole.models.map((item: Item) => item.name),
  );
  assert.equal((await emulator.get("/v1beta/models?pageToken=zzz")).status, 400);
  assert.equal((await emulator.get("/v1beta/models?pageSize=many")).status, 400);
});

test("models with a shutdown date are served though not listed", async () => {
  await using emulator = await startTestEmulator();
  for (const id of ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-3.1-flash-lite"]) {
    assert.equal((await emulator.generate(id, ask("Hi"))).status, 200);
    assert.equal((await emulator.get(`/v1beta/models/${id}`)).status, 200);
  }
});

test("shut-down ids are no longer available", async () => {
  await using emulator = await startTestEmulator();
  for (const id of [
    "gemini-2.0-flash",
    "gemini-2.0-flash-exp-image-generation",
    "gemini-1.5-pro",
    "gemini-2.5-flash-preview-05-20",
    "gemini-2.5-flash-image-preview",
    "gemini-3-pro-preview",
    "gemini-3-pro-image-preview",
    "gemini-3.1-flash-lite-preview",
  ]) {
    const answer = await emulator.generate(id, ask("Hi"));
    assert.deepEqual([answer.status, answer.json.error.status], [404, "NOT_FOUND"], id);
    assert.match(answer.json.error.message, new RegExp(`^This model models/${id} is no longer available`));
  }
});

test("unknown, embedding and live models do not serve generation", async () => {
  await using emulator = await startTestEmulator();
  for (const id of [
    "there-is-no-such-model",
    "gemini-embedding-001",
    "gemini-3.8-live",
    "gemini-3.5-live-translate-preview",
  ]) {
    const answer = await emulator.generate(id, ask("Hi"));
    assert.equal(answer.status, 404);
    // Recording braintrust-there-is-no-such-model-error-handling-404-0.
    assert.equal(
      answer.json.error.message,
      `models/${id} is not found for API version v1beta, or is not supported for generateContent. ` +
        "Call ListModels to see the list of available models and their supported methods.",
    );
  }
  const embed = await emulator.post("/v1/models/gemini-3.8-flash:embedContent", {});
  assert.match(embed.json.error.message, /for API version v1, or is not supported for embedContent/);
  assert.equal((await emulator.get("/v1beta/models/there-is-no-such-model")).status, 404);
});

test("aliases say in modelVersion what they stand for", async () => {
  await using emulator = await startTestEmulator();
  const { json } = await emulator.generate("gemini-flash-latest", ask("Hi"));
  assert.equal(json.modelVersion, "gemini-3.8-flash");
});
