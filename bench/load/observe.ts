// Watches a window of a measurement: CPU time and memory of the target, times of the answers.

import { performance } from "node:perf_hooks";
import { percentile } from "../order-statistics.ts";
import { cpuMsOf, rssBytesOf } from "../process-stats.ts";
import type { Tally } from "./tally.ts";

/** What was seen in the window. Times that were not taken are NaN. */
export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  /** CPU time of the target; undefined without one. */
  readonly cpuMs: number | undefined;
  /** Highest resident memory of the target that was seen. */
  readonly peakRssBytes: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteP50Ms: number;
  /** How many events were timed on their way, and how long it took them. */
  readonly transits: number;
  readonly transitP50Ms: number;
  readonly transitP99Ms: number;
  /** Of the whole measurement, warm-up and end included. */
  readonly badAnswers: number;
  readonly firstBad: string | undefined;
}

const MEMORY_INTERVAL_MS = 100;

/** The window lasts until `ended`. Bad answers are read again by the caller when the last one has come. */
export async function observe(tally: Tally, pid: number | undefined, ended: Promise<unknown>): Promise<LoadResult> {
  let peakRssBytes = pid === undefined ? undefined : rssBytesOf(pid);
  const timer = setInterval(() => {
    if (pid !== undefined) peakRssBytes = Math.max(peakRssBytes ?? 0, rssBytesOf(pid));
  }, MEMORY_INTERVAL_MS);
  tally.forgetTimes();
  const before = snapshot(tally, pid);
  try {
    await ended;
  } finally {
    clearInterval(timer);
  }
  const after = snapshot(tally, pid);
  const { durationsMs, firstBytesMs, transitsMs } = tally;
  return {
    requests: after.requests - before.requests,
    elapsedMs: after.atMs - before.atMs,
    cpuMs: before.cpuMs === undefined || after.cpuMs === undefined ? undefined : after.cpuMs - before.cpuMs,
    peakRssBytes,
    p50Ms: percentile(durationsMs, 0.5),
    p99Ms: percentile(durationsMs, 0.99),
    firstByteP50Ms: percentile(firstBytesMs, 0.5),
    transits: transitsMs.length,
    transitP50Ms: percentile(transitsMs, 0.5),
    transitP99Ms: percentile(transitsMs, 0.99),
    badAnswers: tally.badAnswers,
    firstBad: tally.firstBad,
  };
}

function snapshot({ answers }: Tally, pid: number | undefined) {
  return { atMs: performance.now(), cpuMs: pid === undefined ? undefined : cpuMsOf(pid), requests: answers };
}
