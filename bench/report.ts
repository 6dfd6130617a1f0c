// The bench's figures as a table for people.

import type { Row } from "./figures.ts";
import type { StartFigures } from "./cold-start.ts";

const HEADINGS = ["scenario", "target", "req/s", "CPU µs/req", "µs/event", "p50 ms", "vs floor (minima)", "goal", ""];
/** Scenario and target are words; the rest are numbers. */
const LEFT_COLUMNS = 2;

/** The table of all rows, one line each. */
export function toTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.scenario,
    row.target,
    number(row.requestsPerSecond, 0),
    number(row.cpuUsPerRequest, 0),
    number(row.cpuUsPerEvent, 1),
    number(row.p50Ms, 2),
    Number.isNaN(row.ratio) ? "–" : `${row.ratio.toFixed(2)} (${number(row.ratioOfMinima, 2)})`,
    row.goal === undefined ? "" : `≤ ${row.goal.toFixed(2)}`,
    verdictOf(row),
  ]);
  return align([HEADINGS, ...cells]);
}

/** Cold starts and idle memory. */
export function toStartTable(figures: readonly StartFigures[]): string {
  const cells = figures.map(({ target, coldStartMs, idleRssBytes }) => [
    target,
    "",
    number(coldStartMs, 0),
    number(idleRssBytes / 1_000_000, 0),
  ]);
  return align([["target", "", "cold start ms", "idle RSS MB"], ...cells]);
}

function verdictOf({ goal, ratio }: Row): string {
  if (goal === undefined || Number.isNaN(ratio)) return "";
  return ratio <= goal ? "met" : "not met";
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "–";
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number): string =>
    column < LEFT_COLUMNS ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join("  ").trimEnd()).join("\n");
}
