// The public interface on thinking, sentence by sentence: the exact thinkingConfig that each generation gets for every effort and suffix,
// what counts before what, and what is said of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startRig, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

async function sentFor(body: object): Promise<{ config: unknown; warnings: readonly string[] }> {
  const { status, text, sent, warnings } = await rig.askBoth(body);
  assert.equal(status, 200, text);
  return { config: sent[0].generationConfig?.thinkingConfig, warnings };
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** What goes up for each effort, in the order of EFFORTS; an asterisk is a warning, `-` nothing at all. */
const BY_MODEL: Readonly<Record<string, string>> = {
  "gemini-2.5-flash": "0 1024 1024 8192 24576 24576 24576",
  "gemini-2.5-flash-lite": "0 1024 1024 8192 24576 24576 24576",
  "gemini-2.5-pro": "128* 1024 1024 8192 24576 24576 24576",
  "gemini-3-pro-image": "128* 1024 1024 8192 24576 24576 24576",
  "gemini-3-flash-preview": "minimal* minimal low medium high high* high*",
  "gemini-3.1-flash-lite": "minimal* minimal low medium high high* high*",
  "gemini-3.5-flash": "minimal* minimal low medium high high* high*",
  "gemini-3.5-flash-lite": "minimal* minimal low medium high high* high*",
  "gemini-3.6-flash": "minimal* minimal low medium high high* high*",
  "gemini-flash-lite-latest": "minimal* minimal low medium high high* high*",
  "gemini-3.1-pro-preview": "low* low* low medium high high* high*",
  "gemini-pro-latest": "low* low* low medium high high* high*",
  "gemini-3.7-flash": "low* low* low medium high high* high*",
  "gemini-3.8-flash": "low* low* low medium high high* high*",
  "gemini-flash-latest": "low* low* low medium high high* high*",
  "gemini-4-argon": "low* low* low medium high high* high*",
  "gemini-4-hydrogen": "low* low* low medium high xhigh xhigh*",
  "gemini-9-foo": "low* low* low medium high high* high*",
  "gemini-3.1-flash-image": "minimal* minimal minimal* high* high high* high*",
  "gemini-nano-banana-2.1": "minimal* minimal medium* medium high high* high*",
  "gemma-4-31b-it": "minimal* minimal minimal* high* high high* high*",
  "gemini-2.5-flash-image": "- -* -* -* -* -* -*",
  "gemini-2.5-flash-preview-tts": "- -* -* -* -* -* -*",
  "gemini-3.8-flash-tts": "- -* -* -* -* -* -*",
  "gemma-3-27b-it": "- -* -* -* -* -* -*",
};

function toConfig(word: string, told: boolean): object | undefined {
  const plain = word.replace("*", "");
  if (plain === "-") return undefined;
  const setting = /^\d+$/.test(plain) ? { thinkingBudget: Number(plain) } : { thinkingLevel: plain };
  return { ...(told && { includeThoughts: true }), ...setting };
}

describe("reasoning_effort: on budget models tokens, on level models the same word or the nearest, with a warning", () => {
  for (const [model, row] of Object.entries(BY_MODEL)) {
    test(`${model}: ${row}`, async () => {
      for (const [index, word] of row.split(" ").entries()) {
        const effort = EFFORTS[index] ?? "";
        const { config, warnings } = await sentFor({ model, reasoning_effort: effort });
        assert.deepEqual(config, toConfig(word, effort !== "none"), effort);
        const code = word.startsWith("-") ? "thinking_ignored" : "thinking_adjusted";
        assert.deepEqual(warnings, word.endsWith("*") ? [`${code}:reasoning_effort`] : [], effort);
      }
    });
  }

  test("without any wish nothing is sent, to no model", async () => {
    for (const model of Object.keys(BY_MODEL))
      assert.deepEqual(await sentFor({ model }), { config: undefined, warnings: [] });
  });

  test("a suffix of the same word asks for the same, and blames the model id", async () => {
    for (const [model, row] of Object.entries(BY_MODEL)) {
      for (const [index, word] of row.split(" ").entries()) {
        const effort = EFFORTS[index] ?? "";
        const suffix = effort === "none" ? "nothinking" : effort;
        const { config, warnings } = await sentFor({ model: `${model}-${suffix}` });
        assert.deepEqual(config, toConfig(word, effort !== "none"), `${model}-${suffix}`);
        assert.deepEqual(
          warnings.map((warning) => warning.split(":")[1]),
          word.endsWith("*") ? ["model"] : [],
        );
      }
    }
  });
});

describe("-thinking has thoughts told and leaves the rest to the model, which it wakes where it would sleep", () => {
  const told = { includeThoughts: true };
  for (const [model, config] of [
    ["gemini-2.5-flash", told],
    ["gemini-2.5-pro", told],
    ["gemini-2.5-flash-lite", { ...told, thinkingBudget: -1 }],
    ["gemini-3-flash-preview", told],
    ["gemini-3.1-pro-preview", told],
    ["gemini-3.5-flash", told],
    ["gemini-3.8-flash", told],
    ["gemini-4-hydrogen", told],
    ["gemini-9-foo", told],
    ["gemini-3.5-flash-lite", { ...told, thinkingLevel: "medium" }],
    ["gemini-3.1-flash-lite", { ...told, thinkingLevel: "medium" }],
    ["gemini-3.1-flash-image", { ...told, thinkingLevel: "high" }],
  ] as const) {
    test(`${model}-thinking`, async () => {
      assert.deepEqual(await sentFor({ model: `${model}-thinking` }), { config, warnings: [] });
    });
  }

  for (const wish of [
    { reasoning: { enabled: true } },
    { thinking: { type: "enabled" } },
    { thinking: { type: "adaptive" } },
  ]) {
    test(`${JSON.stringify(wish)} wakes them too`, async () => {
      const lite = await sentFor({ model: "gemini-2.5-flash-lite", ...wish });
      assert.deepEqual(lite, { config: { ...told, thinkingBudget: -1 }, warnings: [] });
      const newer = await sentFor({ model: "gemini-3.5-flash-lite", ...wish });
      assert.deepEqual(newer, { config: { ...told, thinkingLevel: "medium" }, warnings: [] });
      assert.deepEqual(await sentFor({ model: "gemini-3.8-flash", ...wish }), { config: told, warnings: [] });
    });
  }
});

describe("a budget on a level model becomes a level, with a warning that names what the caller wrote", () => {
  const budgetOf = (tokens: number): readonly (readonly [string, object, string])[] => [
    ["gemini-3.8-flash", { thinking_budget: tokens }, "thinking_budget"],
    ["gemini-3.8-flash", { reasoning: { max_tokens: tokens } }, "reasoning.max_tokens"],
    ["gemini-3.8-flash", { thinking: { type: "enabled", budget_tokens: tokens } }, "thinking.budget_tokens"],
    [
      "gemini-3.8-flash",
      { extra_body: { google: { thinking_config: { thinking_budget: tokens } } } },
      "extra_body.google.thinking_config.thinking_budget",
    ],
    [
      "gemini-3.8-flash",
      { google: { thinkingConfig: { thinkingBudget: tokens } } },
      "google.thinkingConfig.thinkingBudget",
    ],
    [`gemini-3.8-flash-thinking-${tokens}`, {}, "model"],
  ];
  for (const [tokens, thinkingLevel] of [
    [1, "low"],
    [1024, "low"],
    [1025, "medium"],
    [8192, "medium"],
    [8193, "high"],
    [100_000, "high"],
  ] as const) {
    for (const [model, body, param] of budgetOf(tokens)) {
      test(`${tokens} by ${param} is ${thinkingLevel}`, async () => {
        const told = await sentFor({ model, ...body });
        assert.deepEqual(told.config, { includeThoughts: true, thinkingLevel });
        assert.deepEqual(told.warnings, [`thinking_adjusted:${param}`]);
      });
    }
  }

  test("strict mode refuses it with a 400 that names the same parameter", async () => {
    for (const [model, body, param] of budgetOf(2048)) {
      const { status, json, sent } = await rig.askBoth({ model, ...body }, undefined, { "x-gateway-strict": "true" });
      assert.deepEqual([status, json.error.param, json.error.code], [400, param, "unsupported_value"]);
      assert.deepEqual(sent, [], "Gemini was not called");
    }
  });
});

describe("extra_body.google.thinking_config counts before a suffix, and a suffix before all others, which is said", () => {
  const level = (word: string): object => ({ extra_body: { google: { thinking_config: { thinking_level: word } } } });
  for (const [model, body, thinkingLevel, warnings] of [
    ["gemini-3.8-flash-high", level("low"), "low", ["parameter_ignored:model"]],
    ["gemini-3.8-flash-high", level("high"), "high", []],
    ["gemini-3.8-flash-thinking", level("low"), "low", []],
    ["gemini-3.8-flash", { ...level("low"), reasoning_effort: "high" }, "low", ["parameter_ignored:reasoning_effort"]],
    ["gemini-3.8-flash", { ...level("low"), thinking_budget: 9000 }, "low", ["parameter_ignored:thinking_budget"]],
    ["gemini-3.8-flash-high", { reasoning_effort: "low" }, "high", ["parameter_ignored:reasoning_effort"]],
    ["gemini-3.8-flash-high", { reasoning_effort: "high" }, "high", []],
    ["gemini-3.8-flash-high", { thinking_budget: 5 }, "high", ["parameter_ignored:thinking_budget"]],
    ["gemini-3.8-flash-high", { reasoning: { effort: "low" } }, "high", ["parameter_ignored:reasoning.effort"]],
    ["gemini-3.8-flash-high", { reasoning: { enabled: true } }, "high", []],
  ] as const) {
    test(`${model} with ${JSON.stringify(body)} thinks ${thinkingLevel}`, async () => {
      const told = await sentFor({ model, ...body });
      assert.deepEqual(told, { config: { includeThoughts: true, thinkingLevel }, warnings: [...warnings] });
    });
  }

  test("whether thoughts are told stays the caller's word, unless the suffix switches thinking off", async () => {
    const told = (include: boolean): object => ({ google: { thinking_config: { include_thoughts: include } } });
    assert.equal((await sentFor({ model: "gemini-2.5-flash-thinking", ...told(false) })).config, undefined);
    const off = await sentFor({ model: "gemini-2.5-flash-nothinking", ...told(true) });
    assert.deepEqual(off.config, { thinkingBudget: 0 });
  });

  test("a thinking_config two extra_body deep is read, as clients send it that unwrap neither", async () => {
    const body = { extra_body: { extra_body: { google: { thinking_config: { thinking_level: "low" } } } } };
    assert.deepEqual((await sentFor(body)).config, { includeThoughts: true, thinkingLevel: "low" });
  });
});
