// `npm run test:soak [-- --seconds 480 --streams 2000 --seed 1]`: holds, storms and restarts within ten minutes, then figures.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { hold } from "./hold.ts";
import { roll } from "./restarts.ts";
import { startRig, vitalsOf, type Figure, type Rig, type Vitals } from "./rig.ts";
import { leave, storm } from "./storms.ts";

/** Whatever is asked for, it ends by then. */
const LIMIT_S = 600;
const AT_ONCE = 64;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "420" },
    streams: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const seconds = Math.min(Number(values.seconds), LIMIT_S - 60);
const overdue = setTimeout(() => {
  process.stdout.write(`not over within ${LIMIT_S} s\n`);
  process.exit(1);
}, LIMIT_S * 1000);

/** Garbage is collected when there is need; what stays after the same work twice is what is kept. */
async function settled({ ready }: Rig): Promise<Vitals> {
  await sleep(6_000);
  return vitalsOf(ready);
}

function compare(before: Vitals, after: Vitals): Figure[] {
  return [
    {
      id: "BP-8",
      what: "heap before and after",
      value: `${before.heapMb.toFixed(0)} and ${after.heapMb.toFixed(0)} MB`,
    },
    {
      id: "BP-8",
      what: "RSS before and after",
      value: `${before.rssMb.toFixed(0)} and ${after.rssMb.toFixed(0)} MB`,
      held: after.rssMb <= before.rssMb * 1.5 + 50,
    },
    {
      id: "BP-8",
      what: "handles before and after",
      value: `${before.handles} and ${after.handles}`,
      held: after.handles <= before.handles + 10,
    },
    {
      id: "NP-5",
      what: "open files before and after",
      value: `${before.files} and ${after.files}`,
      held: after.files <= before.files + 10,
    },
  ];
}

function print(figures: readonly Figure[]): void {
  for (const { id, what, value, held } of figures) {
    const mark = held === undefined ? "      " : held ? "held  " : "MISSED";
    process.stdout.write(`${mark} ${id.padEnd(5)} ${what}: ${value}\n`);
  }
}

async function soak(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const add = (more: readonly Figure[]): void => {
    figures.push(...more);
    print(more);
  };
  process.stdout.write(`soak of about ${seconds} s, seed ${values.seed}\n`);
  {
    await using rig = await startRig({
      STREAM_IDLE_TIMEOUT_MS: "3000",
      FIRST_EVENT_TIMEOUT_MS: "3000",
      REQUEST_TIMEOUT_MS: "5000",
      UPSTREAM_BODY_MAX_BYTES: "2MB",
    });
    await storm(rig, AT_ONCE, seconds * 100, Number(values.seed));
    const before = await settled(rig);
    add(await leave(rig, 200));
    add(await storm(rig, AT_ONCE, seconds * 500, Number(values.seed) + 1));
    add(compare(before, await settled(rig)));
  }
  {
    await using rig = await startRig();
    add(await hold(rig, Number(values.streams), seconds * 150));
  }
  add(await roll(Math.max(2, Math.round(seconds / 40)), 100));
  return figures;
}

const figures = await soak();
clearTimeout(overdue);
const missed = figures.filter(({ held }) => held === false).length;
process.stdout.write(missed === 0 ? "all held\n" : `${missed} missed\n`);
process.exitCode = missed === 0 ? 0 : 1;
