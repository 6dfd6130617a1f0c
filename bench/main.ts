// `npm run bench`: the gateway against a floor, a pass-through and the mock itself, in one interleaved run on this machine.

import { readFile, writeFile } from "node:fs/promises";
import { cpus, platform } from "node:os";
import { performance } from "node:perf_hooks";
import { readChoice, type Choice } from "./choice.ts";
import { compare } from "./compare.ts";
import { toRows } from "./figures.ts";
import { judge } from "./goals.ts";
import { measureAll, profileAll } from "./measure.ts";
import { canPin, pinSelf } from "./processes.ts";
import { functionCells, placeCells, type Shares } from "./profile.ts";
import { changeCells, goalCells, rowCells, toText } from "./report.ts";
import { toJson, type RunRecord } from "./run-record.ts";
import type { Sample } from "./samples.ts";

/** Prints everything, writes what is asked for. Returns whether nothing has worsened. */
async function report(choice: Choice, samples: readonly Sample[]): Promise<boolean> {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "", cores: cpus().length, pinned: canPin };
  const { rounds, slowRounds, measureMs, logLevel } = choice;
  const record: RunRecord = {
    machine,
    rounds,
    slowRounds,
    measureMs,
    logLevel,
    rows: toRows(samples, choice.scenarios),
    outcomes: judge(samples),
  };
  const isApart = new Set(choice.scenarios.filter(({ fresh }) => fresh).map(({ name }) => name));
  const pinning = canPin ? "target on a core of its own" : "NOT pinned: figures are mixed with load client and mock";
  console.log(`\nNode ${machine.node}, ${machine.cores} × ${machine.cpu}, ${pinning}`);
  console.log(`${rounds} rounds of ${measureMs} ms, gateway at log level ${logLevel}\n`);
  const tables = [
    toText(rowCells(record.rows.filter(({ scenario }) => !isApart.has(scenario))), 2),
    toText(rowCells(record.rows.filter(({ scenario }) => isApart.has(scenario))), 2),
    toText(goalCells(record.outcomes), 1),
  ];
  for (const table of tables) if (table !== "") console.log(`${table}\n`);
  if (choice.jsonFile !== undefined) await writeFile(choice.jsonFile, toJson(record));
  if (choice.baselineFile === undefined) return true;
  const baseline = JSON.parse(await readFile(choice.baselineFile, "utf8")) as RunRecord;
  const changes = compare(baseline.outcomes, record.outcomes);
  console.log(toText(changeCells(changes), 1));
  return !changes.some(({ worse }) => worse);
}

function reportProfiles(profiles: readonly [string, Shares][]): void {
  console.log(toText(placeCells(profiles), 1));
  for (const [heading, shares] of profiles) console.log(`\n${heading}\n${toText(functionCells(shares), 1)}`);
}

function progress(text: string): void {
  console.error(`${(performance.now() / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}

if (platform() !== "linux") throw new Error("the bench reads CPU time from /proc and runs on Linux only");
const choice = readChoice();
pinSelf();
if (choice.profile) reportProfiles(await profileAll(choice, progress));
else if (!(await report(choice, await measureAll(choice, progress)))) process.exitCode = 1;
