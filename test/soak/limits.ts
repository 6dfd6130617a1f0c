// Soak: limits of time and of size, of Gemini's answers and of what is fetched for a caller: how soon one ends what is beyond it.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { openAi } from "../faults/requests.ts";
import { startRawHost } from "../media/raw-host.ts";
import { post } from "../process/rig.ts";
import { costsOf } from "../process/vitals.ts";
import {
  endlessEvents,
  endlessLine,
  headNow,
  pause,
  raw,
  repeatable,
  streamAnswer,
  textChunk,
  type Answer,
  type Call,
  type StreamItem,
} from "../support/faulty-gemini.ts";
import { MEDIA_FAULTS } from "../support/media-hosts.ts";
import { atMost, between, type Figure } from "./figures.ts";
import type { Rig } from "./rig.ts";

const AT_ONCE = 20;
/** What a limit may be late by. */
const LATE_MS = 1_500;
const FIRST_MS = 3_000;
const IDLE_MS = 2_000;
const TOTAL_MS = 6_000;

/** Short, and of a length of its own each. */
export const TIMES = {
  FIRST_EVENT_TIMEOUT_MS: String(FIRST_MS),
  STREAM_IDLE_TIMEOUT_MS: String(IDLE_MS),
  REQUEST_TIMEOUT_MS: String(TOTAL_MS),
  STREAM_TIMEOUT_MS: String(TOTAL_MS),
};

const again = (begin: readonly StreamItem[], item: StreamItem): Answer =>
  streamAnswer(
    repeatable(function* () {
      yield* begin;
      for (;;) yield* [item, pause(100)];
    }),
  );

const waits: readonly (readonly [what: string, limitMs: number, stream: boolean, answer: Answer])[] = [
  ["no event", FIRST_MS, true, streamAnswer([headNow, "stall"])],
  ["silence after an event", IDLE_MS, true, streamAnswer([textChunk("one"), "stall"])],
  ["bytes that become no event", IDLE_MS, true, again([textChunk("one"), raw("data: ")], raw("x"))],
  ["a stream that goes on", TOTAL_MS, true, again([], textChunk("tick "))],
  ["no answer", TOTAL_MS, false, ["stall"]],
];

/** How long Gemini is listened to in each case. */
export async function times({ gemini, ready }: Rig): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [what, limitMs, stream, answer] of waits) {
    const calls: Call[] = [];
    gemini.script((call) => {
      calls.push(call);
      return answer;
    });
    await Promise.all(Array.from({ length: AT_ONCE }, async () => await (await post(ready, openAi(stream))).text()));
    const lives = calls.map(({ openedAt, closedAt = Number.POSITIVE_INFINITY }) => closedAt - openedAt);
    const told = `${what} is ended, the latest of ${calls.length} calls, after`;
    figures.push(atMost("TM-5", told, Math.max(...lives), limitMs + LATE_MS, " ms"));
  }
  return figures;
}

const MIB = 1_048_576;
const EVENT_MAX_BYTES = 64 * MIB;
const ANSWER_MAX_BYTES = 256 * MIB;

const floods: readonly (readonly [what: string, limitBytes: number, answer: Answer])[] = [
  ["an endless line", EVENT_MAX_BYTES, streamAnswer(endlessLine())],
  ["an event of 100 MB", EVENT_MAX_BYTES, streamAnswer([textChunk("x".repeat(100_000_000)), "stall"])],
  ["endless events", ANSWER_MAX_BYTES, streamAnswer(endlessEvents(textChunk("x".repeat(65_536))))],
];

/** What is beyond the largest event or answer: how soon it is ended, and its memory. With the gateway's own limits. */
export async function sizes({ gemini, ready }: Rig): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [what, limitBytes, answer] of floods) {
    gemini.script([answer]);
    const calls = gemini.calls.length;
    let beyondMs = Number.POSITIVE_INFINITY;
    const { grownMb } = await costsOf(ready, async () => {
      const read = discard(await post(ready, openAi(true)));
      const [call] = gemini.calls.slice(calls);
      if (call) beyondMs = await afterBytes(call, limitBytes);
      await read;
    });
    const mib = limitBytes / MIB;
    figures.push(
      atMost("ST-7", `time to the end of ${what} after its first ${mib} MiB`, beyondMs, 1_000, " ms"),
      atMost("ST-7", `memory for ${what}`, (grownMb * 1e6) / MIB, 2 * mib, " MiB"),
    );
  }
  return figures;
}

async function discard({ body }: Response): Promise<void> {
  for await (const _ of body ?? []);
}

/** The time from the moment that Gemini had sent so many bytes to the end of the call. */
async function afterBytes(call: Call, bytes: number): Promise<number> {
  while (call.outcome === undefined && call.bytesSent < bytes) await sleep(2);
  const sentMs = performance.now();
  await call.whenEnded();
  return Math.max(0, (call.closedAt ?? Number.POSITIVE_INFINITY) - sentMs);
}

/** Failures of a fetch are told on a whole second. */
const STEP_MS = 1_000;
const CONNECT_MS = 3_000;
const SILENT_MS = 5_000;
const FETCH_MS = 20_000;

/** Hosts of images that stand still in each phase of a fetch: when their callers are told. All at the same time. */
export async function fetches({ ready }: Rig): Promise<Figure[]> {
  const timed = async (what: string, limitMs: number, origin: string): Promise<Figure> => {
    const content = [{ type: "image_url", image_url: { url: `${origin}/a.png` } }];
    const startedMs = performance.now();
    const { status } = await post(ready, openAi(false, { messages: [{ role: "user", content }] }));
    const ms = performance.now() - startedMs;
    return between("MF-5", `a host with ${what} is a ${status} after`, ms, [limitMs, limitMs + STEP_MS + LATE_MS]);
  };
  const misbehaving = async (fault: string, limitMs: number): Promise<Figure> => {
    await using host = await startRawHost(MEDIA_FAULTS[fault] ?? (() => undefined));
    return await timed(fault, limitMs, host.url);
  };
  return await Promise.all([
    withFullPort((origin) => timed("a port that is full", CONNECT_MS, origin)),
    misbehaving("silence", SILENT_MS),
    misbehaving("silence in its body", SILENT_MS),
    misbehaving("a body that drips", FETCH_MS),
  ]);
}

/** A server that takes nobody: two may wait at its door, and the next is not even told that it is there. */
const STANDING_STILL = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

async function withFullPort<T>(work: (origin: string) => Promise<T>): Promise<T> {
  const server = new Worker(STANDING_STILL, { eval: true });
  const [port] = (await once(server, "message")) as [number];
  const waiting = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  try {
    await Promise.all(waiting.map((socket) => once(socket, "connect")));
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    for (const socket of waiting) socket.destroy();
    await server.terminate();
  }
}
