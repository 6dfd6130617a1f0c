// The load client's process as seen from the bench.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadOrder } from "./load.ts";
import type { LoadResult } from "./load/observe.ts";
import { spawnNode, stop } from "./processes.ts";
import type { Scenario } from "./scenarios.ts";
import type { Target } from "./targets.ts";

/** Beyond the measured time: ramps, the last answers, slow machines. */
const SLACK_MS = 45_000;

export class LoadClient implements AsyncDisposable {
  readonly #child: ChildProcess = spawnNode(join(import.meta.dirname, "load.ts"), "load", {}, [
    "ignore",
    "inherit",
    "inherit",
    "ipc",
  ]);

  /** One measurement. Bad answers are counted in the result; rejects only when there is none. */
  async measure(scenario: Scenario, target: Target, warmUpMs: number, measureMs: number): Promise<LoadResult> {
    const { dialect, licence, pid } = target;
    const address = scenario.load.startsWith("grpc") ? target.grpcAddress : target.address;
    const order: LoadOrder = { scenario: scenario.name, dialect, address, licence, pid, warmUpMs, measureMs };
    const settled = new AbortController();
    const timeout = AbortSignal.timeout(warmUpMs + measureMs + SLACK_MS);
    const signal = AbortSignal.any([settled.signal, timeout]);
    this.#child.send(order);
    try {
      const [result] = await Promise.race([once(this.#child, "message", { signal }), this.#untilExit(signal)]);
      return result as LoadResult;
    } finally {
      settled.abort();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return stop(this.#child);
  }

  async #untilExit(signal: AbortSignal): Promise<never> {
    await once(this.#child, "exit", { signal });
    throw new Error("the load client ended");
  }
}
