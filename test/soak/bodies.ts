// Soak: the worst bodies at their full size, one by one, and more of them at once than there is memory for.
import { setTimeout as sleep } from "node:timers/promises";
import { chatRequest, upload } from "../facade/raw.ts";
import { jsonAnswer, textChunk } from "../support/faulty-gemini.ts";
import { worstBodies } from "../support/worst-bodies.ts";
import { atMost, LICENCE, tried, untilIdle, vitalsOf, type Figure, type Rig } from "./rig.ts";

const MIB = 1_048_576;
const CHARACTERS = 20_000_000;
const AT_ONCE = 200;
/** The memory for all bodies together, and what else a process needs beside them. */
const BUFFERED_MIB = 512;

async function post({ ready }: Rig, body: Buffer): Promise<number> {
  const response = await fetch(`${ready.http}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: LICENCE, "content-type": "application/json" },
    body: body as BodyInit,
  });
  await response.text();
  return response.status;
}

/** Looks at the gateway while work is done: its highest memory, and the longest wait of somebody else. */
async function watch(
  { ready }: Rig,
  work: () => Promise<unknown>,
): Promise<{ grownMib: number; cpuS: number; waitMs: number }> {
  const before = await untilIdle(ready);
  let mostMb = before.rssMb;
  let waitMs = 0;
  let runs = true;
  const looking = (async () => {
    while (runs) {
      const startedMs = performance.now();
      mostMb = Math.max(mostMb, (await vitalsOf(ready)).rssMb);
      waitMs = Math.max(waitMs, performance.now() - startedMs);
      await sleep(5);
    }
  })();
  await work();
  runs = false;
  await looking;
  const after = await vitalsOf(ready);
  return { grownMib: ((mostMb - before.rssMb) * 1e6) / MIB, cpuS: after.cpuS - before.cpuS, waitMs };
}

/** Each kind of body once: the worst of each figure, with its name. */
export async function worst(rig: Rig): Promise<Figure[]> {
  rig.gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const costs = { memory: [0, ""], cpu: [0, ""], wait: [0, ""] } as Record<string, [number, string]>;
  const note = (kind: string, value: number, title: string): void => {
    if (value > (costs[kind]?.[0] ?? 0)) costs[kind] = [value, title];
  };
  for (const [title, make] of worstBodies(CHARACTERS)) {
    const body = Buffer.from(make());
    // Once before: what a process takes the first time it does a thing is not the body's.
    await post(rig, body);
    const { grownMib, cpuS, waitMs } = await watch(rig, () => post(rig, body));
    // A short body that is costly to judge counts as one of 20 MB would.
    note("memory", (grownMib - 8) / (Math.max(body.length, CHARACTERS) / MIB), title);
    note("cpu", cpuS / Math.max(1, body.length / CHARACTERS), title);
    note("wait", waitMs, title);
  }
  const figure = (id: string, what: string, kind: string, promised: number, unit: string): Figure => {
    const [value, title] = costs[kind] ?? [Number.NaN, ""];
    return atMost(id, `${what}: ${title}`, value, promised, unit);
  };
  return [
    figure("BP-6", "most memory beyond 8 MiB, of a body of 20 MB", "memory", 4, " × its size"),
    figure("BP-6", "most CPU for 20 MB", "cpu", 1, " s"),
    figure("BP-7", "longest wait of another while a body of 20 MB is read", "wait", 200, " ms"),
  ];
}

/** More at once than may be in memory: some are served, the rest is refused at once. */
export async function flood(rig: Rig, count: number): Promise<Figure[]> {
  rig.gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const body = Buffer.from(
    `{"model":"gemini-3.8-flash","messages":[{"role":"user","content":"${"x".repeat(CHARACTERS)}"}]}`,
  );
  const requestHead = chatRequest("", { authorization: LICENCE, "content-length": body.length });
  const statuses: Record<string, number> = {};
  let slowestMs = 0;
  let withoutAdvice = 0;
  const send = async (): Promise<void> => {
    const startedMs = performance.now();
    const answer = await upload(rig.ready.http, requestHead, body);
    const status = answer?.status ?? "none";
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status !== 503) return;
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    if (answer?.headers["retry-after"] === undefined) withoutAdvice++;
  };
  const { grownMib } = await watch(rig, () => Promise.all(Array.from({ length: count }, send)));
  const { 200: answered = 0, 503: refused = 0 } = statuses;
  return [
    tried("BP-5", "bodies of 20 MB at once", count, AT_ONCE),
    atMost("BP-5", `most memory with these (${JSON.stringify(statuses)})`, grownMib, 4 * BUFFERED_MIB, " MiB"),
    atMost("BP-5", "answers that were neither 200 nor 503", count - answered - refused, 0),
    atMost("BP-5", "503 without Retry-After", withoutAdvice, 0),
    { id: "BP-5", what: "longest wait for a 503", value: `${slowestMs.toFixed(0)} ms` },
    atMost("BP-5", "calls still running afterwards", (await untilIdle(rig.ready)).active, 0),
  ];
}
