// `npm run test:soak [-- --seconds 480 --streams 5000 --seed 1 --only storm]`: the promises at their full counts within ten minutes.
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { vitalsOf, type Vitals } from "../process/vitals.ts";
import * as bodies from "./bodies.ts";
import { crash, drain, kill } from "./ends.ts";
import { atMost, type Figure } from "./figures.ts";
import * as floods from "./floods.ts";
import { hold, pass } from "./hold.ts";
import { leave, leaveFar } from "./leavers.ts";
import * as limits from "./limits.ts";
import { many } from "./many.ts";
import { wait } from "./patience.ts";
import * as readers from "./readers.ts";
import { roll } from "./restarts.ts";
import { startRig, type Rig } from "./rig.ts";
import { clean } from "./schemas.ts";
import { late, storm } from "./storms.ts";

/** Whatever is asked for, it ends by then. */
const LIMIT_S = 600;
/** With this all counts are reached that two cores can reach; a shorter soak tries as much less. */
const FULL_S = 480;
const AT_ONCE = 96;
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
  LOG_LEVEL: "info",
};

async function on(
  work: (rig: Rig) => Promise<Figure[]>,
  env: Readonly<Record<string, string>> = {},
): Promise<Figure[]> {
  await using rig = await startRig(env);
  return await work(rig);
}

async function storms(rig: Rig): Promise<Figure[]> {
  await storm(rig, { atOnce: AT_ONCE, share: share / 5, limitMs: seconds * 50, seed });
  const before = await settled(rig);
  const figures = await storm(rig, { atOnce: AT_ONCE, share, limitMs: seconds * 250, seed: seed + 1 });
  return [...figures, ...compare(before, await settled(rig))];
}

async function requests(rig: Rig): Promise<Figure[]> {
  await many(rig, part(20_000));
  const before = await settled(rig);
  return [...(await many(rig, part(100_000))), ...compare(before, await settled(rig))];
}

type Parts = Readonly<Record<string, () => Promise<Figure[]>>>;

/** What mostly waits, and leaves the machine to the others. */
const throughout: Parts = {
  patience: () => wait(isFull ? {} : { keepAliveMs: 2_000, stallMs: 5_000 }),
  drain: () => drain(isFull ? undefined : 4_000),
  crash,
  times: () => on(limits.times, limits.TIMES),
  fetches: () => on(limits.fetches, { MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" }),
};

/** One after the other, so that none disturbs the figures of another. */
const inTurn: Parts = {
  leave: () => on((rig) => leave(rig, part(100)), { MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" }),
  far: () => on((rig) => leaveFar(rig, 50)),
  late: () => on((rig) => late(rig, part(200))),
  schemas: async () => clean(),
  pass: () => on((rig) => pass(rig, seconds * 15)),
  roll: () => roll(Math.max(2, part(20)), 100),
  storm: () => on(storms, impatient),
  requests: () => on(requests),
  frames: () => on((rig) => floods.frames(rig, part(1_500))),
  calls: () => on((rig) => floods.calls(rig, part(20_000))),
  readers: () => on(async (rig) => [...(await readers.hold(rig)), ...(await readers.abandon(rig, part(1_000)))]),
  hold: () => on((rig) => hold(rig, Number(values.streams ?? part(5_000)), 10_000)),
  sizes: () => on(limits.sizes, { UPSTREAM_BODY_MAX_BYTES: "256MiB" }),
  bomb: () => on(bodies.bomb),
  picture: () => on(bodies.picture),
  bodies: () => on(bodies.worst),
  crowd: () => on((rig) => bodies.flood(rig, part(200))),
  kill: () => kill(Math.max(2, part(200)), seed),
};

function print(figures: readonly Figure[]): void {
  for (const { id, what, value, promised, held } of figures) {
    const mark = held === undefined ? "      " : held ? "held  " : "MISSED";
    const beside = promised === undefined ? "" : ` (promised ${promised})`;
    process.stdout.write(`${mark} ${id.padEnd(5)} ${what}: ${value}${beside}\n`);
  }
}

const isChosen = ([name]: readonly [string, unknown]): boolean => values.only?.split(",").includes(name) ?? true;

/** How many promises a part missed. One that fails has missed one, and the others go on. */
async function run([name, work]: [string, Parts[string]]): Promise<number> {
  const startedMs = performance.now();
  const figures = await work().catch((error: Error): Figure[] => [
    { id: "–", what: `${name} was not over`, value: String(error.stack), promised: "an end", held: false },
  ]);
  print(figures);
  process.stdout.write(`       (${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s)\n`);
  return figures.filter(({ held }) => held === false).length;
}

const overdue = setTimeout(() => {
  process.stdout.write(`not over within ${LIMIT_S} s\n`);
  process.exit(1);
}, LIMIT_S * 1000);
process.stdout.write(`soak of about ${seconds} s, seed ${seed}\n`);
const waiting = Object.entries(throughout).filter(isChosen).map(run);
let missed = 0;
for (const one of Object.entries(inTurn).filter(isChosen)) missed += await run(one);
for (const more of await Promise.all(waiting)) missed += more;
clearTimeout(overdue);
process.stdout.write(missed === 0 ? "all held\n" : `${missed} missed\n`);
process.exitCode = missed === 0 ? 0 : 1;
