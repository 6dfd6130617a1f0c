// The interleaved rounds: each scenario on each target in turn, the order reversed in every other round.

import { once } from "node:events";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import type { LoadOrder, LoadResult } from "./load.ts";
import { spawnNode, stop } from "./processes.ts";
import type { Scenario } from "./scenarios.ts";
import type { Target, TargetName } from "./targets.ts";

export interface Plan {
  readonly rounds: number;
  readonly measureMs: number;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly Target[];
}

/** One cell of the table in one round. */
export interface Sample extends LoadResult {
  readonly scenario: string;
  readonly target: TargetName;
  readonly round: number;
}

const WARM_UP_MS = 300;
/** Once for each target and scenario before the first round: the JIT has seen the code. */
const PRE_WARM_MS = 3_000;
/** Requests of heavy scenarios are few; twice the time halves the error at the edges of the window. */
const HEAVY_FACTOR = 2;
/** Beyond the measured time: warm-up, the last answers, slow machines. */
const LOAD_SLACK_MS = 30_000;

/** Runs the plan. Rejects on the first bad answer: then no figure counts. */
export async function runRounds(plan: Plan, onProgress: (text: string) => void): Promise<Sample[]> {
  const child = spawnNode(join(import.meta.dirname, "load.ts"), "load", {}, ["ignore", "inherit", "inherit", "ipc"]);
  try {
    await preWarm(child, plan, onProgress);
    const samples: Sample[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      onProgress(`round ${round + 1} of ${plan.rounds}`);
      for (const scenario of plan.scenarios) {
        const order = round % 2 === 0 ? plan.targets : plan.targets.toReversed();
        for (const target of order) {
          // The mock alone is no candidate: one look shows whether it limits the others.
          if (target.name === "direct" && round > 0) continue;
          const result = await load(child, scenario, target, WARM_UP_MS, measureMsOf(plan, scenario));
          samples.push({ scenario: scenario.name, target: target.name, round, ...result });
        }
      }
    }
    return samples;
  } finally {
    await stop(child);
  }
}

async function preWarm(child: ChildProcess, plan: Plan, onProgress: (text: string) => void): Promise<void> {
  onProgress("pre-warming");
  for (const scenario of plan.scenarios) {
    for (const target of plan.targets) {
      if (target.name !== "direct") await load(child, scenario, target, PRE_WARM_MS, 0);
    }
  }
}

function measureMsOf({ measureMs }: Plan, { heavy }: Scenario): number {
  return heavy ? measureMs * HEAVY_FACTOR : measureMs;
}

async function load(
  child: ChildProcess,
  scenario: Scenario,
  { name, dialect, address, licence, pid }: Target,
  warmUpMs: number,
  measureMs: number,
): Promise<LoadResult> {
  const order: LoadOrder = { scenario: scenario.name, dialect, address, licence, pid, warmUpMs, measureMs };
  const result = await answerOf(child, order, warmUpMs + measureMs + LOAD_SLACK_MS);
  if (result.badAnswers > 0) {
    throw new Error(
      `void: ${result.badAnswers} bad answers of ${name} in ${scenario.name}; the first: ${result.firstBad}`,
    );
  }
  return result;
}

async function answerOf(child: ChildProcess, order: LoadOrder, timeoutMs: number): Promise<LoadResult> {
  const settled = new AbortController();
  const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(timeoutMs)]);
  child.send(order);
  try {
    const [result] = await Promise.race([once(child, "message", { signal }), untilExit(child, signal)]);
    return result as LoadResult;
  } finally {
    settled.abort();
  }
}

async function untilExit(child: ChildProcess, signal: AbortSignal): Promise<never> {
  await once(child, "exit", { signal });
  throw new Error("the load client ended");
}
