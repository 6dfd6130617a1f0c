// From samples to figures: medians, and ratios to the floor of the same round.

import type { Sample } from "./rounds.ts";
import type { Scenario } from "./scenarios.ts";
import type { TargetName } from "./targets.ts";

/** One row of the table. Figures that do not exist are NaN. */
export interface Row {
  readonly scenario: string;
  readonly target: TargetName;
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
  /** NaN for unary scenarios. */
  readonly cpuUsPerEvent: number;
  readonly p50Ms: number;
  /** Median of the per-round ratios of CPU per request to the floor's. */
  readonly ratio: number;
  /** Ratio of the lowest CPU per request of all rounds: what remains when noise is gone. */
  readonly ratioOfMinima: number;
  /** Highest accepted `ratio`; only the gateway has one. */
  readonly goal: number | undefined;
}

/** Rows in the order of scenarios and targets. */
export function toRows(
  samples: readonly Sample[],
  scenarios: readonly Scenario[],
  targets: readonly TargetName[],
): Row[] {
  return scenarios.flatMap((scenario) => targets.map((target) => toRow(samples, scenario, target)));
}

function toRow(samples: readonly Sample[], scenario: Scenario, target: TargetName): Row {
  const ours = samples.filter((sample) => sample.scenario === scenario.name && sample.target === target);
  const floor = samples.filter((sample) => sample.scenario === scenario.name && sample.target === "floor");
  const cpu = ours.map(cpuUsPerRequest);
  const floorCpu = new Map(floor.map((sample) => [sample.round, cpuUsPerRequest(sample)]));
  const ratios = ours.map((sample) => cpuUsPerRequest(sample) / (floorCpu.get(sample.round) ?? Number.NaN));
  return {
    scenario: scenario.name,
    target,
    requestsPerSecond: median(ours.map(({ requests, elapsedMs }) => (requests * 1_000) / elapsedMs)),
    cpuUsPerRequest: median(cpu),
    cpuUsPerEvent: scenario.streaming ? median(cpu) / scenario.events : Number.NaN,
    p50Ms: median(ours.map(({ p50Ms }) => p50Ms)),
    ratio: median(ratios),
    ratioOfMinima: Math.min(...cpu) / Math.min(...floorCpu.values()),
    goal: target === "gateway" ? scenario.goal : undefined,
  };
}

function cpuUsPerRequest({ cpuMs, requests }: Sample): number {
  return ((cpuMs ?? Number.NaN) * 1_000) / requests;
}

/** The middle value; of an even number the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}
