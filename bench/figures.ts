// From samples to rows: medians over the rounds, and CPU as a ratio to the reference of the same round.

import { median } from "./order-statistics.ts";
import type { Figures, Metric, Sample } from "./samples.ts";
import type { Scenario, TargetName } from "./scenarios.ts";

/** What a target did in a scenario. */
export interface Row {
  readonly scenario: string;
  readonly target: TargetName;
  readonly figures: Figures;
  /** Median of the per-round ratios of CPU per request to the reference's, and the ratio of the lowest; undefined without. */
  readonly cpuRatio: Pair | undefined;
}

/** Two looks at one figure: the median over the rounds, and what the best rounds give, where noise is least. */
export interface Pair {
  readonly median: number;
  readonly best: number;
}

/** What the ratio of CPU is to. */
export function referenceOf({ targets }: Scenario): TargetName {
  return targets.includes("connect-node") ? "connect-node" : "floor";
}

/** Rows in the order of scenarios and targets; none for what was not run. */
export function toRows(samples: readonly Sample[], scenarios: readonly Scenario[]): Row[] {
  return scenarios.flatMap((scenario) =>
    scenario.targets.flatMap((target) => {
      const ours = samples.filter((sample) => sample.scenario === scenario.name && sample.target === target);
      if (ours.length === 0) return [];
      const cpu = roundsOf(samples, scenario.name, target, "cpuUs");
      const reference = roundsOf(samples, scenario.name, referenceOf(scenario), "cpuUs");
      const figures = mediansOf(ours.map((sample) => sample.figures));
      return [{ scenario: scenario.name, target, figures, cpuRatio: pairOf(cpu, reference, divide) }];
    }),
  );
}

/** A figure of a target by round. */
export function roundsOf(
  samples: readonly Sample[],
  scenario: string,
  target: TargetName,
  metric: Metric,
): ReadonlyMap<number, number> {
  const found = samples.filter((sample) => sample.scenario === scenario && sample.target === target);
  return new Map(
    found.flatMap(({ round, figures }) => (figures[metric] === undefined ? [] : [[round, figures[metric]] as const])),
  );
}

/** Median of what `combine` makes of each round that both have, and what it makes of the lowest; undefined when they share none. */
export function pairOf(
  ours: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
  combine: (ours: number, reference: number) => number,
): Pair | undefined {
  const combined = [...ours].flatMap(([round, figure]) => {
    const other = reference.get(round);
    return other === undefined ? [] : [combine(figure, other)];
  });
  if (combined.length === 0) return undefined;
  return { median: median(combined), best: combine(Math.min(...ours.values()), Math.min(...reference.values())) };
}

export function divide(ours: number, reference: number): number {
  return ours / reference;
}

function mediansOf(figures: readonly Figures[]): Figures {
  const metrics = [...new Set(figures.flatMap((of) => Object.keys(of) as Metric[]))];
  return Object.fromEntries(metrics.map((metric) => [metric, median(figures.flatMap((of) => of[metric] ?? []))]));
}
