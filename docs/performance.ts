// The figures of docs/performance.md: written between its markers from the run that is kept in bench/baseline.json.
import { goalCells, rowCells, toMarkdown } from "../bench/report.ts";
import type { RunRecord } from "../bench/run-record.ts";

const BEGIN = "<!-- Written by docs/render.ts from bench/baseline.json. Do not edit. -->";
const END = "<!-- End of what is written. -->";

/** The document with the figures of this run. Throws when it has no place for them. */
export function withFigures(document: string, record: RunRecord): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("docs/performance.md has lost the markers of its figures");
  return `${document.slice(0, begin)}${BEGIN}\n\n${toFigures(record)}\n\n${document.slice(end)}`;
}

function toFigures({ machine, rounds, slowRounds, measureMs, rows, outcomes }: RunRecord): string {
  const { node, cpu, cores, pinned } = machine;
  return `Node ${node}, ${cores} × ${cpu}, ${pinned ? "gateway on a core of its own" : "nothing pinned"}; ${rounds} rounds of ${measureMs} ms, slow streams in ${slowRounds}. \`Ours\` is
the median over the rounds, in brackets what the best rounds give.

${toMarkdown(goalCells(outcomes))}

All that was measured:

${toMarkdown(rowCells(rows))}`;
}
