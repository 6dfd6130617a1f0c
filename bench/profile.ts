// Where the gateway's CPU goes: a V8 profile of one scenario, summed by package and folder, and its costliest functions.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadClient } from "./load-client.ts";
import type { Cells } from "./report.ts";
import type { Scenario } from "./scenarios.ts";
import { startTarget, type StartedName, type TargetSetting } from "./targets.ts";

/** What is read of V8's `.cpuprofile`. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds between a sample and the one before it. */
  readonly timeDeltas: readonly number[];
}

/** Where the CPU was, most of it first; shares of the busy time. */
export interface Shares {
  readonly places: readonly (readonly [place: string, share: number])[];
  readonly functions: readonly (readonly [name: string, share: number])[];
}

const WARM_UP_MS = 2_000;
const MEASURE_MS = 4_000;
const MOST_PLACES = 14;
const MOST_FUNCTIONS = 14;
const US_PER_MS = 1_000;
const IDLE = new Set(["(idle)", "(root)"]);

/** Profiles a new process under load; its start and the warm-up do not count. */
export async function profile(
  client: LoadClient,
  scenario: Scenario,
  name: StartedName,
  setting: TargetSetting,
): Promise<Shares> {
  const directory = join(setting.directory, `profile-${scenario.name}-${name}`);
  const nodeOptions = `--cpu-prof --cpu-prof-dir=${directory}`;
  let skippedMs = WARM_UP_MS;
  {
    const { target, process } = await startTarget(name, { ...setting, nodeOptions });
    await using _ = process;
    skippedMs += process.startMs;
    const { firstBad } = await client.measure(scenario, target, WARM_UP_MS, MEASURE_MS);
    if (firstBad !== undefined) throw new Error(`void: a bad answer of ${name} in ${scenario.name}: ${firstBad}`);
  }
  const [file] = await readdir(directory);
  if (file === undefined) throw new Error(`${name} left no profile`);
  return toShares(JSON.parse(await readFile(join(directory, file), "utf8")) as CpuProfile, skippedMs);
}

/** Sums up what was sampled after the first `skippedMs`. */
export function toShares({ nodes, samples, timeDeltas }: CpuProfile, skippedMs: number): Shares {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let elapsedUs = 0;
  let busyUs = 0;
  for (const [at, id] of samples.entries()) {
    // A sample holds until the next one.
    elapsedUs += timeDeltas[at] ?? 0;
    const durationUs = timeDeltas[at + 1] ?? 0;
    const { functionName = "", url = "", lineNumber = 0 } = frames.get(id) ?? {};
    if (IDLE.has(functionName) || elapsedUs < skippedMs * US_PER_MS) continue;
    busyUs += durationUs;
    const place = placeOf(functionName, url);
    const line = url === "" ? "" : ` ${place} ${url.split("/").at(-1)}:${lineNumber + 1}`;
    add(places, place, durationUs);
    add(functions, `${functionName || "(anonymous)"}${line}`, durationUs);
  }
  return { places: toSorted(places, busyUs), functions: toSorted(functions, busyUs) };
}

/** One column for each profile. */
export function placeCells(profiles: readonly (readonly [heading: string, shares: Shares])[]): Cells {
  const totals = new Map<string, number>();
  for (const [, { places }] of profiles) {
    for (const [place, share] of places) totals.set(place, (totals.get(place) ?? 0) + share);
  }
  const shown = [...totals].toSorted(([, a], [, b]) => b - a).slice(0, MOST_PLACES);
  const columns = profiles.map(([, { places }]) => new Map(places));
  const cells = shown.map(([place]) => [place, ...columns.map((shares) => percent(shares.get(place) ?? 0))]);
  return [["where", ...profiles.map(([heading]) => heading)], ...cells];
}

export function functionCells({ functions }: Shares): Cells {
  return [["function", "share"], ...functions.slice(0, MOST_FUNCTIONS).map(([name, share]) => [name, percent(share)])];
}

function placeOf(functionName: string, url: string): string {
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  if (url.startsWith("node:")) return "Node's modules";
  const folder = /\/(src|bench)\/(?:([^/]+)\/)?/.exec(url);
  if (folder !== null) return folder[2] === undefined ? `${folder[1]}` : `${folder[1]}/${folder[2]}`;
  return functionName.startsWith("(") ? functionName : "V8 and native";
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function toSorted(sums: ReadonlyMap<string, number>, all: number): [string, number][] {
  return [...sums].map(([name, sum]): [string, number] => [name, sum / all]).toSorted(([, a], [, b]) => b - a);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
