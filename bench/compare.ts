// A run against an earlier one: what became worse by more than the runs differ by themselves.

import type { Pair } from "./figures.ts";
import type { Outcome } from "./goals.ts";

export interface Change {
  readonly what: string;
  readonly before: Pair;
  readonly now: Pair;
  /** Both figures exceed the earlier ones by more than the row's tolerance. */
  readonly worse: boolean;
}

const TOLERANCE = 0.1;

/** One change for each goal that both runs judged against the same thing. */
export function compare(baseline: readonly Outcome[], outcomes: readonly Outcome[]): Change[] {
  return outcomes.flatMap(({ what, compared, tolerance = TOLERANCE }) => {
    const before = baseline.find((earlier) => earlier.what === what)?.compared;
    if (before === undefined) return [];
    const isWorse = (look: keyof Pair): boolean => compared[look] > before[look] * (1 + tolerance);
    return [{ what, before, now: compared, worse: isWorse("median") && isWorse("best") }];
  });
}
