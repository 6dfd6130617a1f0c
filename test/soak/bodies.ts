// Soak: the worst bodies at their full size, one by one, and more of them at once than there is memory for.
import { once } from "node:events";
import type { OutgoingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { chatRequest, upload } from "../facade/raw.ts";
import { LICENCE, post } from "../process/rig.ts";
import { costsOf, untilIdle } from "../process/vitals.ts";
import { jsonAnswer, textChunk } from "../support/faulty-gemini.ts";
import { framed, openSession, openStream } from "../support/raw-grpc.ts";
import { worstBodies } from "../support/worst-bodies.ts";
import { atMost, tried, type Figure } from "./figures.ts";
import type { Rig } from "./rig.ts";

const MIB = 1_048_576;
const toMib = (mb: number): number => (mb * 1e6) / MIB;
const CHARACTERS = 20_000_000;
const PICTURE_CHARACTERS = 28_000_000;
const AT_ONCE = 200;
/** A message may not be longer, once it is inflated. */
const BODY_MAX_MIB = 100;
/** The memory for all bodies together, and what else a process needs beside them. */
const BUFFERED_MIB = 512;

/** Each kind of body once: the worst of each figure, with its name. */
export async function worst(rig: Rig): Promise<Figure[]> {
  rig.gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const costs = { memory: [0, ""], cpu: [0, ""], wait: [0, ""], held: [0, ""] } as Record<string, [number, string]>;
  const note = (kind: string, value: number, title: string): void => {
    if (value > (costs[kind]?.[0] ?? 0)) costs[kind] = [value, title];
  };
  for (const [title, make] of worstBodies(CHARACTERS)) {
    const body = Buffer.from(make());
    const send = async (): Promise<string> => await (await post(rig.ready, body)).text();
    // Once before: what a process takes the first time it does a thing is not the body's.
    await send();
    await untilIdle(rig.ready);
    const { grownMb, cpuS, waitMs, heldMs } = await costsOf(rig.ready, send);
    // A short body that is costly to judge counts as one of 20 MB would.
    note("memory", (toMib(grownMb) - 8) / (Math.max(body.length, CHARACTERS) / MIB), title);
    note("cpu", cpuS / Math.max(1, body.length / CHARACTERS), title);
    note("wait", waitMs, title);
    note("held", heldMs, title);
  }
  const figure = (id: string, what: string, kind: string, promised: number, unit: string): Figure => {
    const [value, title] = costs[kind] ?? [Number.NaN, ""];
    return atMost(id, `${what}: ${title}`, value, promised, unit);
  };
  return [
    figure("BP-6", "most memory beyond 8 MiB, of a body of 20 MB", "memory", 4, " × its size"),
    figure("BP-6", "most CPU for 20 MB", "cpu", 1, " s"),
    figure("BP-7", "longest that a body of 20 MB held the gateway's loop", "held", 200, " ms"),
    {
      id: "BP-7",
      what: `longest wait of another, in the process that sends it: ${costs["wait"]?.[1]}`,
      value: `${costs["wait"]?.[0].toFixed(0)} ms`,
    },
  ];
}

/** A message that inflates to a thousand times its size, in a process that has seen nothing yet. */
export async function bomb({ ready }: Rig): Promise<Figure[]> {
  const message = framed(gzipSync(Buffer.alloc(500_000_000)), true);
  const session = openSession(ready.grpc ?? "");
  let status = "none";
  const { grownMb } = await costsOf(ready, async () => {
    const stream = openStream(session, LICENCE, { "grpc-encoding": "gzip" });
    for (const fields of ["response", "trailers"]) {
      stream.on(fields, (values: OutgoingHttpHeaders) => (status = String(values["grpc-status"] ?? status)));
    }
    stream.resume().end(message);
    await once(stream, "close");
  });
  session.destroy();
  const what = `memory for ${message.length} bytes that inflate to 500 MB (status ${status})`;
  return [atMost("HP-9", what, toMib(grownMb), 2 * BODY_MAX_MIB, " MiB")];
}

/** The largest of data URLs. */
export async function picture({ gemini, ready }: Rig): Promise<Figure[]> {
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const [, make] = worstBodies(PICTURE_CHARACTERS).find(([title]) => title === "one picture") ?? [];
  const body = Buffer.from(make?.() ?? "");
  const figures: Figure[] = [];
  for (const [what, sent] of [
    ["a picture of 28 MB", body],
    ["one that is no base64 at its end", Buffer.from(body.toString().replace(/A(?="\})/, "@"))],
  ] as const) {
    let status = 0;
    const { waitMs, cpuS } = await costsOf(ready, async () => {
      const response = await post(ready, sent);
      ({ status } = response);
      await response.text();
    });
    const told = `longest wait of another while ${what} is a ${status}, for ${(cpuS * 1000).toFixed(0)} ms of CPU`;
    figures.push(atMost("PL-5", told, waitMs, 200, " ms"));
  }
  return figures;
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
  const { grownMb } = await costsOf(rig.ready, () => Promise.all(Array.from({ length: count }, send)));
  const { 200: answered = 0, 503: refused = 0 } = statuses;
  return [
    tried("BP-5", "bodies of 20 MB at once", count, AT_ONCE),
    atMost("BP-5", `most memory with these (${JSON.stringify(statuses)})`, toMib(grownMb), 4 * BUFFERED_MIB, " MiB"),
    atMost("BP-5", "answers that were neither 200 nor 503", count - answered - refused, 0),
    atMost("BP-5", "503 without Retry-After", withoutAdvice, 0),
    { id: "BP-5", what: "longest wait for a 503", value: `${slowestMs.toFixed(0)} ms` },
    atMost("BP-5", "calls still running afterwards", (await untilIdle(rig.ready)).active, 0),
  ];
}
