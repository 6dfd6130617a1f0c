// The public interface on model ids, sentence by sentence: aliases with and without Gemini's list, suffixes, spellings, and what is refused.
// The rows with a shutdown date still to come are only asked with a list, so that the tests hold on any day.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errorAnswer, geminiError, jsonAnswer, partsChunk, startFaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway } from "../support/gateway.ts";
import { MODELS, startRig, STREAM, type Rig } from "./audit/rig.ts";

const NEW_MODELS = [
  "gemini-3.5-flash-lite",
  "gemini-3.8-flash",
  "gemini-3.1-pro-preview",
  "gemini-3-pro-image",
  "gemini-nano-banana-2.1",
  "gemini-3.8-flash-tts",
];

/** Retired id → what is called when the list has all generations, and when it has only new ones. */
const ALIASES: Readonly<Record<string, readonly [all: string, onlyNew: string]>> = {
  "gemini-2.0-flash": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.0-flash-001": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.0-flash-exp": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.0-flash-lite": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.5-flash": ["gemini-2.5-flash", "gemini-3.5-flash-lite"],
  "gemini-2.5-pro": ["gemini-2.5-pro", "gemini-3.8-flash"],
  "gemini-2.5-flash-lite": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.5-flash-preview-05-20": ["gemini-2.5-flash", "gemini-3.5-flash-lite"],
  "gemini-2.5-flash-preview-09-2025": ["gemini-2.5-flash", "gemini-3.5-flash-lite"],
  "gemini-2.5-flash-lite-preview-09-2025": ["gemini-2.5-flash-lite", "gemini-3.5-flash-lite"],
  "gemini-2.5-pro-preview-06-05": ["gemini-2.5-pro", "gemini-3.8-flash"],
  "gemini-2.0-flash-preview-image-generation": ["gemini-2.5-flash-image", "gemini-nano-banana-2.1"],
  "gemini-2.0-flash-exp-image-generation": ["gemini-2.5-flash-image", "gemini-nano-banana-2.1"],
  "gemini-2.5-flash-image-preview": ["gemini-2.5-flash-image", "gemini-nano-banana-2.1"],
  "gemini-2.5-flash-image": ["gemini-2.5-flash-image", "gemini-nano-banana-2.1"],
  "gemini-2.5-flash-preview-tts": ["gemini-2.5-flash-preview-tts", "gemini-3.8-flash-tts"],
  "gemini-2.5-pro-preview-tts": ["gemini-3.8-flash-tts", "gemini-3.8-flash-tts"],
  "gemini-3-pro-preview": ["gemini-3.1-pro-preview", "gemini-3.1-pro-preview"],
  "gemini-3-pro-image-preview": ["gemini-3-pro-image", "gemini-3-pro-image"],
  "gemini-3.1-flash-image-preview": ["gemini-3.1-flash-image", "gemini-nano-banana-2.1"],
  "gemini-3.1-flash-lite-preview": ["gemini-3.1-flash-lite", "gemini-3.5-flash-lite"],
};

for (const [title, list, column] of [
  ["with a list of all generations a row applies to ids not listed, and is followed until a listed one", MODELS, 0],
  ["with a list of new models only, the rows are followed on to one of them", NEW_MODELS, 1],
] as const) {
  describe(title, () => {
    let rig: Rig;
    before(async () => {
      rig = await startRig(list);
    });
    after(() => rig[Symbol.asyncDispose]());

    for (const [asked, row] of Object.entries(ALIASES)) {
      test(`${asked} → ${row[column]}`, async () => {
        const { status, models, json, headers, warnings } = await rig.askBoth({ model: asked });
        assert.equal(status, 200);
        assert.deepEqual(models, [row[column]]);
        assert.equal(json.model, asked, "the answer names the id that the client asked for");
        assert.equal(headers.get("x-gateway-model"), row[column], "the header names the one that was called");
        assert.deepEqual(warnings, row[column] === asked ? [] : ["model_aliased:model"], "every use warns");
        assert.equal(json.warnings?.[0].code, warnings[0]?.split(":")[0], "also in the body");
      });
    }
  });
}

describe("without a list only rows apply whose date has passed", () => {
  test("also when Gemini lists nothing, which tells nothing of its models", async () => {
    await using gemini = await startFaultyGemini({ models: [] });
    await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
    gemini.script(() => jsonAnswer(partsChunk([{ text: "Hello." }], { finishReason: "STOP" })));
    for (const asked of [
      "gemini-2.5-flash-lite",
      "gemini-2.5-flash-image",
      "gemini-2.5-pro-preview-tts",
      "gemini-2.0-flash",
      "gemini-3-pro-preview",
      "gemini-9-foo",
    ]) {
      await gateway.post({ model: asked, messages: [{ role: "user", content: "Hi" }] });
    }
    assert.deepEqual(
      gemini.calls.map(({ model }) => model),
      [
        "gemini-2.5-flash-lite",
        "gemini-2.5-flash-image",
        "gemini-2.5-pro-preview-tts",
        "gemini-2.5-flash-lite",
        "gemini-3.1-pro-preview",
        "gemini-9-foo",
      ],
    );
  });
});

describe("an id", () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig[Symbol.asyncDispose]());

  test('that Gemini calls "no longer available" is followed once, with a warning; one without successor is a 404', async () => {
    const gone = (model: string) =>
      errorAnswer(geminiError(404, "NOT_FOUND", `This model models/${model} is no longer available.`));
    for (const mode of [{}, STREAM]) {
      const lost = await rig.askAnswered({ model: "gemini-2.5-flash", ...mode }, gone("gemini-2.5-flash"));
      assert.deepEqual(lost.models, ["gemini-2.5-flash", "gemini-3.5-flash-lite"], "no further row is followed");
      const none = await rig.askAnswered({ model: "gemini-3.8-flash", ...mode }, gone("gemini-3.8-flash"));
      const { status, json, models } = none;
      assert.deepEqual(models, ["gemini-3.8-flash"]);
      assert.deepEqual([status, json.error.code, json.error.param], [404, "model_not_found", "model"]);
    }
  });

  for (const [asked, called] of [
    ["models/gemini-3.8-flash", "gemini-3.8-flash"],
    ["google/gemini-3.8-flash", "gemini-3.8-flash"],
    ["google/gemini-2.0-flash", "gemini-2.5-flash-lite"],
    ["gemini-9-foo", "gemini-9-foo"],
    ["gemini-9-bar-high", "gemini-9-bar"],
    ["gemini-2.0-flash-thinking-512", "gemini-2.5-flash-lite"],
    ["gemini-2.5-pro-preview-06-05-nothinking", "gemini-2.5-pro"],
    ["gemini-flash-latest-thinking", "gemini-flash-latest"],
    ["gpt-4o", "gpt-4o"],
  ] as const) {
    test(`${asked} calls ${called} and is told back as it was written`, async () => {
      const { models, json } = await rig.askBoth({ model: asked });
      assert.deepEqual([models, json.model], [[called], asked]);
    });
  }

  test("with a suffix after an id that nobody lists is read so, with a warning", async () => {
    assert.deepEqual((await rig.askBoth({ model: "gemini-9-bar-high" })).warnings, ["model_suffix:model"]);
    assert.deepEqual((await rig.askBoth({ model: "gemini-9-foo-high" })).warnings, []);
  });

  for (const model of [
    "gemini-3.8-live",
    "gemini-embedding-001",
    "veo-3.1-generate-preview",
    "gemini-3.5-transcribe",
  ]) {
    test(`${model}, which does not chat, is a 404 before Gemini is called`, async () => {
      const { status, json, sent } = await rig.askBoth({ model });
      assert.deepEqual([status, json.error.code, json.error.param, sent], [404, "model_not_found", "model", []]);
    });
  }
});
