// What every part of a running gateway stands on, and what must be given back when it stops.
import type { Config } from "./config.ts";
import type { BodyBudget } from "./rpc/body-budget.ts";
import type { Telemetry } from "./telemetry/events.ts";
import type { Metrics } from "./telemetry/metrics.ts";

/** Everything that is started, in the order of its making; freed in the opposite order. */
export interface Foundation {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly stack: AsyncDisposableStack;
  /** Memory for request bodies, over all listeners. */
  readonly budget: BodyBudget;
  /** Aborts when running requests have had their time. */
  readonly shutdown: AbortController;
  /** Ports of ours on this machine: no caller's URL may lead there. */
  readonly ownPorts: number[];
}

/** `URL.port` is empty where the port is the scheme's own. */
export function portOf(origin: string): number {
  return Number(/:(\d+)$/.exec(origin)?.[1]);
}
