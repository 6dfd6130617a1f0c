// Sampling: rules 13, 14 and 15, and the limits of 2.9.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { map, MODELS, type RequestInit, user } from "./mapping.ts";

function configOf(sampling: NonNullable<RequestInit["sampling"]>, model?: string) {
  const { body, warnings } = map({ messages: [user("Hi")], sampling }, model);
  return { config: body.generationConfig, warnings };
}

describe("sampling", () => {
  const drawing = { temperature: 0.5, topP: 0.9, topK: 40 };

  test("is honoured up to 3.5-flash", () => {
    assert.deepEqual(configOf({ ...drawing, seed: 7 }, MODELS.gemini3), {
      config: { ...drawing, seed: 7 },
      warnings: [],
    });
  });

  for (const model of [MODELS.newest, "gemini-3.5-flash-lite", "gemini-4-argon", "gemini-flash-latest"]) {
    test(`is stripped for ${model} (rule 13)`, () => {
      assert.deepEqual(configOf({ ...drawing, seed: 7 }, model), {
        config: { seed: 7 },
        warnings: [
          "sampling_ignored:sampling.temperature",
          "sampling_ignored:sampling.top_p",
          "sampling_ignored:sampling.top_k",
        ],
      });
    });
  }

  test("keeps a temperature of 0", () => {
    assert.deepEqual(configOf({ temperature: 0 }, MODELS.gemini25).config, { temperature: 0 });
  });

  test("above the model's highest temperature is clamped", () => {
    assert.deepEqual(configOf({ temperature: 3 }, MODELS.gemini25), {
      config: { temperature: 2 },
      warnings: ["value_clamped:sampling.temperature"],
    });
  });

  test("never asks for several candidates (rule 14)", () => {
    for (const model of Object.values(MODELS)) {
      assert.equal(
        JSON.stringify(map({ messages: [user("Hi")], sampling: { candidateCount: 4 } }, model).body).includes(
          "candidateCount",
        ),
        false,
      );
    }
  });
});

describe("penalties", () => {
  test("are stripped on 2.5 (rule 15)", () => {
    assert.deepEqual(configOf({ presencePenalty: 0.3, frequencyPenalty: -1 }, MODELS.gemini25), {
      config: undefined,
      warnings: ["penalties_ignored:sampling.presence_penalty", "penalties_ignored:sampling.frequency_penalty"],
    });
  });

  test("are sent elsewhere, below 2", () => {
    assert.deepEqual(configOf({ presencePenalty: 2, frequencyPenalty: -2 }), {
      config: { presencePenalty: 1.999, frequencyPenalty: -2 },
      warnings: ["value_clamped:sampling.presence_penalty"],
    });
  });

  test("of 0 are none: no warning", () => {
    assert.deepEqual(configOf({ presencePenalty: 0, frequencyPenalty: 0 }, MODELS.gemini25), {
      config: undefined,
      warnings: [],
    });
  });
});

describe("limits", () => {
  test("lower max_output_tokens to what the model gives", () => {
    assert.deepEqual(configOf({ maxOutputTokens: 100_000 }), {
      config: { maxOutputTokens: 65_536 },
      warnings: ["value_clamped:sampling.max_output_tokens"],
    });
    assert.deepEqual(configOf({ maxOutputTokens: 100_000 }, "gemini-4-carbon").config, { maxOutputTokens: 100_000 });
    assert.deepEqual(configOf({ maxOutputTokens: 900_000 }, "gemini-quark").config, { maxOutputTokens: 900_000 });
  });

  test("leave five stop sequences", () => {
    assert.deepEqual(configOf({ stopSequences: ["a", "b", "c", "d", "e"] }).warnings, []);
    assert.deepEqual(configOf({ stopSequences: ["a", "b", "c", "d", "e", "f"] }), {
      config: { stopSequences: ["a", "b", "c", "d", "e"] },
      warnings: ["stop_truncated:sampling.stop_sequences"],
    });
  });

  test("forbid log probabilities, which the Gemini API refuses", () => {
    assert.deepEqual(configOf({ responseLogprobs: true, topLogprobs: 5 }), {
      config: undefined,
      warnings: ["logprobs_ignored:sampling.response_logprobs"],
    });
  });
});
