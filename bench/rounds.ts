// The interleaved rounds: each scenario on each target in turn, the order reversed in every other round.

import type { LoadClient } from "./load-client.ts";
import type { LoadResult } from "./load/observe.ts";
import { toFigures, type Sample } from "./samples.ts";
import type { Scenario } from "./scenarios.ts";
import type { Target } from "./targets.ts";

export interface Plan {
  readonly rounds: number;
  readonly measureMs: number;
  /** Once for each target and scenario before the first round: the JIT has seen the code. */
  readonly preWarmMs: number;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly Target[];
}

const WARM_UP_MS = 300;

/** Runs the plan. Rejects on the first bad answer: then no figure counts. */
export async function runRounds(client: LoadClient, plan: Plan, onProgress: (text: string) => void): Promise<Sample[]> {
  await preWarm(client, plan, onProgress);
  const samples: Sample[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    onProgress(`round ${round + 1} of ${plan.rounds}`);
    for (const scenario of plan.scenarios) {
      const targets = targetsOf(plan, scenario);
      for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
        // The mock alone is no candidate: one look shows whether it limits the others.
        if (target.name === "direct" && round > 0) continue;
        const result = await measure(client, scenario, target, WARM_UP_MS, plan.measureMs * scenario.windows);
        samples.push({ scenario: scenario.name, target: target.name, round, figures: toFigures(scenario, result) });
      }
    }
  }
  return samples;
}

async function preWarm(client: LoadClient, plan: Plan, onProgress: (text: string) => void): Promise<void> {
  for (const scenario of plan.scenarios) {
    onProgress(`pre-warming ${scenario.name}`);
    for (const target of targetsOf(plan, scenario)) {
      if (target.name !== "direct") await measure(client, scenario, target, plan.preWarmMs, 0);
    }
  }
}

function targetsOf({ targets }: Plan, scenario: Scenario): Target[] {
  return targets.filter(({ name }) => scenario.targets.includes(name));
}

async function measure(
  client: LoadClient,
  scenario: Scenario,
  target: Target,
  warmUpMs: number,
  measureMs: number,
): Promise<LoadResult> {
  const result = await client.measure(scenario, target, warmUpMs, measureMs);
  if (result.badAnswers === 0) return result;
  const { badAnswers, firstBad } = result;
  throw new Error(`void: ${badAnswers} bad answers of ${target.name} in ${scenario.name}; the first: ${firstBad}`);
}
