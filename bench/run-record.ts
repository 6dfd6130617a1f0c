// A run as it is kept: what `--json` writes, `--compare` reads and docs/performance.md shows.

import type { Row } from "./figures.ts";
import type { Outcome } from "./goals.ts";

export interface RunRecord {
  readonly machine: {
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    /** Whether the target had a core of its own. */
    readonly pinned: boolean;
  };
  readonly rounds: number;
  readonly slowRounds: number;
  readonly measureMs: number;
  readonly logLevel: string;
  readonly rows: readonly Row[];
  readonly outcomes: readonly Outcome[];
}

/** More digits than four say nothing, and make every diff large. */
const DIGITS = 4;

export function toJson(record: RunRecord): string {
  const round = (_key: string, value: unknown): unknown =>
    typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  return `${JSON.stringify(record, round, 2)}\n`;
}
