// Abilities by id: the table of the wire reference, and the newest behaviour for whatever is not in it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ModelProfile, profileOf } from "../../src/chat/models.ts";
import { Modality, ThinkingLevel } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

const { MINIMAL, LOW, MEDIUM, HIGH, XHIGH } = ThinkingLevel;
const { TEXT, IMAGE, AUDIO } = Modality;

describe("thinking", () => {
  const levels: [string, readonly ThinkingLevel[], ThinkingLevel][] = [
    ["gemini-3-flash-preview", [MINIMAL, LOW, MEDIUM, HIGH], HIGH],
    ["gemini-3.1-pro-preview", [LOW, MEDIUM, HIGH], HIGH],
    ["gemini-3.1-pro-preview-customtools", [LOW, MEDIUM, HIGH], HIGH],
    ["gemini-pro-latest", [LOW, MEDIUM, HIGH], HIGH],
    ["gemini-3-pro-preview", [LOW, HIGH], HIGH],
    ["gemini-3.1-flash-lite", [MINIMAL, LOW, MEDIUM, HIGH], MINIMAL],
    ["gemini-3.5-flash", [MINIMAL, LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-3.6-flash", [MINIMAL, LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-3.5-flash-lite", [MINIMAL, LOW, MEDIUM, HIGH], MINIMAL],
    ["gemini-flash-lite-latest", [MINIMAL, LOW, MEDIUM, HIGH], MINIMAL],
    ["gemini-3.7-flash", [LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-3.8-flash", [LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-flash-latest", [LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-4-argon", [LOW, MEDIUM, HIGH], MEDIUM],
    ["gemini-4-hydrogen-eap", [LOW, MEDIUM, HIGH, XHIGH], HIGH],
    ["gemini-nano-banana-2.1", [MINIMAL, MEDIUM, HIGH], MEDIUM],
    ["gemini-3.1-flash-image", [MINIMAL, HIGH], MINIMAL],
    ["gemini-3.1-flash-lite-image", [MINIMAL, HIGH], MINIMAL],
    ["gemma-4-31b-it", [MINIMAL, HIGH], MINIMAL],
    ["gemini-7-unheard-of", [LOW, MEDIUM, HIGH], MEDIUM],
  ];
  for (const [id, all, defaultLevel] of levels) {
    test(`${id} takes levels (rule 16)`, () => {
      assert.deepEqual(profileOf(id).thinking, { kind: "level", levels: all, defaultLevel });
    });
  }

  const budgets: [string, number, number, boolean, boolean][] = [
    ["gemini-2.5-pro", 128, 32_768, false, false],
    ["gemini-2.5-flash", 1, 24_576, true, false],
    ["gemini-2.5-flash-preview-09-2025", 1, 24_576, true, false],
    ["gemini-2.5-flash-lite", 512, 24_576, true, true],
    ["gemini-2.5-computer-use-preview-10-2025", 1, 24_576, true, false],
    ["gemini-robotics-er-1.6-preview", 1, 24_576, true, false],
    ["gemini-3-pro-image", 128, 32_768, false, false],
    ["nano-banana-pro-preview", 128, 32_768, false, false],
  ];
  for (const [id, min, max, canBeOff, offByDefault] of budgets) {
    test(`${id} takes a budget (rules 16 and 17)`, () => {
      assert.deepEqual(profileOf(id).thinking, { kind: "budget", min, max, canBeOff, offByDefault });
    });
  }

  for (const id of [
    "gemini-2.0-flash",
    "gemini-1.5-pro",
    "gemini-2.5-flash-image",
    "gemini-3.8-flash-tts",
    "gemma-3-4b-it",
  ]) {
    test(`${id} takes no thinkingConfig`, () => {
      assert.deepEqual(profileOf(id).thinking, { kind: "none" });
    });
  }
});

/** Ids for which an ability holds, and ids for which it does not. */
const ABILITIES: [keyof ModelProfile, string, string[], string[]][] = [
  [
    "sampling",
    "rule 13",
    [
      "gemini-3.5-flash",
      "gemini-3.1-pro-preview",
      "gemini-3-flash-preview",
      "gemini-2.5-flash",
      "gemini-2.0-flash",
      "gemini-3-pro-image",
    ],
    [
      "gemini-3.6-flash",
      "gemini-3.5-flash-lite",
      "gemini-3.8-flash",
      "gemini-4-carbon",
      "gemini-flash-latest",
      "gemini-nano-banana-2.1",
      "gemini-x",
    ],
  ],
  [
    "prefill",
    "rule 12",
    ["gemini-3.5-flash", "gemini-3.1-pro-preview", "gemini-2.5-pro"],
    [
      "gemini-3.6-flash",
      "gemini-3.5-flash-lite",
      "gemini-3.7-flash",
      "gemini-4-argon",
      "gemini-flash-lite-latest",
      "gemini-x",
    ],
  ],
  [
    "penalties",
    "rule 15",
    ["gemini-3.8-flash", "gemini-2.0-flash"],
    ["gemini-2.5-pro", "gemini-2.5-flash-lite", "gemini-2.5-flash-image"],
  ],
  [
    "jsonWithTools",
    "rule 18",
    ["gemini-3-flash-preview", "gemini-x"],
    ["gemini-2.5-flash", "gemini-2.0-flash", "gemma-4-31b-it"],
  ],
  [
    "serverToolsWithFunctions",
    "rule 19",
    ["gemini-3.1-pro-preview", "gemini-4-argon"],
    ["gemini-2.5-pro", "gemini-robotics-er-1.6-preview"],
  ],
  [
    "signaturesRequired",
    "rule 11",
    ["gemini-3-flash-preview", "gemini-flash-latest", "gemini-x"],
    ["gemini-2.5-flash", "gemma-4-31b-it"],
  ],
  ["callIds", "3.6", ["gemini-3.5-flash"], ["gemini-2.5-flash"]],
  ["mediaInToolResults", "2.3", ["gemini-3.5-flash"], ["gemini-2.5-flash"]],
  ["partMediaResolution", "2.4", ["gemini-3.5-flash"], ["gemini-2.5-flash"]],
  [
    "systemInstruction",
    "rule 23",
    ["gemini-3.8-flash", "gemini-2.5-flash-image"],
    ["gemma-3-4b-it", "gemma-4-31b-it", "gemini-3.8-flash-tts", "lyria-3-clip-preview"],
  ],
  [
    "functions",
    "2.7",
    ["gemini-3.8-flash", "gemma-4-31b-it", "gemini-3-pro-image", "tunedModels/mine"],
    [
      "gemini-nano-banana-2.1",
      "gemini-2.5-flash-image",
      "gemini-3.8-flash-tts",
      "gemma-3-27b-it",
      "lyria-3-pro-preview",
    ],
  ],
  [
    "json",
    "2.7",
    ["gemini-3.8-flash", "gemini-2.0-flash"],
    ["gemma-4-31b-it", "gemini-nano-banana-2.1", "gemini-2.5-flash-preview-tts"],
  ],
  [
    "verbatimSpeech",
    "2.12",
    ["gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts", "gemini-5-flash-tts"],
    ["gemini-3.1-flash-tts-preview", "gemini-2.5-pro-preview-tts", "gemini-3.8-flash"],
  ],
  ["explicitCache", "1.7", ["gemini-3.8-flash", "gemini-2.5-pro"], ["gemini-4-argon", "gemini-12-x"]],
  [
    "slow",
    "thinks or makes media",
    ["gemini-3.8-flash", "gemini-2.5-flash-image", "gemini-3.8-flash-tts", "lyria-3-clip-preview"],
    ["gemini-2.0-flash", "gemma-3-4b-it"],
  ],
  ["logprobs", "2.9", [], ["gemini-3.8-flash", "gemini-2.5-flash"]],
];

describe("abilities", () => {
  for (const [ability, source, having, lacking] of ABILITIES) {
    test(`${ability} (${source}): ${having.join(", ") || "none"}; not ${lacking.join(", ")}`, () => {
      for (const id of having) assert.equal(profileOf(id)[ability], true, id);
      for (const id of lacking) assert.equal(profileOf(id)[ability], false, id);
    });
  }

  test("outputs tell image, speech and music models apart (5.7)", () => {
    assert.deepEqual(profileOf("gemini-3.8-flash").outputs, [TEXT]);
    assert.deepEqual(profileOf("nano-banana-pro-preview").outputs, [TEXT, IMAGE]);
    assert.deepEqual(profileOf("gemini-9-flash-image").outputs, [TEXT, IMAGE]);
    assert.deepEqual(profileOf("gemini-2.5-pro-preview-tts").outputs, [AUDIO]);
    assert.deepEqual(profileOf("lyria-3-clip-preview").outputs, [TEXT, AUDIO]);
  });

  test("inputs are those of 5.1", () => {
    assert.equal(profileOf("gemini-3.8-flash").inputs.length, 5);
    assert.deepEqual(profileOf("gemma-4-31b-it").inputs, [TEXT, IMAGE]);
    assert.deepEqual(profileOf("gemma-3-1b-it").inputs, [TEXT]);
    assert.deepEqual(profileOf("gemini-3.8-flash-tts").inputs, [TEXT]);
  });

  test("tools that Google runs grow with the generations (2.7)", () => {
    assert.deepEqual(profileOf("gemini-2.0-flash").serverTools, ["codeExecution", "googleSearch"]);
    assert.ok(!profileOf("gemini-2.5-flash").serverTools.includes("computerUse"));
    assert.ok(profileOf("gemini-3-flash-preview").serverTools.includes("computerUse"));
    assert.deepEqual(profileOf("gemini-nano-banana-2.1").serverTools, ["googleSearch"]);
    assert.deepEqual(profileOf("gemma-4-31b-it").serverTools, []);
    const computerUse = profileOf("gemini-2.5-computer-use-preview-10-2025");
    assert.deepEqual([computerUse.serverTools, computerUse.requiredTool], [["computerUse"], "computerUse"]);
  });

  test("images have the ratios and sizes of 5.2", () => {
    const shapes = (id: string) => [profileOf(id).aspectRatios.length, profileOf(id).imageSizes];
    assert.deepEqual(shapes("gemini-nano-banana-2.1"), [14, ["1K", "2K", "4K"]]);
    assert.deepEqual(shapes("gemini-3.1-flash-image"), [14, ["512", "1K", "2K", "4K"]]);
    assert.deepEqual(shapes("gemini-3.1-flash-lite-image"), [10, ["1K"]]);
    assert.deepEqual(shapes("gemini-3-pro-image"), [10, ["1K", "2K", "4K"]]);
    assert.deepEqual(shapes("gemini-2.5-flash-image"), [10, []]);
    assert.deepEqual(shapes("gemini-3.8-flash"), [0, []]);
  });

  test("output limits are those of 5.1, and unknown for the unknown", () => {
    const limits = {
      "gemini-3.8-flash": 65_536,
      "gemini-4-carbon": 1_048_576,
      "gemini-2.0-flash": 8_192,
      "gemini-3.8-flash-tts": 16_384,
      "gemma-4-31b-it": 32_768,
      "gemini-2.5-flash-image": 32_768,
      "gemini-2.5-computer-use-preview-10-2025": 64_000,
      "gemini-quark": undefined,
    };
    for (const [id, limit] of Object.entries(limits)) assert.equal(profileOf(id).outputTokenLimit, limit, id);
  });

  test("the id loses `models/` and its case does not matter", () => {
    assert.equal(profileOf("models/gemini-2.5-pro").id, "gemini-2.5-pro");
    assert.equal(profileOf("tunedModels/x").id, "tunedModels/x");
    assert.deepEqual({ ...profileOf("Gemini-2.5-Pro"), id: "" }, { ...profileOf("gemini-2.5-pro"), id: "" });
  });
});
