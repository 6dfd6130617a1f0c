// Goal: a goal is missed only when both figures exceed it, an allowance follows the reference, and worse means worse in both.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compare } from "../../bench/compare.ts";
import { toRows } from "../../bench/figures.ts";
import { judge, type Outcome } from "../../bench/goals.ts";
import { median, percentile } from "../../bench/order-statistics.ts";
import type { Metric, Sample } from "../../bench/samples.ts";
import { scenarios, type TargetName } from "../../bench/scenarios.ts";

function samplesOf(scenario: string, metric: Metric, figures: Partial<Record<TargetName, number[]>>): Sample[] {
  return Object.entries(figures).flatMap(([target, values]) =>
    values.map((value, round) => ({ scenario, target: target as TargetName, round, figures: { [metric]: value } })),
  );
}

function only(outcomes: readonly Outcome[]): Outcome {
  assert.equal(outcomes.length, 1);
  return outcomes[0] as Outcome;
}

describe("a ratio", () => {
  test("is the median of the rounds' own ratios, and beside it that of the lowest", () => {
    const samples = samplesOf("unary", "cpuUs", { floor: [100, 200, 100], gateway: [120, 220, 150] });
    const { ours, rounds } = only(judge(samples));
    assert.deepEqual([ours.median, ours.best, rounds], [1.2, 1.2, 3]);
  });

  test("is missed when both figures exceed the goal, and not by one alone", () => {
    const noisy = samplesOf("s200", "cpuUs", { floor: [100, 100, 100], gateway: [90, 130, 130] });
    assert.equal(only(judge(noisy)).met, true);
    const slow = samplesOf("s200", "cpuUs", { floor: [100, 100, 100], gateway: [101, 130, 130] });
    assert.equal(only(judge(slow)).met, false);
  });

  test("is not judged without its reference", () => {
    assert.deepEqual(judge(samplesOf("unary", "cpuUs", { gateway: [100] })), []);
  });
});

describe("an allowance", () => {
  test("is a share of the reference where that is more", () => {
    const large = samplesOf("latency-s50", "firstByteMs", { "pass-through": [4, 4], gateway: [4.3, 4.3] });
    const outcome = only(judge(large));
    assert.equal(outcome.allowed.median, 0.4);
    assert.equal(outcome.met, true);
  });

  test("is a fixed time where a share would be less", () => {
    const small = (ours: number): boolean =>
      only(judge(samplesOf("latency-s50", "firstByteMs", { "pass-through": [0.5], gateway: [ours] }))).met;
    assert.equal(small(0.59), true);
    assert.equal(small(0.61), false);
  });
});

describe("an absolute goal", () => {
  test("needs no reference, and is compared by the ratio to one that is there", () => {
    const alone = only(judge(samplesOf("start", "startMs", { gateway: [400, 480] })));
    assert.deepEqual([alone.met, alone.compared.median], [true, 440]);
    const beside = only(judge(samplesOf("start", "startMs", { floor: [200, 200], gateway: [400, 480] })));
    assert.deepEqual([beside.ours.median, beside.compared.median], [440, 2.2]);
  });

  test("of no error is missed by one", () => {
    assert.equal(only(judge(samplesOf("tls-uploads", "errors", { gateway: [0] }))).met, true);
    assert.equal(only(judge(samplesOf("tls-uploads", "errors", { gateway: [1] }))).met, false);
  });
});

describe("a comparison", () => {
  const run = (gateway: number[]): Outcome[] =>
    judge(samplesOf("unary", "cpuUs", { floor: gateway.map(() => 100), gateway }));

  test("finds what is worse by more than a tenth in both figures, and not in one alone", () => {
    const worse = (now: number[]): boolean | undefined => compare(run([100, 100, 100]), run(now))[0]?.worse;
    assert.equal(worse([112, 112, 112]), true);
    assert.equal(worse([105, 130, 130]), false);
    assert.equal(worse([109, 109, 109]), false);
  });

  test("finds the first error", () => {
    const errors = (count: number): Outcome[] => judge(samplesOf("grpc-uploads", "errors", { gateway: [count] }));
    assert.equal(compare(errors(0), errors(1))[0]?.worse, true);
    assert.equal(compare(errors(0), errors(0))[0]?.worse, false);
  });

  test("leaves out what the earlier run did not measure", () => {
    assert.deepEqual(compare([], run([100])), []);
  });
});

test("rows hold medians of every figure, and none stands for what was not run", () => {
  const samples = samplesOf("unary", "p50Ms", { floor: [1, 3, 2], gateway: [4] });
  const rows = toRows(samples, scenarios);
  assert.deepEqual(
    rows.map(({ target, figures, cpuRatio }) => [target, figures.p50Ms, cpuRatio]),
    [
      ["floor", 2, undefined],
      ["gateway", 4, undefined],
    ],
  );
});

test("the median of an even number is between its middle two, a percentile is a value that was seen", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(percentile([5, 1, 4, 2, 3], 0.99), 5);
  assert.equal(percentile([5, 1, 4, 2, 3], 0.5), 3);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});
