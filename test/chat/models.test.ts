// From an asked id to the called model: aliases with and without the upstream's list, suffixes, and what is refused.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { aliasOnce, profileOf, resolveModel } from "../../src/chat/models.ts";
import { ThinkingLevel } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

const NOVEMBER = Date.parse("2026-11-23");
const DECEMBER = Date.parse("2026-12-01");

interface Knowledge {
  known?: readonly string[];
  aliases?: readonly (readonly [string, string])[];
  today?: number;
  retired?: string;
}

function resolve(asked: string, { known, aliases = [], today = NOVEMBER, retired }: Knowledge = {}) {
  const warnings: string[] = [];
  const knowledge = { known: known && new Set(known), aliases, today, retired };
  const { profile, thinking } = resolveModel(asked, knowledge, (code, param) => warnings.push(`${code}:${param}`));
  return { id: profile.id, thinking, warnings };
}

const ALIASED = ["model_aliased:model"];

describe("aliases without the upstream's list", () => {
  const cases: [string, string, number?][] = [
    ["gemini-2.0-flash", "gemini-2.5-flash-lite"],
    ["gemini-2.0-flash-001", "gemini-2.5-flash-lite"],
    ["gemini-2.0-flash-exp", "gemini-2.5-flash-lite"],
    ["gemini-2.0-flash-lite", "gemini-2.5-flash-lite"],
    ["gemini-2.0-flash-preview-image-generation", "gemini-2.5-flash-image"],
    ["gemini-2.0-flash-exp-image-generation", "gemini-2.5-flash-image"],
    ["gemini-2.5-flash-image-preview", "gemini-2.5-flash-image"],
    ["gemini-2.5-flash-preview-05-20", "gemini-2.5-flash"],
    ["gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"],
    ["gemini-2.5-flash-lite-preview-06-17", "gemini-2.5-flash-lite"],
    ["gemini-2.5-pro-preview-06-05", "gemini-2.5-pro"],
    ["gemini-3-pro-preview", "gemini-3.1-pro-preview"],
    ["gemini-3-pro-image-preview", "gemini-3-pro-image"],
    ["gemini-3.1-flash-image-preview", "gemini-3.1-flash-image"],
    ["gemini-3.1-flash-lite-preview", "gemini-3.1-flash-lite"],
    ["gemini-2.5-flash", "gemini-3.5-flash-lite", DECEMBER],
    ["gemini-2.5-pro", "gemini-3.8-flash", DECEMBER],
    ["gemini-2.5-flash-preview-05-20", "gemini-3.5-flash-lite", DECEMBER],
    ["gemini-3.1-flash-lite", "gemini-3.5-flash-lite", Date.parse("2027-05-07")],
  ];
  for (const [asked, called, today = NOVEMBER] of cases) {
    test(`${asked} leads to ${called} in ${new Date(today).toISOString().slice(0, 10)}, with a warning`, () => {
      const { id, warnings } = resolve(asked, { today });
      assert.equal(id, called);
      assert.deepEqual(warnings, ALIASED);
    });
  }

  for (const id of [
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-2.5-flash-lite",
    "gemini-2.5-flash-image",
    "gemini-2.5-flash-preview-tts",
    "gemini-2.5-pro-preview-tts",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite",
    "gemini-3.8-flash",
    "gemini-flash-latest",
  ]) {
    test(`${id} stays, because its day has not come`, () => {
      assert.deepEqual(resolve(id), { id, thinking: undefined, warnings: [] });
    });
  }

  test("an id whose last day is today still stands until midnight UTC", () => {
    assert.equal(resolve("gemini-2.5-flash", { today: DECEMBER - 1 }).id, "gemini-2.5-flash");
  });
});

describe("aliases with the upstream's list", () => {
  test("a listed id stays although its date has passed", () => {
    assert.deepEqual(resolve("gemini-2.5-pro", { known: ["gemini-2.5-pro"], today: DECEMBER }), {
      id: "gemini-2.5-pro",
      thinking: undefined,
      warnings: [],
    });
  });

  test("rows are followed until a listed id, whatever the dates say, and warn once", () => {
    const known = ["gemini-3.5-flash-lite", "gemini-nano-banana-2.1", "gemini-3.8-flash-tts"];
    assert.deepEqual(resolve("gemini-2.0-flash-001", { known }), {
      id: "gemini-3.5-flash-lite",
      thinking: undefined,
      warnings: ALIASED,
    });
    assert.equal(
      resolve("gemini-2.0-flash-exp", { known: [...known, "gemini-3.1-flash-lite"] }).id,
      "gemini-3.1-flash-lite",
    );
    assert.equal(resolve("gemini-2.5-flash-image-preview", { known }).id, "gemini-nano-banana-2.1");
    assert.equal(resolve("gemini-2.5-pro-preview-tts", { known }).id, "gemini-3.8-flash-tts");
  });

  test("an unlisted id without a row is left to the upstream", () => {
    assert.deepEqual(resolve("gemini-9-quark", { known: [] }), {
      id: "gemini-9-quark",
      thinking: undefined,
      warnings: [],
    });
  });

  test("what the upstream has just called gone is followed although it is listed", () => {
    const known = ["gemini-2.5-pro", "gemini-3.8-flash"];
    assert.equal(resolve("gemini-2.5-pro", { known, retired: "gemini-2.5-pro" }).id, "gemini-3.8-flash");
    assert.equal(resolve("gemini-2.5-pro", { retired: "gemini-2.5-pro" }).id, "gemini-3.8-flash");
  });
});

describe("an upstream 404", () => {
  test("applies a row once", () => {
    assert.equal(aliasOnce("gemini-2.5-flash-preview-tts"), "gemini-3.8-flash-tts");
    assert.equal(aliasOnce("gemini-2.5-flash-lite-preview-09-2025"), "gemini-2.5-flash-lite");
    assert.equal(aliasOnce("gemini-3.8-flash"), undefined);
    assert.equal(aliasOnce("gemini-3.8-flash", [["gemini-3.8-flash", "gemini-4-carbon"]]), "gemini-4-carbon");
  });
});

describe("rows of the operator", () => {
  test("stand on top of the table and hold for listed ids too", () => {
    const aliases = [
      ["gpt-4o", "gemini-3.8-flash"],
      ["gemini-2.0-flash", "gemini-3.6-flash"],
    ] as const;
    assert.equal(resolve("gpt-4o", { aliases }).id, "gemini-3.8-flash");
    assert.equal(resolve("gemini-2.0-flash", { aliases, known: ["gemini-2.0-flash"] }).id, "gemini-3.6-flash");
  });

  test("lead on into the table and into suffixes, and the last row for an id counts", () => {
    const aliases = [
      ["fast", "nowhere"],
      ["fast", "gemini-3-pro-preview-low"],
    ] as const;
    const { id, thinking, warnings } = resolve("fast", { aliases });
    assert.equal(id, "gemini-3.1-pro-preview");
    assert.deepEqual(thinking?.control, { case: "level", value: ThinkingLevel.LOW });
    assert.deepEqual(warnings, ALIASED);
  });

  test("that lead in a circle end there", () => {
    const aliases = [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
    ] as const;
    assert.equal(resolve("a", { aliases }).id, "c");
  });

  test("name a suffixed id as a whole before its suffix is cut", () => {
    const aliases = [["gemini-3.8-flash-high", "gemini-4-carbon"]] as const;
    assert.deepEqual(resolve("gemini-3.8-flash-high", { aliases }).thinking, undefined);
  });
});

describe("suffixes", () => {
  const thinkingOf = (asked: string, knowledge?: Knowledge) => {
    const { thinking, ...rest } = resolve(asked, knowledge);
    return { ...rest, control: thinking?.control, include: thinking?.includeThoughts };
  };
  const level = (value: ThinkingLevel) => ({ case: "level", value });
  const budget = (value: number) => ({ case: "budgetTokens", value });
  const unsaid = { case: undefined };

  const cases: [string, string, object, boolean][] = [
    ["gemini-2.5-flash-thinking", "gemini-2.5-flash", unsaid, true],
    ["gemini-2.5-pro-thinking", "gemini-2.5-pro", unsaid, true],
    ["gemini-3.8-flash-thinking", "gemini-3.8-flash", unsaid, true],
    ["gemini-2.5-flash-lite-thinking", "gemini-2.5-flash-lite", budget(-1), true],
    ["gemini-3.5-flash-lite-thinking", "gemini-3.5-flash-lite", level(ThinkingLevel.MEDIUM), true],
    ["gemma-4-31b-it-thinking", "gemma-4-31b-it", level(ThinkingLevel.HIGH), true],
    ["gemini-2.5-flash-thinking-2048", "gemini-2.5-flash", budget(2048), true],
    ["gemini-2.5-flash-thinking-0", "gemini-2.5-flash", budget(0), false],
    ["gemini-2.5-flash-non-thinking", "gemini-2.5-flash", level(ThinkingLevel.NONE), false],
    ["gemini-2.5-flash-nothinking", "gemini-2.5-flash", level(ThinkingLevel.NONE), false],
    ["gemini-3.8-flash-minimal", "gemini-3.8-flash", level(ThinkingLevel.MINIMAL), true],
    ["gemini-3.8-flash-low", "gemini-3.8-flash", level(ThinkingLevel.LOW), true],
    ["gemini-3.8-flash-medium", "gemini-3.8-flash", level(ThinkingLevel.MEDIUM), true],
    ["gemini-3.8-flash-high", "gemini-3.8-flash", level(ThinkingLevel.HIGH), true],
    ["gemini-4-hydrogen-xhigh", "gemini-4-hydrogen", level(ThinkingLevel.XHIGH), true],
    ["gemini-4-hydrogen-max", "gemini-4-hydrogen", level(ThinkingLevel.MAX), true],
  ];
  for (const [asked, id, control, include] of cases) {
    test(`${asked} asks ${id} for thinking, and does not warn`, () => {
      assert.deepEqual(thinkingOf(asked), { id, control, include, warnings: [] });
      assert.deepEqual(thinkingOf(asked, { known: [id] }), { id, control, include, warnings: [] });
    });
  }

  test("go together with aliases", () => {
    const expected = { id: "gemini-2.5-flash", control: unsaid, include: true, warnings: ALIASED };
    assert.deepEqual(thinkingOf("gemini-2.5-flash-preview-05-20-thinking"), expected);
    assert.deepEqual(thinkingOf("gemini-2.5-flash-thinking", { today: DECEMBER }), {
      id: "gemini-3.5-flash-lite",
      control: level(ThinkingLevel.MEDIUM),
      include: true,
      warnings: ALIASED,
    });
    assert.equal(thinkingOf("gemini-2.0-flash-thinking").id, "gemini-2.5-flash-lite");
  });

  test("are part of the id when that is listed as a whole", () => {
    assert.deepEqual(thinkingOf("gemini-5-high", { known: ["gemini-5-high", "gemini-5"] }), {
      id: "gemini-5-high",
      control: undefined,
      include: undefined,
      warnings: [],
    });
  });

  test("of an id that nobody knows are read with a warning", () => {
    assert.deepEqual(thinkingOf("gemini-5-high"), {
      id: "gemini-5",
      control: level(ThinkingLevel.HIGH),
      include: true,
      warnings: ["model_suffix:model"],
    });
  });

  test("of tuned models are part of their names", () => {
    assert.equal(resolve("tunedModels/mine-low").id, "tunedModels/mine-low");
    assert.equal(resolve("tunedModels/mine-low", { known: [] }).thinking, undefined);
  });
});

describe("ids", () => {
  test("lose `models/` and keep `tunedModels/`", () => {
    assert.equal(resolve("models/gemini-3.8-flash").id, "gemini-3.8-flash");
    assert.equal(resolve("models/gemini-3.8-flash-low").id, "gemini-3.8-flash");
    assert.equal(resolve("tunedModels/my-tuned-embedding-1").id, "tunedModels/my-tuned-embedding-1");
  });

  for (const bad of [
    "gemini/../secrets",
    "gemini 3",
    "models/",
    "a?key=1",
    "x".repeat(129),
    "gemini-3.8-flash\n",
    "é",
  ]) {
    test(`${JSON.stringify(bad.slice(0, 20))} is no id: INVALID_VALUE naming model`, () => {
      assert.throws(() => resolve(bad), { reason: "INVALID_VALUE", field: "model" });
    });
  }

  test("are required", () => {
    assert.throws(() => resolve(""), { reason: "MISSING_REQUIRED_PARAMETER", field: "model" });
  });

  for (const id of [
    "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking",
    "gemini-2.5-flash-native-audio-latest",
    "gemini-3.5-live-translate-preview",
    "gemini-omni-1.2-flash",
    "deep-research-max-preview-04-2026",
    "antigravity-preview-09-2026",
    "gemini-3.5-transcribe",
    "lyria-3.5",
    "veo-3.1-generate-preview",
    "imagen-4.0-generate-001",
    "gemini-embedding-2",
    "text-embedding-004",
    "gemini-decision-1",
    "aqa",
  ]) {
    test(`${id} does not chat: MODEL_NOT_FOUND that says what it serves`, () => {
      assert.throws(
        () => resolve(id),
        (error) =>
          error instanceof Failure &&
          error.reason === "MODEL_NOT_FOUND" &&
          error.field === "model" &&
          error.message.startsWith(`${id} does not chat: it serves `),
      );
    });
  }

  test("of whatever letters end in a profile or a failure of the catalogue", () => {
    const word = fc.constantFrom("gemini", "2.5", "3", "flash", "pro", "lite", "thinking", "low", "99", "live", "tts");
    const id = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join("-"));
    fc.assert(
      fc.property(fc.oneof(id, fc.string()), fc.option(fc.array(id)), (asked, known) => {
        try {
          const { profile } = resolveModel(
            asked,
            { known: known ? new Set(known) : undefined, aliases: [], today: NOVEMBER },
            () => {},
          );
          assert.deepEqual(profile, profileOf(profile.id));
        } catch (error) {
          assert.ok(error instanceof Failure, String(error));
        }
      }),
    );
  });
});
