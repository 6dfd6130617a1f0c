// Which answer a call gets: in order, by key, or by chance.

import type { Answer } from "./steps.ts";
import type { Call } from "./call.ts";
import { seededRandom } from "./random.ts";

/** Decides the answer of each call; undefined means the default. */
export type Script = (call: Call) => Answer | undefined;

/** The answers in order, one for each call; afterwards the default. */
export function inOrder(answers: readonly Answer[]): Script {
  let next = 0;
  return () => answers[next++];
}

/** A sequence of its own for each API key; the last answer of a sequence repeats. */
export function perKey(answers: Readonly<Record<string, readonly Answer[]>>): Script {
  const seen = new Map<string, number>();
  return ({ key }) => {
    if (key === undefined) return undefined;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return answers[key]?.[count] ?? answers[key]?.at(-1);
  };
}

/** `fault` with this probability, the same calls for the same seed. */
export function sometimes(probability: number, seed: number, fault: Answer, otherwise: Answer): Script {
  const random = seededRandom(seed);
  return () => (random() < probability ? fault : otherwise);
}
