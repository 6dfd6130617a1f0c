// `npm run test:soak [-- --seconds 480 --streams 5000 --seed 1 --only storm]`: the promises at their full counts within ten minutes.
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import * as bodies from "./bodies.ts";
import { drain, kill } from "./ends.ts";
import { flood } from "./floods.ts";
import { hold, pass } from "./hold.ts";
import { many } from "./many.ts";
import { wait } from "./patience.ts";
import * as readers from "./readers.ts";
import { roll } from "./restarts.ts";
import { atMost, startRig, vitalsOf, type Figure, type Rig, type Vitals } from "./rig.ts";
import { late, leave, storm } from "./storms.ts";

/** Whatever is asked for, it ends by then. */
const LIMIT_S = 600;
/** With this all counts are reached that two cores can reach; a shorter soak tries as much less. */
const FULL_S = 480;
const AT_ONCE = 64;
/** Connections of callers and to Gemini that may be kept alive: they come and go, and thousands of requests share them. */
const KEPT_ALIVE = 2 * AT_ONCE;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: String(FULL_S) },
    streams: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
    only: { type: "string" },
  },
});
const seconds = Math.min(Number(values.seconds), LIMIT_S - 60);
const share = Math.min(1, seconds / FULL_S);
const seed = Number(values.seed);
const isFull = share >= 0.5;

/** So many of what is promised as this soak has time for. */
const part = (promised: number): number => Math.max(1, Math.round(promised * share));

/** Garbage is collected when there is need; what stays after the same work twice is what is kept. */
async function settled({ ready }: Rig): Promise<Vitals> {
  await sleep(6_000);
  return vitalsOf(ready);
}

function compare(before: Vitals, after: Vitals): Figure[] {
  const from = (value: number): string => `, before ${value.toFixed(0)}`;
  return [
    { id: "BP-8", what: `heap after${from(before.heapMb)}`, value: `${after.heapMb.toFixed(0)} MB` },
    atMost("BP-8", `RSS after${from(before.rssMb)}`, after.rssMb, Math.round(before.rssMb * 1.5 + 50), " MB"),
    atMost("NP-7", `handles after${from(before.handles)}`, after.handles, before.handles + KEPT_ALIVE),
    atMost("NP-5", `open files after${from(before.files)}`, after.files, before.files + KEPT_ALIVE),
  ];
}

const impatient = {
  STREAM_IDLE_TIMEOUT_MS: "3000",
  FIRST_EVENT_TIMEOUT_MS: "3000",
  REQUEST_TIMEOUT_MS: "5000",
  UPSTREAM_BODY_MAX_BYTES: "2MB",
};

async function on(
  work: (rig: Rig) => Promise<Figure[]>,
  env: Readonly<Record<string, string>> = {},
): Promise<Figure[]> {
  await using rig = await startRig(env);
  return await work(rig);
}

async function storms(rig: Rig): Promise<Figure[]> {
  await storm(rig, AT_ONCE, seconds * 40, seed);
  const before = await settled(rig);
  return [...(await storm(rig, AT_ONCE, seconds * 200, seed + 1)), ...compare(before, await settled(rig))];
}

async function requests(rig: Rig): Promise<Figure[]> {
  await many(rig, seconds * 20);
  const before = await settled(rig);
  return [...(await many(rig, seconds * 140)), ...compare(before, await settled(rig))];
}

/** The parts by name, in the order they run. */
const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  storm: () => on(storms, impatient),
  requests: () => on(requests),
  leave: () => on((rig) => leave(rig, part(100))),
  late: () => on((rig) => late(rig, part(200))),
  readers: () => on(async (rig) => [...(await readers.hold(rig)), ...(await readers.abandon(rig, part(1_000)))]),
  pass: () => on((rig) => pass(rig, seconds * 15)),
  hold: () => on((rig) => hold(rig, Number(values.streams ?? part(5_000)), 10_000)),
  bodies: () => on((rig) => bodies.worst(rig)),
  crowd: () => on((rig) => bodies.flood(rig, part(200))),
  floods: () => on((rig) => flood(rig, seconds * 12)),
  patience: () => wait(isFull ? {} : { keepAliveMs: 2_000, stallMs: 5_000 }),
  drain: () => drain(isFull ? undefined : 4_000),
  roll: () => roll(Math.max(2, part(20)), 100),
  kill: () => kill(Math.max(2, part(20)), seed),
};

function print(figures: readonly Figure[]): void {
  for (const { id, what, value, promised, held } of figures) {
    const mark = held === undefined ? "      " : held ? "held  " : "MISSED";
    const beside = promised === undefined ? "" : ` (promised ${promised})`;
    process.stdout.write(`${mark} ${id.padEnd(5)} ${what}: ${value}${beside}\n`);
  }
}

const overdue = setTimeout(() => {
  process.stdout.write(`not over within ${LIMIT_S} s\n`);
  process.exit(1);
}, LIMIT_S * 1000);
process.stdout.write(`soak of about ${seconds} s, seed ${seed}\n`);
let missed = 0;
for (const [name, run] of Object.entries(parts)) {
  if (values.only !== undefined && !values.only.split(",").includes(name)) continue;
  const startedMs = performance.now();
  const figures = await run();
  print(figures);
  process.stdout.write(`       (${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s)\n`);
  missed += figures.filter(({ held }) => held === false).length;
}
clearTimeout(overdue);
process.stdout.write(missed === 0 ? "all held\n" : `${missed} missed\n`);
process.exitCode = missed === 0 ? 0 : 1;
