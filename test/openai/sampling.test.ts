// How tokens are drawn: every number with its limits, and OpenAI's words for what is beyond them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read, refusalOf, requestOf, warningsOf } from "./reading.ts";

const fieldsOf = (bodies: object[]): (string | undefined)[] => bodies.map((body) => refusalOf(body).field);

describe("sampling", () => {
  it("passes every number on", () => {
    const { sampling } = requestOf({
      temperature: 0.5,
      top_p: 0.9,
      presence_penalty: -1,
      frequency_penalty: 1.5,
      n: 2,
      seed: 7,
      max_completion_tokens: 100,
      logprobs: true,
      top_logprobs: 3,
      stop: ["a", "b"],
    });
    const { $typeName: _, ...said } = sampling ?? {};
    assert.deepEqual(said, {
      temperature: 0.5,
      topP: 0.9,
      presencePenalty: -1,
      frequencyPenalty: 1.5,
      candidateCount: 2,
      seed: 7,
      maxOutputTokens: 100,
      responseLogprobs: true,
      topLogprobs: 3,
      stopSequences: ["a", "b"],
    });
  });
  it("is absent when nothing is said, null included", () => {
    const names = [
      "temperature",
      "top_p",
      "presence_penalty",
      "frequency_penalty",
      "n",
      "seed",
      "max_tokens",
      "max_completion_tokens",
      "stop",
      "logprobs",
      "top_logprobs",
    ];
    assert.equal(requestOf(Object.fromEntries(names.map((name) => [name, null]))).sampling, undefined);
    assert.equal(requestOf({}).sampling, undefined);
  });
  it("keeps zero apart from absent", () => {
    const { sampling } = requestOf({ temperature: 0, top_p: 0, seed: 0 });
    assert.deepEqual([sampling?.temperature, sampling?.topP, sampling?.seed], [0, 0, 0]);
  });
  for (const [field, good, bad] of [
    ["temperature", [0, 0.5, 2], [-0.1, 2.1, Infinity, "1", true, [], {}]],
    ["top_p", [0, 1], [-1, 1.01, "0.5"]],
    ["presence_penalty", [-2, 2], [-2.1, 2.1, "x"]],
    ["frequency_penalty", [-2, 2], [-3, 3, "x"]],
    ["n", [1, 8], [0, -1, 9, 128, 1.5, "1", Infinity]],
    ["max_tokens", [1, 65_536], [0, -1, 1.5, "100", Infinity, 2 ** 60]],
    ["max_completion_tokens", [1], [0, "100", {}]],
    ["seed", [0, -1, 2 ** 31, 2 ** 53], [0.5, "1", 1e30]],
    ["logprobs", [true, false], ["true", 1]],
  ] as const) {
    it(`${field} takes ${good.join(", ")} and nothing beyond`, () => {
      for (const value of good) read({ [field]: value });
      assert.deepEqual([...new Set(fieldsOf(bad.map((value) => ({ [field]: value }))))], [field]);
    });
  }
  it("says what was expected in OpenAI's words", () => {
    assert.equal(
      refusalOf({ temperature: "hot" }).message,
      "Invalid type for 'temperature': expected a number, but got a string instead.",
    );
    assert.equal(
      refusalOf({ temperature: 3 }).message,
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    );
    assert.match(
      refusalOf({ n: 9 }).message,
      /^Invalid 'n': integer above maximum value\. Expected a value <= 8, but got 9 instead\. Every answer/,
    );
    assert.equal(
      refusalOf({ stop: 5 }).message,
      "Invalid type for 'stop': expected a string or an array of strings, but got an integer instead.",
    );
  });
  it("has max_completion_tokens before max_tokens", () => {
    assert.equal(requestOf({ max_tokens: 5, max_completion_tokens: 6 }).sampling?.maxOutputTokens, 6);
    assert.deepEqual(warningsOf({ max_tokens: 5, max_completion_tokens: 6 }), ["parameter_ignored:max_tokens"]);
    assert.deepEqual(warningsOf({ max_tokens: 6, max_completion_tokens: 6 }), []);
    assert.equal(requestOf({ max_tokens: 5 }).sampling?.maxOutputTokens, 5);
  });
  it("lowers a limit that no number of 32 bits holds", () => {
    assert.equal(requestOf({ max_tokens: 2 ** 40 }).sampling?.maxOutputTokens, 2_147_483_647);
    assert.deepEqual(warningsOf({ max_tokens: 2 ** 40 }), ["value_clamped:max_tokens"]);
  });
  it("folds a seed of 64 bits, always to the same, and says so", () => {
    for (const seed of [0, -1, 2 ** 31 - 1, -(2 ** 31)])
      assert.deepEqual([requestOf({ seed }).sampling?.seed, warningsOf({ seed })], [seed, []]);
    const wide = 2 ** 52 + 12_345;
    assert.equal(requestOf({ seed: wide }).sampling?.seed, requestOf({ seed: wide }).sampling?.seed);
    assert.notEqual(requestOf({ seed: 2 ** 60 }).sampling?.seed, requestOf({ seed: 2 ** 61 }).sampling?.seed);
    assert.deepEqual(warningsOf({ seed: wide }), ["value_clamped:seed"]);
  });
  it("wants logprobs for top_logprobs", () => {
    assert.deepEqual(fieldsOf([{ top_logprobs: 3 }, { top_logprobs: 3, logprobs: false }]), [
      "top_logprobs",
      "top_logprobs",
    ]);
    assert.deepEqual(fieldsOf([{ logprobs: true, top_logprobs: 21 }]), ["top_logprobs"]);
  });
});

describe("stop", () => {
  it("is a text, or several, more than four too", () => {
    assert.deepEqual(requestOf({ stop: "a" }).sampling?.stopSequences, ["a"]);
    assert.deepEqual(requestOf({ stop: ["1", "2", "3", "4", "5", "6"] }).sampling?.stopSequences.length, 6);
    assert.equal(requestOf({ stop: [] }).sampling, undefined);
  });
  it("loses empty texts, and says so", () => {
    assert.deepEqual(requestOf({ stop: ["", "a"] }).sampling?.stopSequences, ["a"]);
    assert.deepEqual(warningsOf({ stop: "" }), ["parameter_ignored:stop"]);
  });
  it("has limits", () =>
    assert.deepEqual(fieldsOf([{ stop: "x".repeat(1025) }, { stop: Array<string>(129).fill("a") }, { stop: [5] }]), [
      "stop",
      "stop",
      "stop[0]",
    ]));
});
