// What a soak reports: figures, and what was promised of them.

/** One line of the report. `held` undefined: a figure without a promise. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: string;
  /** What was promised of it. */
  readonly promised?: string;
  readonly held?: boolean;
}

/** A figure that must not exceed what is promised; `unit` stands behind both. */
export function atMost(id: string, what: string, value: number, promised: number, unit = ""): Figure {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return {
    id,
    what,
    value: `${value.toFixed(digits)}${unit}`,
    promised: `≤ ${promised}${unit}`,
    held: value <= promised,
  };
}

/** How often something was tried, beside how often it was to be. A shorter soak tries less; that is no miss. */
export function tried(id: string, what: string, count: number, promised: number): Figure {
  return { id, what, value: String(count), promised: `${promised}${count < promised ? ": not reached" : ""}` };
}

/** A figure that must be just what is promised. */
export function exactly(id: string, what: string, value: number, promised: number): Figure {
  return { id, what, value: String(value), promised: String(promised), held: value === promised };
}

/** A limit of time: never sooner, and later by no more than what is allowed. */
export function between(id: string, what: string, ms: number, [fromMs, untilMs]: readonly [number, number]): Figure {
  return {
    id,
    what,
    value: `${ms.toFixed(0)} ms`,
    promised: `${fromMs.toFixed(0)} to ${untilMs.toFixed(0)} ms`,
    held: ms >= fromMs && ms <= untilMs,
  };
}

/** The value below which this share of the sorted values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
