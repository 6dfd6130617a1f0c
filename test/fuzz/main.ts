// `npm run fuzz [-- --seconds 60 --seed 1 --only FZ-1]`: tries fresh inputs of each target for so long, and keeps in test/corpus what breaks it.
// Without `--seconds` it is a minute, and longer where a promise names a number of inputs: until it is reached.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import fc from "fast-check";
import type { Target } from "./target.ts";
import { corpusOf, TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string" }, seed: { type: "string" }, only: { type: "string" } },
});
const seconds = Number(values.seconds ?? 60);
/** A million bodies take two minutes (measured); a machine that needs longer than this reaches fewer. */
const LONGEST_S = values.seconds === undefined ? 600 : seconds;
/** Inputs between two looks at the clock. */
const BATCH = 100;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs until the time is up or an input fails; whether all held. */
async function fuzz({ id, title, inputs, promised, open }: Target, firstSeed: number): Promise<boolean> {
  const startedMs = performance.now();
  await using opened = await open();
  let tried = 0;
  const goesOn = (): boolean => {
    const passedS = (performance.now() - startedMs) / 1000;
    return passedS < seconds || (passedS < LONGEST_S && tried < (promised ?? 0));
  };
  for (let seed = firstSeed; goesOn(); seed++) {
    const property = fc.asyncProperty(inputs, async (input) => {
      await opened.check(input);
    });
    const found = await fc.check(property, { numRuns: BATCH, seed });
    tried += found.numRuns;
    if (!found.failed) continue;
    const [input] = found.counterexample ?? [];
    say(`${id} FAILED after ${tried} inputs, seed ${seed}: ${fc.defaultReportMessage(found)}`);
    say(`${id} kept as ${keep(id, input, String(found.errorInstance))}`);
    return false;
  }
  const of = promised === undefined ? "" : ` of ${promised} promised${tried < promised ? " (not reached)" : ""}`;
  say(`${id} held for ${tried} inputs${of}, seeds from ${firstSeed}: ${title}`);
  return true;
}

function keep(id: string, input: unknown, broke: string): string {
  const text = JSON.stringify({ broke: broke.split("\n", 1)[0], input }, undefined, 2);
  const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.json`;
  mkdirSync(corpusOf(id), { recursive: true });
  writeFileSync(new URL(name, corpusOf(id)), `${text}\n`);
  return `test/corpus/${id}/${name}`;
}

const chosen = TARGETS.filter(({ id }) => values.only === undefined || values.only === id);
const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
let held = chosen.length > 0;
for (const one of chosen) held = (await fuzz(one, seed)) && held;
process.exitCode = held ? 0 : 1;
