// The load client, a process of its own: takes an order, measures, answers; one at a time.

import { closedLoop, openLoop, slowStreams } from "./load/http-loads.ts";
import { grpcStreams, grpcUploads } from "./load/grpc-loads.ts";
import type { LoadResult } from "./load/observe.ts";
import { scenarios, type Dialect, type Load, type Scenario } from "./scenarios.ts";

/** One measurement to make. */
export interface LoadOrder {
  readonly scenario: string;
  readonly dialect: Dialect;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly licence: string;
  /** Whose CPU time and memory are read; undefined reads none. */
  readonly pid: number | undefined;
  readonly warmUpMs: number;
  /** 0 only warms up. */
  readonly measureMs: number;
}

const LOADS: Readonly<Record<Exclude<Load, "start">, (order: LoadOrder, scenario: Scenario) => Promise<LoadResult>>> = {
  closed: closedLoop,
  open: openLoop,
  slow: slowStreams,
  "grpc-streams": grpcStreams,
  "grpc-uploads": grpcUploads,
};

async function measure(order: LoadOrder): Promise<LoadResult> {
  const scenario = scenarios.find(({ name }) => name === order.scenario);
  if (scenario === undefined || scenario.load === "start") throw new Error(`no load ${order.scenario}`);
  return await LOADS[scenario.load](order, scenario);
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
