// The bench's figures as tables for people.

import type { Change } from "./compare.ts";
import type { Pair, Row } from "./figures.ts";
import type { Outcome } from "./goals.ts";
import type { Metric } from "./samples.ts";

interface Column {
  readonly metric: Metric;
  readonly heading: string;
  readonly digits: number;
}

const COLUMNS: readonly Column[] = [
  { metric: "requestsPerSecond", heading: "req/s", digits: 0 },
  { metric: "cpuUs", heading: "CPU µs/req", digits: 0 },
  { metric: "cpuUsPerEvent", heading: "µs/event", digits: 1 },
  { metric: "p50Ms", heading: "p50 ms", digits: 2 },
  { metric: "p99Ms", heading: "p99 ms", digits: 2 },
  { metric: "firstByteMs", heading: "first byte ms", digits: 2 },
  { metric: "transitP50Ms", heading: "transit p50 ms", digits: 2 },
  { metric: "transitP99Ms", heading: "p99 ms", digits: 2 },
  { metric: "startMs", heading: "first answer ms", digits: 0 },
  { metric: "idleRssMb", heading: "idle MB", digits: 0 },
  { metric: "peakRssMb", heading: "RSS MB", digits: 0 },
  { metric: "kbPerStream", heading: "KB/stream", digits: 0 },
  { metric: "errors", heading: "errors", digits: 0 },
];
const NOTHING = "–";

export type Cells = readonly (readonly string[])[];

/** All rows, headings first; columns that hold nothing are left out. */
export function rowCells(rows: readonly Row[]): Cells {
  if (rows.length === 0) return [];
  const columns = COLUMNS.filter(({ metric }) => rows.some(({ figures }) => figures[metric] !== undefined));
  const cells = rows.map(({ scenario, target, figures, cpuRatio }) => [
    scenario,
    target,
    ...columns.map(({ metric, digits }) => figures[metric]?.toFixed(digits) ?? NOTHING),
    cpuRatio === undefined ? NOTHING : pair(cpuRatio),
  ]);
  return [["scenario", "target", ...columns.map(({ heading }) => heading), "CPU ratio (best)"], ...cells];
}

/** Our figure beside each goal. */
export function goalCells(outcomes: readonly Outcome[]): Cells {
  const cells = outcomes.map((outcome) => [outcome.what, pair(outcome.ours), limitOf(outcome), verdictOf(outcome)]);
  return [["goal", "ours (best)", "at most", ""], ...cells];
}

/** What became of each goal's figure. */
export function changeCells(changes: readonly Change[]): Cells {
  const cells = changes.map(({ what, before, now, worse }) => [
    what,
    pair(before),
    pair(now),
    before.median === 0 ? NOTHING : `${((now.median / before.median - 1) * 100).toFixed(0)} %`,
    worse ? "WORSE" : "",
  ]);
  return [["compared", "before (best)", "now (best)", "change", ""], ...cells];
}

/** For terminals: the first `leftColumns` are words, the rest numbers. */
export function toText(cells: Cells, leftColumns: number): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column < leftColumns ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return cells.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}

export function toMarkdown([headings = [], ...cells]: Cells): string {
  const line = (of: readonly string[]): string => `| ${of.join(" | ")} |`;
  return [line(headings), `|${"---|".repeat(headings.length)}`, ...cells.map(line)].join("\n");
}

function verdictOf({ met, stretch, ours }: Outcome): string {
  if (!met) return "NOT MET";
  return stretch !== undefined && Math.min(ours.median, ours.best) <= stretch ? "met, stretch too" : "met";
}

function limitOf({ allowed, share, kind, reference, stretch }: Outcome): string {
  const of = kind === "absolute" ? "" : kind === "ratio" ? ` × ${reference}` : ` over ${reference}`;
  const rest = stretch === undefined ? "" : `, stretch ${stretch}`;
  return `${number(allowed.median)}${share === undefined ? "" : ` (${number(allowed.best)})`}${of}${rest}`;
}

function pair({ median, best }: Pair): string {
  return `${number(median)} (${number(best)})`;
}

/** Two digits where they say something. */
function number(value: number): string {
  return Math.abs(value) >= 20 || value === 0 ? value.toFixed(0) : value.toFixed(2);
}
