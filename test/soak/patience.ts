// Soak: what takes a minute by its nature: silence that is filled, readers who stop, readers who are slow, peers who vanish.
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
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { readSse } from "../faults/requests.ts";
import { atMost, openGrpc, openGrpcAt, openSse, startRig, type Figure, type Rig } from "./rig.ts";

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

/** Readers who take nothing at all. */
async function stopped({ gemini, ready }: Rig, limitMs: number): Promise<Figure[]> {
  gemini.script(() => endless);
  const startedMs = performance.now();
  const client = openSse(ready);
  client.socket.pause();
  const [first] = await callsOf(gemini, 1);
  const { session, stream } = openGrpc(ready, 0);
  stream.pause();
  const [, second] = await callsOf(gemini, 2);
  const lives = await Promise.all(
    [first, second].map(async (call) => {
      await call?.whenEnded(limitMs + 60_000);
      return performance.now() - startedMs;
    }),
  );
  client.socket.destroy();
  session.destroy();
  // Looks come ten times within the limit, a PING puts one of them off over HTTP/2, and the kernel has to be full first.
  const kernelMs = 500;
  const [sseMs = Number.NaN, grpcMs = Number.NaN] = lives;
  return [
    atMost("BP-3", "a reader of SSE who takes nothing is dropped after", sseMs, 1.1 * limitMs + kernelMs, " ms"),
    atMost("BP-3", "a gRPC reader who takes nothing is dropped after", grpcMs, 1.2 * limitMs + kernelMs, " ms"),
  ];
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
  const ahead = ((call?.bytesSent ?? Number.NaN) - taken) / MIB;
  client.socket.destroy();
  return [atMost("BP-1", "what Gemini sent before a slow reader took it", ahead, 8, " MiB")];
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
