// The contract's models: the upstream's list joined with what is known.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { listModels, toModel } from "../../src/chat/model-list.ts";
import type { UpstreamModel } from "../../src/chat/ports.ts";
import { Modality, ThinkingLevel } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { Lifecycle_Stage, ModelSchema, Price_Kind } from "../../src/gen/gemini/chat/v1/models_pb.ts";

const TODAY = Date.parse("2026-11-23");

function upstream(id: string, changes: Partial<UpstreamModel> = {}): UpstreamModel {
  return {
    id,
    displayName: id.toUpperCase(),
    description: "",
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    chats: true,
    thinking: undefined,
    ...changes,
  };
}

function knowledge(...ids: string[]) {
  return { known: new Set(ids), aliases: [] as (readonly [string, string])[], today: TODAY };
}

const model = (id: string, today = TODAY) => toModel(upstream(id), { ...knowledge(id), today });

describe("the list", () => {
  test("holds what generates content, by id, and no aliases or variants", () => {
    const list = [
      upstream("gemini-3.8-flash"),
      upstream("gemini-2.5-flash-lite"),
      upstream("gemini-embedding-2", { chats: false }),
      upstream("gemini-3.8-live", { chats: false }),
      upstream("gemini-3.5-transcribe"),
    ];
    const models = listModels(list, knowledge(...list.map(({ id }) => id)));
    assert.deepEqual(
      models.map(({ id }) => id),
      ["gemini-2.5-flash-lite", "gemini-3.8-flash"],
    );
  });

  test("holds messages of the contract", () => {
    for (const entry of listModels(
      ["gemini-3.8-flash", "gemini-2.5-pro"].map((id) => upstream(id)),
      knowledge(),
    )) {
      assert.ok(toBinary(ModelSchema, create(ModelSchema, entry)).length > 0);
    }
  });
});

describe("a model", () => {
  test("has the upstream's names and limits", () => {
    const { displayName, inputTokenLimit, outputTokenLimit } = model("gemini-3.8-flash");
    assert.deepEqual([displayName, inputTokenLimit, outputTokenLimit], ["GEMINI-3.8-FLASH", 1_048_576, 65_536]);
  });

  test("names the older ids that lead to it at present", () => {
    const aliases = (id: string, known: string[], own: [string, string][] = []) =>
      toModel(upstream(id), { ...knowledge(...known), aliases: own }).aliases;
    assert.deepEqual(aliases("gemini-3.8-flash-tts", ["gemini-3.8-flash-tts"]), [
      "gemini-2.5-flash-preview-tts",
      "gemini-2.5-pro-preview-tts",
    ]);
    assert.deepEqual(
      aliases("gemini-3.8-flash", ["gemini-3.8-flash", "gemini-2.5-pro"], [["best", "gemini-3.8-flash"]]),
      ["best"],
    );
  });

  test("tells how it thinks", () => {
    assert.deepEqual(model("gemini-3.8-flash").thinking?.levels, [
      ThinkingLevel.LOW,
      ThinkingLevel.MEDIUM,
      ThinkingLevel.HIGH,
    ]);
    const { budgetMin, budgetMax, canBeOff, offByDefault } = model("gemini-2.5-flash-lite").thinking ?? {};
    assert.deepEqual([budgetMin, budgetMax, canBeOff, offByDefault], [512, 24_576, true, true]);
    assert.equal(model("gemini-2.5-flash-image").thinking, undefined);
  });

  test("names its tools as the fields of Tool", () => {
    assert.deepEqual(model("gemini-2.5-flash").tools, [
      "function",
      "code_execution",
      "google_search",
      "url_context",
      "google_maps",
      "file_search",
      "mcp_server",
    ]);
    assert.deepEqual(model("gemini-3.8-flash-tts").tools, []);
  });

  test("tells whether sampling is honoured, and its kinds of content", () => {
    assert.equal(model("gemini-2.5-flash").samplingHonoured, true);
    assert.equal(model("gemini-3.8-flash").samplingHonoured, false);
    assert.deepEqual(model("gemini-2.5-flash-image").outputModalities, [Modality.TEXT, Modality.IMAGE]);
  });

  test("tells where it is in its life", () => {
    const life = (id: string, today?: number) => {
      const { stage, shutdownTime, successor } = model(id, today).lifecycle ?? {};
      return [stage, shutdownTime && timestampDate(shutdownTime).toISOString().slice(0, 10), successor];
    };
    assert.deepEqual(life("gemini-3.8-flash"), [Lifecycle_Stage.STABLE, undefined, ""]);
    assert.deepEqual(life("gemini-3-flash-preview"), [Lifecycle_Stage.PREVIEW, undefined, ""]);
    assert.deepEqual(life("gemini-2.5-pro"), [Lifecycle_Stage.DEPRECATED, "2026-12-01", "gemini-3.8-flash"]);
    assert.deepEqual(life("gemini-2.5-pro", Date.parse("2026-12-01")), [
      Lifecycle_Stage.RETIRED,
      "2026-12-01",
      "gemini-3.8-flash",
    ]);
    assert.deepEqual(life("gemini-quark"), [Lifecycle_Stage.UNSPECIFIED, undefined, ""]);
  });

  test("tells its prices, those of the day", () => {
    const prices = (id: string, today?: number) =>
      model(id, today).prices.map(({ kind, modality, perMillionTokensMicroUsd, abovePromptTokens }) => [
        kind,
        modality,
        Number(perMillionTokensMicroUsd) / 1_000_000,
        abovePromptTokens,
      ]);
    const { INPUT, CACHED_INPUT, OUTPUT } = Price_Kind;
    const any = Modality.UNSPECIFIED;
    assert.deepEqual(prices("gemini-3.8-flash"), [
      [INPUT, any, 0.75, 0],
      [CACHED_INPUT, any, 0.075, 0],
      [OUTPUT, any, 3.75, 0],
    ]);
    assert.deepEqual(prices("gemini-3.8-flash", Date.parse("2027-01-01"))[0], [INPUT, any, 1.5, 0]);
    assert.deepEqual(prices("gemini-2.5-flash"), [
      [INPUT, any, 0.3, 0],
      [INPUT, Modality.AUDIO, 1, 0],
      [CACHED_INPUT, any, 0.03, 0],
      [CACHED_INPUT, Modality.AUDIO, 0.1, 0],
      [OUTPUT, any, 2.5, 0],
    ]);
    assert.deepEqual(prices("gemini-2.5-pro").slice(3), [
      [INPUT, any, 2.5, 200_000],
      [CACHED_INPUT, any, 0.25, 200_000],
      [OUTPUT, any, 15, 200_000],
    ]);
    assert.deepEqual(prices("gemini-3-pro-image").at(-1), [OUTPUT, Modality.IMAGE, 120, 0]);
    assert.deepEqual(prices("gemini-quark"), []);
  });
});
