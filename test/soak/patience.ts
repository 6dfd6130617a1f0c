// Soak: what takes a minute by its nature: silence that is filled, readers who stop, readers who are slow, peers who vanish.
import type { Readable } from "node:stream";
import {
  pause,
  raw,
  repeatable,
  sseEvent,
  streamAnswer,
  textChunk,
  type Call,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { kernelQueueBytes } from "../support/kernel-queues.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { readSse } from "../faults/requests.ts";
import { askGrpc, atMost, openGrpc, openGrpcAt, openSse, startRig, vitalsOf, type Figure, type Rig } from "./rig.ts";

export interface Patience {
  /** Undefined: the gateway's own defaults. */
  readonly keepAliveMs?: number;
  readonly stallMs?: number;
}

const DEFAULTS = { keepAliveMs: 15_000, stallMs: 60_000 };
/** An answer to a PING, and the time without one: fixed, as gRPC has them. */
const PROBE_MS = 80_000;
const MIB = 1_048_576;

const event = raw(sseEvent(textChunk("x".repeat(65_536))));
const endless = streamAnswer(
  repeatable(function* () {
    for (;;) yield event;
  }),
);
const ticking = streamAnswer(
  repeatable(function* () {
    for (;;) yield* [textChunk("tick "), pause(100)];
  }),
);

/** Each on a gateway of its own, all at the same time. Vanished peers are waited for only where the defaults are. */
export async function wait({ keepAliveMs, stallMs }: Patience): Promise<Figure[]> {
  const env = {
    ...(keepAliveMs !== undefined && { KEEP_ALIVE_INTERVAL_MS: String(keepAliveMs) }),
    ...(stallMs !== undefined && { WRITE_STALL_TIMEOUT_MS: String(stallMs) }),
    STREAM_IDLE_TIMEOUT_MS: "200000",
  };
  const run = async (work: (rig: Rig) => Promise<Figure[]>): Promise<Figure[]> => {
    await using rig = await startRig(env);
    return await work(rig);
  };
  const parts = [
    run((rig) => silence(rig, keepAliveMs ?? DEFAULTS.keepAliveMs)),
    run((rig) => stopped(rig, stallMs ?? DEFAULTS.stallMs)),
    run((rig) => slow(rig, stallMs ?? DEFAULTS.stallMs)),
    ...(stallMs === undefined ? [run(vanished)] : []),
  ];
  return (await Promise.all(parts)).flat();
}

async function silence({ gemini, ready }: Rig, everyMs: number): Promise<Figure[]> {
  gemini.script(() =>
    streamAnswer([textChunk("one "), pause(3.5 * everyMs), textChunk("end", { finishReason: "STOP" })]),
  );
  const client = openSse(ready);
  await client.untilText("one");
  let longestMs = 0;
  let sinceMs = performance.now();
  client.socket.on("data", () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - sinceMs);
    sinceMs = nowMs;
  });
  while (!client.bytes.includes("[DONE]")) await new Promise((more) => client.socket.once("data", more));
  client.socket.destroy();
  const text = client.bytes.toString();
  // HTTP's own chunks around the events are no part of them.
  const body = text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "");
  const { comments, content } = readSse(body.replace(/\r\n$/, ""));
  return [
    atMost(
      "ST-3",
      `longest gap of a silent stream (${comments} comments, "${content}")`,
      longestMs,
      everyMs + 1_000,
      " ms",
    ),
  ];
}

/** The limit is looked for in steps, and the kernel has to be full before it begins. */
const STALL_SLACK = 1 / 30;

/** Readers who take 1 KB or a little more, and then nothing; one of them beside a reader who goes on, on the same connection. */
async function stopped({ gemini, ready }: Rig, limitMs: number): Promise<Figure[]> {
  gemini.script([endless, endless, endless, ticking]);
  const lives: Promise<Figure>[] = [];
  const begin = async (what: string, source: Readable): Promise<void> => {
    const startedMs = performance.now();
    source.once("data", () => source.pause());
    const call = (await callsOf(gemini, lives.length + 1)).at(-1);
    const live = async (): Promise<Figure> => {
      await call?.whenEnded(limitMs + 60_000);
      return closedIn(
        `${what} who takes 1 KB and then nothing is dropped after`,
        performance.now() - startedMs,
        limitMs,
      );
    };
    lives.push(live());
  };
  const sse = openSse(ready);
  await begin("a reader of SSE", sse.socket);
  const alone = openGrpc(ready);
  await begin("a gRPC reader", alone.stream);
  const shared = openGrpc(ready);
  await begin("a gRPC reader beside a busy one", shared.stream);
  const busy = askGrpc(shared.session).resume();
  const figures = await Promise.all(lives);
  const { outcomes } = await vitalsOf(ready);
  const runsOn = busy.closed ? 0 : 1;
  sse.socket.destroy();
  for (const { session } of [alone, shared]) session.destroy();
  return [
    ...figures,
    exactly("BP-3", "calls counted as cancelled by then", outcomes["CANCELLED"] ?? 0, figures.length),
    exactly("BP-3", "busy streams that run on", runsOn, 1),
  ];
}

function closedIn(what: string, ms: number, limitMs: number): Figure {
  const longestMs = limitMs * (1 + STALL_SLACK);
  return {
    id: "BP-3",
    what,
    value: `${ms.toFixed(0)} ms`,
    promised: `${limitMs} to ${longestMs.toFixed(0)} ms`,
    held: ms >= limitMs && ms <= longestMs,
  };
}

function exactly(id: string, what: string, value: number, promised: number): Figure {
  return { id, what, value: String(value), promised: String(promised), held: value === promised };
}

/** A reader who takes a little each second: what is on the way stays small. */
async function slow({ gemini, ready }: Rig, forMs: number): Promise<Figure[]> {
  gemini.script(() => endless);
  const client = openSse(ready);
  const [call] = await callsOf(gemini, 1);
  let taken = 0;
  client.socket.on("data", (piece: Buffer) => {
    taken += piece.length;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 1_000);
  });
  await new Promise((done) => setTimeout(done, Math.min(forMs, 20_000)));
  const ahead = (call?.bytesSent ?? Number.NaN) - taken;
  const inKernel = kernelQueueBytes([gemini.origin, ready.http].map((origin) => Number(new URL(origin).port)));
  client.socket.destroy();
  return [
    atMost("BP-1", "what Gemini sent before a slow reader took it", ahead / MIB, 8, " MiB"),
    ...(inKernel === undefined
      ? []
      : [atMost("BP-1", "what of it was not in the kernel's buffers", (ahead - inKernel) / MIB, 0.5, " MiB")]),
  ];
}

/** A gRPC peer behind a line that takes everything and tells nothing. */
async function vanished({ gemini, ready }: Rig): Promise<Figure[]> {
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  await using line = await startTcpProxy(ready.grpc ?? "");
  const { session, stream } = openGrpcAt(`http://${line.host}`);
  await new Promise((told) => stream.once("data", told));
  const [call] = await callsOf(gemini, 1);
  line.swallow(true);
  const goneMs = performance.now();
  await call?.whenEnded(2 * PROBE_MS);
  session.destroy();
  return [
    atMost("CX-4", "a gRPC peer that vanished is given up after", performance.now() - goneMs, PROBE_MS + 2_000, " ms"),
  ];
}

async function callsOf(gemini: FaultyGemini, count: number): Promise<readonly Call[]> {
  return await gemini.waitForCalls(count, 20_000);
}
