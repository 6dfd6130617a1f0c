// The load client, a process of its own: keep-alive connections in a closed loop, each answer checked, CPU read at the edges.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { LoadConnection, type Expectation } from "./load-connection.ts";
import { cpuMsOf } from "./process-stats.ts";
import { scenarios, toRequest, type Dialect } from "./scenarios.ts";

/** One measurement to make. */
export interface LoadOrder {
  readonly scenario: string;
  readonly dialect: Dialect;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly licence: string;
  /** Whose CPU time is read; undefined reads none. */
  readonly pid: number | undefined;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What was seen between warm-up and end. */
export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  /** CPU time of `pid` in the window; undefined without one. */
  readonly cpuMs: number | undefined;
  readonly p50Ms: number;
  readonly badAnswers: number;
  /** The first bad answer, shortened. */
  readonly firstBad: string | undefined;
}

async function measure(order: LoadOrder): Promise<LoadResult> {
  const scenario = scenarios.find(({ name }) => name === order.scenario);
  if (scenario === undefined) throw new Error(`no scenario ${order.scenario}`);
  const request = toRequest(scenario, order.dialect, order.address, order.licence);
  const expectation: Expectation = { ...scenario, done: scenario.streaming && order.dialect === "openai" };
  const connections = Array.from(
    { length: scenario.connections },
    () => new LoadConnection(order.address, request, expectation),
  );
  for (const connection of connections) connection.start();
  await sleep(order.warmUpMs);
  const before = snapshot(connections, order.pid);
  for (const connection of connections) connection.durationsMs.length = 0;
  await sleep(order.measureMs);
  const after = snapshot(connections, order.pid);
  await Promise.all(connections.map((connection) => connection.finish()));
  return {
    requests: after.requests - before.requests,
    elapsedMs: after.atMs - before.atMs,
    cpuMs: before.cpuMs === undefined || after.cpuMs === undefined ? undefined : after.cpuMs - before.cpuMs,
    p50Ms: median(connections.flatMap(({ durationsMs }) => durationsMs)),
    badAnswers: connections.reduce((sum, { badAnswers }) => sum + badAnswers, 0),
    firstBad: connections.find(({ firstBad }) => firstBad !== undefined)?.firstBad,
  };
}

function snapshot(connections: readonly LoadConnection[], pid: number | undefined) {
  return {
    atMs: performance.now(),
    cpuMs: pid === undefined ? undefined : cpuMsOf(pid),
    requests: connections.reduce((sum, { answers }) => sum + answers, 0),
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

process.on("message", (order: LoadOrder) => {
  measure(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
