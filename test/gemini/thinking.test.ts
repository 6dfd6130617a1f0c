// thinkingConfig for each kind of control: rules 16 and 17, and the tables of effort and budget.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { profileOf } from "../../src/chat/models.ts";
import { toThinkingConfig } from "../../src/gemini/thinking.ts";
import { type Thinking, ThinkingLevel } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

const { NONE, MINIMAL, LOW, MEDIUM, HIGH, XHIGH, MAX } = ThinkingLevel;

function thinking(control: Thinking["control"], includeThoughts?: boolean): Thinking {
  return {
    $typeName: "gemini.chat.v1.Thinking",
    control,
    outranksSuffix: false,
    ...(includeThoughts !== undefined && { includeThoughts }),
  };
}

const level = (value: ThinkingLevel) => thinking({ case: "level", value });
const budget = (value: number) => thinking({ case: "budgetTokens", value });

function configOf(model: string, asked: Thinking | undefined) {
  const warnings: string[] = [];
  const config = toThinkingConfig(asked, profileOf(model), (code, param) => warnings.push(`${code}:${param}`));
  return { config, warnings };
}

const BY_LEVEL = ["thinking_adjusted:thinking.level"];
const BY_BUDGET = ["thinking_adjusted:thinking.budget_tokens"];

type Case = [model: string, asked: Thinking, config: object | undefined, warnings: string[]];

const BUDGET_CASES: Case[] = [
  ["gemini-2.5-flash", level(NONE), { thinkingBudget: 0 }, []],
  ["gemini-2.5-flash", level(MINIMAL), { includeThoughts: true, thinkingBudget: 1024 }, []],
  ["gemini-2.5-flash", level(LOW), { includeThoughts: true, thinkingBudget: 1024 }, []],
  ["gemini-2.5-flash", level(MEDIUM), { includeThoughts: true, thinkingBudget: 8192 }, []],
  ["gemini-2.5-flash", level(HIGH), { includeThoughts: true, thinkingBudget: 24_576 }, []],
  ["gemini-2.5-flash", level(XHIGH), { includeThoughts: true, thinkingBudget: 24_576 }, []],
  ["gemini-2.5-pro", level(MAX), { includeThoughts: true, thinkingBudget: 24_576 }, []],
  ["gemini-2.5-pro", level(NONE), { thinkingBudget: 128 }, BY_LEVEL],
  ["gemini-2.5-pro", budget(0), { thinkingBudget: 128 }, BY_BUDGET],
  ["gemini-2.5-pro", budget(64), { includeThoughts: true, thinkingBudget: 128 }, BY_BUDGET],
  ["gemini-2.5-pro", budget(32_768), { includeThoughts: true, thinkingBudget: 32_768 }, []],
  ["gemini-2.5-flash", budget(100_000), { includeThoughts: true, thinkingBudget: 24_576 }, BY_BUDGET],
  ["gemini-2.5-flash", budget(0), { thinkingBudget: 0 }, []],
  ["gemini-2.5-flash", budget(-1), { includeThoughts: true, thinkingBudget: -1 }, []],
  ["gemini-2.5-flash-lite", budget(100), { includeThoughts: true, thinkingBudget: 512 }, BY_BUDGET],
  ["gemini-2.5-flash-lite", level(NONE), { thinkingBudget: 0 }, []],
  ["gemini-3-pro-image", level(HIGH), { includeThoughts: true, thinkingBudget: 24_576 }, []],
];

const LEVEL_CASES: Case[] = [
  ["gemini-3.8-flash", level(LOW), { includeThoughts: true, thinkingLevel: "low" }, []],
  ["gemini-3.8-flash", level(MINIMAL), { includeThoughts: true, thinkingLevel: "low" }, BY_LEVEL],
  ["gemini-3.8-flash", level(XHIGH), { includeThoughts: true, thinkingLevel: "high" }, BY_LEVEL],
  ["gemini-3.8-flash", level(NONE), { thinkingLevel: "low" }, BY_LEVEL],
  ["gemini-3.5-flash", level(NONE), { thinkingLevel: "minimal" }, BY_LEVEL],
  ["gemini-3.5-flash", level(MINIMAL), { includeThoughts: true, thinkingLevel: "minimal" }, []],
  ["gemini-3-pro-preview", level(MEDIUM), { includeThoughts: true, thinkingLevel: "high" }, BY_LEVEL],
  ["gemini-3.1-flash-image", level(MEDIUM), { includeThoughts: true, thinkingLevel: "high" }, BY_LEVEL],
  ["gemini-3.1-flash-image", level(LOW), { includeThoughts: true, thinkingLevel: "minimal" }, BY_LEVEL],
  ["gemini-nano-banana-2.1", level(LOW), { includeThoughts: true, thinkingLevel: "medium" }, BY_LEVEL],
  ["gemini-4-hydrogen", level(XHIGH), { includeThoughts: true, thinkingLevel: "xhigh" }, []],
  ["gemini-4-hydrogen", level(MAX), { includeThoughts: true, thinkingLevel: "xhigh" }, BY_LEVEL],
  ["gemini-3.8-flash", budget(1024), { includeThoughts: true, thinkingLevel: "low" }, BY_BUDGET],
  ["gemini-3.8-flash", budget(1025), { includeThoughts: true, thinkingLevel: "medium" }, BY_BUDGET],
  ["gemini-3.8-flash", budget(8192), { includeThoughts: true, thinkingLevel: "medium" }, BY_BUDGET],
  ["gemini-3.8-flash", budget(8193), { includeThoughts: true, thinkingLevel: "high" }, BY_BUDGET],
  ["gemini-3.8-flash", budget(0), { thinkingLevel: "low" }, BY_BUDGET],
  ["gemini-3.8-flash", budget(-1), { includeThoughts: true }, []],
  ["gemini-3.5-flash-lite", budget(-1), { includeThoughts: true, thinkingLevel: "medium" }, []],
];

describe("a level or a budget", () => {
  for (const [model, asked, config, warnings] of [...BUDGET_CASES, ...LEVEL_CASES]) {
    const name = asked.control.case === "level" ? `level ${asked.control.value}` : `budget ${asked.control.value}`;
    test(`${name} on ${model} is ${JSON.stringify(config)} (rules 16 and 17)`, () => {
      assert.deepEqual(configOf(model, asked), { config, warnings });
    });
  }
});

describe("thoughts", () => {
  test("are told without more when only they are asked for", () => {
    const asked = thinking({ case: undefined }, true);
    assert.deepEqual(configOf("gemini-3.8-flash", asked).config, { includeThoughts: true });
    assert.deepEqual(configOf("gemini-2.5-flash", asked).config, { includeThoughts: true });
  });

  test("are not told when that is said, and never when thinking is off", () => {
    assert.deepEqual(configOf("gemini-3.8-flash", thinking({ case: "level", value: HIGH }, false)).config, {
      thinkingLevel: "high",
    });
    assert.deepEqual(configOf("gemini-2.5-flash", thinking({ case: "level", value: NONE }, true)).config, {
      thinkingBudget: 0,
    });
  });

  test("that nobody asks for leave the model its default: nothing is sent", () => {
    for (const asked of [
      undefined,
      thinking({ case: undefined }),
      thinking({ case: undefined }, false),
      level(ThinkingLevel.UNSPECIFIED),
    ]) {
      assert.deepEqual(configOf("gemini-3.8-flash", asked), { config: undefined, warnings: [] });
    }
  });
});

describe("a model that does not think", () => {
  test("gets no thinkingConfig, and a warning when thinking was asked for (2.10)", () => {
    for (const model of ["gemini-2.5-flash-image", "gemini-3.8-flash-tts", "gemma-3-4b-it"]) {
      assert.deepEqual(configOf(model, level(HIGH)), { config: undefined, warnings: ["thinking_ignored:thinking"] });
      assert.deepEqual(configOf(model, level(NONE)), { config: undefined, warnings: [] });
    }
  });
});

describe("whatever is asked", () => {
  test("level and budget are never sent together, and only what the model has", () => {
    const model = fc.constantFrom(
      "gemini-2.5-pro",
      "gemini-2.5-flash-lite",
      "gemini-3.8-flash",
      "gemini-4-hydrogen",
      "gemma-4-31b-it",
    );
    const control = fc.oneof(
      fc.record({ case: fc.constant("level" as const), value: fc.constantFrom(...Object.values(ThinkingLevel)) }),
      fc.record({ case: fc.constant("budgetTokens" as const), value: fc.integer({ min: -1, max: 2 ** 31 - 1 }) }),
      fc.constant({ case: undefined }),
    );
    const words = ["", "", "minimal", "low", "medium", "high", "xhigh"];
    fc.assert(
      fc.property(model, control, fc.option(fc.boolean(), { nil: undefined }), (id, wanted, include) => {
        const { config } = configOf(id, thinking(wanted, include));
        const { thinking: ability } = profileOf(id);
        if (config?.thinkingLevel !== undefined) {
          assert.ok(ability.kind === "level" && ability.levels.some((known) => words[known] === config.thinkingLevel));
        }
        const tokens = config?.thinkingBudget;
        if (tokens !== undefined) {
          assert.equal(config?.thinkingLevel, undefined);
          assert.ok(ability.kind === "budget");
          assert.ok(
            tokens === -1 || (tokens === 0 && ability.canBeOff) || (tokens >= ability.min && tokens <= ability.max),
          );
        }
      }),
    );
  });
});
