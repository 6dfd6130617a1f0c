// What a run is asked to do, from the command line.

import { parseArgs } from "node:util";
import { scenarios, targetNames, type Scenario, type TargetName } from "./scenarios.ts";

const USAGE = `node bench/main.ts [options]
  --rounds N        measured rounds (7; 2 with --quick); slow streams take a third of them
  --scenario A,B    only these: ${scenarios.map(({ name }) => name).join(", ")}
  --targets A,B     only these: ${targetNames.join(", ")}
  --quick           short windows: a look, no figures to quote
  --profile         no figures, but where the CPU goes: --scenario and --targets as above, by default unary and s50 of the gateway
  --log-level L     of the gateway (info)
  --json FILE       also write rows and goals there
  --compare FILE    print the change of each goal's figure since that run; exit code 1 when one is worse by more than 10 %
CPU ratios are per request, to the floor (gRPC: to connect-node) in the same round: their median, in brackets the ratio of the
lowest. A goal is missed only when both exceed it.`;

const OPTIONS = {
  rounds: { type: "string" },
  scenario: { type: "string" },
  targets: { type: "string" },
  quick: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
  "log-level": { type: "string", default: "info" },
  json: { type: "string" },
  compare: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const DEFAULTS = { rounds: 7, measureMs: 2_000, preWarmMs: 3_000 };
const QUICK = { rounds: 2, measureMs: 400, preWarmMs: 1_000 };
/** A round of slow streams takes as long as all others together. */
const SLOW_SHARE = 3;

export interface Choice {
  readonly rounds: number;
  readonly slowRounds: number;
  readonly measureMs: number;
  readonly preWarmMs: number;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly TargetName[];
  readonly profile: boolean;
  readonly logLevel: string;
  readonly jsonFile: string | undefined;
  readonly baselineFile: string | undefined;
}

/** Prints the usage and ends the process when asked to; throws on what it does not know. */
export function readChoice(): Choice {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const defaults = values.quick ? QUICK : DEFAULTS;
  const rounds = Number(values.rounds ?? defaults.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("--rounds needs a whole number from 1");
  const scenarioNames = values.scenario ?? (values.profile ? "unary,s50" : undefined);
  const names = values.targets ?? (values.profile ? "gateway" : undefined);
  return {
    ...defaults,
    rounds,
    slowRounds: Math.ceil(rounds / SLOW_SHARE),
    scenarios: scenarioNames === undefined ? scenarios : pick(scenarios, scenarioNames, ({ name }) => name),
    targets: names === undefined ? targetNames : pick(targetNames, names, (name) => name),
    profile: values.profile,
    logLevel: values["log-level"],
    jsonFile: values.json,
    baselineFile: values.compare,
  };
}

function pick<T>(from: readonly T[], wanted: string, nameOf: (item: T) => string): T[] {
  return wanted.split(",").map((name) => {
    const found = from.find((item) => nameOf(item) === name);
    if (found === undefined) throw new Error(`no ${name}; there are ${from.map(nameOf).join(", ")}`);
    return found;
  });
}
