// What a gateway in a process of its own tells of itself, and what a piece of work costs it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Ready } from "./program.ts";

/** One look at its metrics. */
export interface Vitals {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly cpuS: number;
  /** p99 of the event loop's delay since the last look, in milliseconds. */
  readonly loopMs: number;
  readonly handles: number;
  readonly files: number;
  readonly active: number;
  /** The most series that one metric has. */
  readonly series: number;
  /** Calls that ended, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export async function vitalsOf({ http }: Ready): Promise<Vitals> {
  const page = await (await fetch(`${http}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^gemini_gateway_${name} (\\S+)`, "m").exec(page)?.[1] ?? NaN);
  const outcomes: Record<string, number> = {};
  for (const [, outcome = "", count] of page.matchAll(/requests_total\{[^}]*outcome="([^"]+)"[^}]*\} (\d+)/g)) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + Number(count);
  }
  const names = [...page.matchAll(/^(\w+)\{/gm)].map(([, name = ""]) => name);
  const running = [...page.matchAll(/requests_active\{[^}]*\} (\d+)/g)];
  return {
    rssMb: read("process_resident_memory_bytes") / 1e6,
    heapMb: read("process_heap_used_bytes") / 1e6,
    loopMs: read("event_loop_delay_p99_seconds") * 1000,
    cpuS: read("process_cpu_seconds_total"),
    handles: read("process_active_resources"),
    files: read("process_open_fds"),
    active: running.reduce((sum, [, count]) => sum + Number(count), 0),
    series: Math.max(...Object.values(Object.groupBy(names, (name) => name)).map((all) => all?.length ?? 0)),
    outcomes,
  };
}

const IDLE_MS = 10_000;

/** Looks so often until no call runs any more, at most ten seconds. */
export async function untilIdle(ready: Ready, everyMs = 25): Promise<Vitals> {
  const untilMs = performance.now() + IDLE_MS;
  let vitals = await vitalsOf(ready);
  while (vitals.active > 0 && performance.now() < untilMs) {
    await sleep(everyMs);
    vitals = await vitalsOf(ready);
  }
  return vitals;
}

export interface Costs {
  /** The most memory at any moment, above that of before. */
  readonly grownMb: number;
  readonly cpuS: number;
  /** The longest that somebody else waited for an answer; what this process does meanwhile is in it. */
  readonly waitMs: number;
  /** The longest that the gateway's loop was held, by its own measure. */
  readonly heldMs: number;
}

/** Looks at the gateway again and again while work is done. */
export async function costsOf(ready: Ready, work: () => Promise<unknown>): Promise<Costs> {
  const before = await vitalsOf(ready);
  let mostMb = before.rssMb;
  let [waitMs, heldMs] = [0, 0];
  let runs = true;
  const looking = (async () => {
    while (runs) {
      const startedMs = performance.now();
      const { rssMb, loopMs } = await vitalsOf(ready);
      mostMb = Math.max(mostMb, rssMb);
      // So few samples lie between two looks that p99 is the largest.
      heldMs = Math.max(heldMs, loopMs);
      waitMs = Math.max(waitMs, performance.now() - startedMs);
      await sleep(5);
    }
  })();
  try {
    await work();
  } finally {
    runs = false;
    await looking;
  }
  return { grownMb: mostMb - before.rssMb, cpuS: (await vitalsOf(ready)).cpuS - before.cpuS, waitMs, heldMs };
}
