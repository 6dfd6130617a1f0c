// `npm run bench`: the gateway against a floor, a pass-through and the mock itself, in one interleaved run on this machine.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureStarts, type StartFigures } from "./cold-start.ts";
import { toRows } from "./figures.ts";
import { canPin, pinSelf, startServer } from "./processes.ts";
import { toStartTable, toTable } from "./report.ts";
import { runRounds, type Plan, type Sample } from "./rounds.ts";
import { scenarios, type Scenario } from "./scenarios.ts";
import { directTarget, startTarget, targetNames, type Target, type TargetName, type TargetSetting } from "./targets.ts";
import { verify } from "./verify.ts";

const USAGE = `node bench/main.ts [options]
  --rounds N        measured rounds (5; 3 with --quick)
  --scenario A,B    only these: ${scenarios.map(({ name }) => name).join(", ")}
  --all             the media scenarios too (some 2 minutes more)
  --targets A,B     only these: ${targetNames.join(", ")}
  --quick           short windows: a look, no figures to quote
  --log-level L     of the gateway (info)
  --json FILE       also write all samples there
Ratios are CPU per request against the floor of the same round, their median, in brackets the ratio of the minima.`;

const OPTIONS = {
  rounds: { type: "string" },
  scenario: { type: "string" },
  targets: { type: "string" },
  all: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  "log-level": { type: "string", default: "info" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const MEASURE_MS = 1_200;
const QUICK_MEASURE_MS = 400;
const STARTS = 5;
const QUICK_STARTS = 3;

interface Choice {
  readonly rounds: number;
  readonly measureMs: number;
  readonly starts: number;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly TargetName[];
  readonly logLevel: string;
  readonly jsonFile: string | undefined;
}

function readChoice(): Choice {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const { quick, scenario, all } = values;
  const rounds = Number(values.rounds ?? (quick ? 3 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("--rounds needs a whole number from 1");
  const chosen =
    scenario === undefined ? scenarios.filter(({ heavy }) => all || !heavy) : pick(scenarios, scenario, byName);
  return {
    rounds,
    measureMs: quick ? QUICK_MEASURE_MS : MEASURE_MS,
    starts: quick ? QUICK_STARTS : STARTS,
    scenarios: chosen,
    targets: values.targets === undefined ? targetNames : pick(targetNames, values.targets, (name) => name),
    logLevel: values["log-level"],
    jsonFile: values.json,
  };
}

function byName({ name }: Scenario): string {
  return name;
}

function pick<T>(from: readonly T[], wanted: string, nameOf: (item: T) => string): T[] {
  return wanted.split(",").map((name) => {
    const found = from.find((item) => nameOf(item) === name);
    if (found === undefined) throw new Error(`no ${name}; there are ${from.map(nameOf).join(", ")}`);
    return found;
  });
}

async function run(choice: Choice): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "gateway-bench-"));
  resources.defer(() => rm(directory, { recursive: true }));
  const mock = resources.use(await startServer(join(import.meta.dirname, "targets/mock.ts"), "load", {}));
  const setting: TargetSetting = { mockAddress: mock.addresses[0] ?? "", directory, logLevel: choice.logLevel };

  const starts: StartFigures[] = [];
  for (const name of choice.targets) {
    progress(`starting ${name}`);
    if (name !== "direct") starts.push(await measureStarts(name, setting, choice.starts));
  }
  const targets: Target[] = [];
  for (const name of choice.targets) {
    if (name === "direct") targets.push(directTarget(setting.mockAddress));
    else {
      const { target, process } = await startTarget(name, setting);
      resources.use(process);
      targets.push(target);
      await verify(target);
    }
  }
  const plan: Plan = { ...choice, targets };
  await report(choice, starts, await runRounds(plan, progress));
}

async function report(choice: Choice, starts: readonly StartFigures[], samples: readonly Sample[]): Promise<void> {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "", cores: cpus().length, pinned: canPin };
  const rows = toRows(samples, choice.scenarios, choice.targets);
  const pinning = canPin ? "target on a core of its own" : "NOT pinned: figures are mixed with load client and mock";
  console.log(`\nNode ${machine.node}, ${machine.cores} × ${machine.cpu}, ${pinning}`);
  console.log(`${choice.rounds} rounds of ${choice.measureMs} ms, gateway at log level ${choice.logLevel}\n`);
  console.log(toTable(rows));
  console.log(`\n${toStartTable(starts)}`);
  if (choice.jsonFile === undefined) return;
  const { rounds, measureMs, logLevel } = choice;
  await writeFile(
    choice.jsonFile,
    `${JSON.stringify({ machine, rounds, measureMs, logLevel, rows, starts, samples }, null, 2)}\n`,
  );
}

function progress(text: string): void {
  console.error(text);
}

if (platform() !== "linux") throw new Error("the bench reads CPU time from /proc and runs on Linux only");
const choice = readChoice();
pinSelf();
await run(choice);
