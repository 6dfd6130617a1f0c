// What is kept of each measurement: figures by name, whatever the load was.

import type { LoadResult } from "./load/observe.ts";
import type { Scenario, TargetName } from "./scenarios.ts";

/** Times in the unit they name; MB and KB are powers of ten. */
export type Metric =
  | "requestsPerSecond"
  | "cpuUs"
  | "cpuUsPerEvent"
  | "p50Ms"
  | "p99Ms"
  | "firstByteMs"
  | "transitP50Ms"
  | "transitP99Ms"
  | "peakRssMb"
  | "idleRssMb"
  | "kbPerStream"
  | "startMs"
  | "errors";

export type Figures = Partial<Readonly<Record<Metric, number>>>;

/** One scenario on one target in one round. */
export interface Sample {
  readonly scenario: string;
  readonly target: TargetName;
  readonly round: number;
  readonly figures: Figures;
}

const BYTES_PER_MB = 1e6;
const BYTES_PER_KB = 1e3;

/** Only the figures that mean something for such a load. */
export function toFigures(scenario: Scenario, result: LoadResult): Figures {
  const { requests, elapsedMs, cpuMs, peakRssBytes, p50Ms, p99Ms, firstByteP50Ms, transitP50Ms, transitP99Ms } = result;
  const cpuUs = cpuMs === undefined ? undefined : (cpuMs * 1_000) / requests;
  const isStream = scenario.streaming && scenario.load !== "slow";
  return withoutMissing({
    requestsPerSecond: (requests * 1_000) / elapsedMs,
    cpuUs,
    cpuUsPerEvent: isStream && scenario.events > 1 && cpuUs !== undefined ? cpuUs / scenario.events : undefined,
    p50Ms,
    p99Ms,
    firstByteMs: isStream && scenario.load !== "grpc-streams" ? firstByteP50Ms : undefined,
    ...(scenario.stamped && { transitP50Ms, transitP99Ms }),
    peakRssMb: peakRssBytes === undefined ? undefined : peakRssBytes / BYTES_PER_MB,
  });
}

/** Of streams that each ran once: CPU per event in place of per request, and what the memory above `idleRssBytes` is for each. */
export function toSlowFigures(scenario: Scenario, result: LoadResult, idleRssBytes: number): Figures {
  const { cpuMs, peakRssBytes = Number.NaN, transits, transitP50Ms, transitP99Ms, badAnswers } = result;
  return withoutMissing({
    cpuUsPerEvent: cpuMs === undefined ? undefined : (cpuMs * 1_000) / transits,
    transitP50Ms,
    transitP99Ms,
    idleRssMb: idleRssBytes / BYTES_PER_MB,
    peakRssMb: peakRssBytes / BYTES_PER_MB,
    kbPerStream: (peakRssBytes - idleRssBytes) / BYTES_PER_KB / scenario.connections,
    errors: badAnswers,
  });
}

function withoutMissing(figures: Readonly<Record<string, number | undefined>>): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}
