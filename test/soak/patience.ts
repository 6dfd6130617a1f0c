// Soak: what takes a minute by its nature: silence that is filled, readers who stop or are slow, callers who are late, peers who vanish.
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { chatRequest } from "../facade/raw.ts";
import { readSse } from "../faults/requests.ts";
import { LICENCE } from "../process/rig.ts";
import { vitalsOf } from "../process/vitals.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import {
  firehose,
  pause,
  repeatable,
  streamAnswer,
  textChunk,
  type Call,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { kernelQueueBytes } from "../support/kernel-queues.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { atMost, between, exactly, type Figure } from "./figures.ts";
import { askGrpc, openGrpc, openSse, startRig, type Rig } from "./rig.ts";

export interface Patience {
  /** Undefined: the gateway's own defaults. */
  readonly keepAliveMs?: number;
  readonly stallMs?: number;
}

const DEFAULTS = { keepAliveMs: 15_000, stallMs: 60_000 };
/** A head has 10 s, which is looked at four times a second, and a body 60 s. */
const HEAD_MS = 10_000;
const BODY_MS = 60_000;
/** Two events of 64 KB of it are the fake Gemini's, and what the reader's socket has read. */
const OUTSIDE = "most of it at rest outside of the kernel's buffers, at all three ends";
const LOOK_MS = 1_500;
/** An answer to a PING, and the time without one: fixed, as gRPC has them. */
const PROBE_MS = 80_000;
const MIB = 1_048_576;

const endless = firehose();
const ticking = streamAnswer(
  repeatable(function* () {
    for (;;) yield* [textChunk("tick "), pause(100)];
  }),
);

/** Each on a gateway of its own, all at the same time. Late callers and vanished peers are waited for only where the defaults are. */
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
    ...(stallMs === undefined ? [run(late), run(vanished)] : []),
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
      const told = `${what} who takes 1 KB and then nothing is dropped after`;
      return between("BP-3", told, performance.now() - startedMs, [limitMs, limitMs * (1 + STALL_SLACK)]);
    };
    lives.push(live());
  };
  const sse = openSse(ready);
  await begin("a reader of SSE", sse.socket);
  const alone = openGrpc(ready.grpc);
  await begin("a gRPC reader", alone.stream);
  const shared = openGrpc(ready.grpc);
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

/** A reader who takes a little each second: what is on the way stays small, however long it lasts. */
async function slow({ gemini, ready }: Rig, forMs: number): Promise<Figure[]> {
  gemini.script(() => endless);
  const client = openSse(ready);
  const [call] = await callsOf(gemini, 1);
  const ports = [gemini.origin, ready.http].map((origin) => Number(new URL(origin).port));
  let taken = 0;
  client.socket.on("data", (piece: Buffer) => {
    taken += piece.length;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 1_000);
  });
  let ahead = 0;
  let outside: number | undefined;
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs;) {
    await sleep(900);
    const sent = call?.bytesSent ?? Number.NaN;
    ahead = Math.max(ahead, sent - taken);
    await sleep(100);
    const inKernel = kernelQueueBytes(ports);
    // What moves while it is counted is counted twice, or not at all.
    if (inKernel !== undefined && call?.bytesSent === sent) outside = Math.max(outside ?? 0, sent - taken - inKernel);
  }
  client.socket.destroy();
  const what = `most that Gemini sent before a slow reader took it, in ${forMs / 1000} s`;
  return [
    atMost("BP-1", `${what} (${(taken / MIB).toFixed(1)} MiB taken)`, ahead / MIB, 8, " MiB"),
    ...(outside === undefined ? [] : [{ id: "BP-1", what: OUTSIDE, value: `${(outside / MIB).toFixed(2)} MiB` }]),
  ];
}

/** Callers whose head, or body, comes byte by byte: when they are told that it is too late. */
async function late({ ready }: Rig): Promise<Figure[]> {
  const drip = async (what: string, begin: string, byte: string, limitMs: number): Promise<Figure> => {
    const client = new BareClient(ready.http);
    client.socket.write(begin);
    const startedMs = performance.now();
    const timer = setInterval(() => client.socket.write(byte), 500);
    await once(client.socket, "data");
    const ms = performance.now() - startedMs;
    clearInterval(timer);
    client.socket.destroy();
    const status = client.bytes.toString("latin1", 9, 12);
    return between("HP-1", `a ${what} that does not end is a ${status} after`, ms, [limitMs, limitMs + LOOK_MS]);
  };
  return await Promise.all([
    drip("head", "GET /healthz HTTP/1.1\r\nhost: gateway\r\nx-long: ", "y", HEAD_MS),
    drip("body", chatRequest("", { authorization: LICENCE, "content-length": 10_000 }), " ", BODY_MS),
  ]);
}

/** A gRPC peer behind a line that takes everything and tells nothing. */
async function vanished({ gemini, ready }: Rig): Promise<Figure[]> {
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  await using line = await startTcpProxy(ready.grpc ?? "");
  const { session, stream } = openGrpc(line.host);
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
