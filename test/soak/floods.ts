// Soak: peers that flood the gRPC port, with frames or with calls, and what others wait meanwhile.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatRequestSchema, ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { question } from "../faults/requests.ts";
import { LICENCE } from "../process/rig.ts";
import { untilIdle } from "../process/vitals.ts";
import { jsonAnswer, textChunk } from "../support/faulty-gemini.ts";
import { flood, FLOODS, ping, RAPID_RESET } from "../support/h2-floods.ts";
import { chatHead, FRAME, frame, openRawH2 } from "../support/h2-frames.ts";
import { framed } from "../support/raw-grpc.ts";
import { atMost, percentile, tried, type Figure } from "./figures.ts";
import type { Rig } from "./rig.ts";

const PROMISED_CONNECTIONS = 1_500;
const PROMISED_STREAMS = 20_000;
/** So long each kind of flood lasts. */
const FLOOD_MS = 2_000;
const FLOODERS = 3;
/** Streams of a connection by default. */
const MAX_STREAMS = 1_000;
/** So many streams are opened before they are reset, and as many may be reset at once. */
const BATCH = 100;
/** Twice a wait of less than this is not told apart from the machine's own noise. */
const NOISE_MS = 20;

/** p99 of what another waits for its answer while this goes on. */
async function waitBeside({ ready }: Rig, work: () => Promise<unknown>): Promise<number> {
  const client = createClient(ChatService, createGrpcTransport({ baseUrl: `http://${ready.grpc}` }));
  const times: number[] = [];
  let runs = true;
  const asking = (async () => {
    while (runs) {
      const startedMs = performance.now();
      await client.chat(question(), { headers: { authorization: LICENCE } });
      times.push(performance.now() - startedMs);
      await sleep(5);
    }
  })();
  await work();
  runs = false;
  await asking;
  return percentile(times, 0.99);
}

/** Random frames of many connections, and then each flood by name. */
export async function frames(rig: Rig, count: number): Promise<Figure[]> {
  const host = rig.ready.grpc ?? "";
  rig.gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  await waitBeside(rig, () => sleep(2 * FLOOD_MS));
  const alone = await waitBeside(rig, () => sleep(2 * FLOOD_MS));
  const promised = Math.round(Math.max(2 * alone, NOISE_MS));
  let connections = 0;
  const stranger = async (): Promise<void> => {
    while (connections++ < count) await sendRandom(host);
  };
  const beside = await waitBeside(rig, () => Promise.all(Array.from({ length: FLOODERS }, stranger)));
  const waits: Record<string, number> = {};
  for (const [title, times, bytes] of [["PING", 5_000, ping] as const, ...FLOODS]) {
    waits[title] = await waitBeside(rig, async () => {
      for (const untilMs = performance.now() + FLOOD_MS; performance.now() < untilMs;) {
        const peer = openRawH2(host);
        await flood(peer, times, bytes);
        peer.socket.destroy();
      }
    });
  }
  const { [RAPID_RESET]: rapid = Number.NaN, ...others } = waits;
  const [[worst, wait] = ["none", Number.NaN]] = Object.entries(others).toSorted(([, a], [, b]) => b - a);
  const besideWhat = (what: string): string => `p99 of another's call beside ${what} (alone ${alone.toFixed(1)} ms)`;
  return [
    tried("HP-8", "connections with random frames", count, PROMISED_CONNECTIONS),
    atMost("HP-8", besideWhat("these"), beside, promised, " ms"),
    atMost("HP-8", besideWhat(`the worst of ${Object.keys(others).length} floods, ${worst}`), wait, promised, " ms"),
    // Each of its connections is good for some two hundred calls before it is cut, and a next one comes at once.
    { id: "HP-7", what: besideWhat(RAPID_RESET), value: `${rapid.toFixed(1)} ms` },
  ];
}

async function sendRandom(host: string): Promise<void> {
  const { socket } = openRawH2(host);
  for (let at = 0; at < 30 && !socket.destroyed; at++) {
    const random = randomBytes(30);
    const type = at % 2 === 0 ? (random[0] ?? 0) % 11 : FRAME.SETTINGS;
    socket.write(frame(type, type === FRAME.SETTINGS ? 0 : (random[1] ?? 0), 0, random.subarray(0, 18)));
  }
  await sleep(5);
  socket.destroy();
}

const HEAD = chatHead(LICENCE);
const MESSAGE = framed(toBinary(ChatRequestSchema, question()));
const END_HEADERS = 4;
const END_STREAM = 1;
const CANCEL = Buffer.from([0, 0, 0, 8]);

const streamId = (at: number): number => 2 * at + 1;

/** The call at this place of a connection, asked as a whole. */
function ask(at: number): Buffer {
  const head = frame(FRAME.HEADERS, END_HEADERS, streamId(at), HEAD);
  return Buffer.concat([head, frame(FRAME.DATA, END_STREAM, streamId(at), MESSAGE)]);
}

/** Many good calls on one connection at once, whatever its limit is, and calls that are cancelled as soon as they are asked. */
export async function calls({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  let begun = 0;
  gemini.script(() => {
    begun++;
    return ["stall"];
  });
  const crowd = openRawH2(ready.grpc ?? "");
  const allowed = Math.min(count, MAX_STREAMS);
  await flood(crowd, allowed, ask);
  for (let tries = 0; tries < 500 && begun < allowed; tries++) await sleep(10);
  await flood(crowd, count - allowed, (at) => ask(allowed + at));
  await sleep(500);
  const ran = begun;
  crowd.socket.destroy();
  await untilIdle(ready);
  begun = 0;
  let opened = 0;
  const hasty = openRawH2(ready.grpc ?? "");
  await flood(hasty, (2 * count) / BATCH, (at) => {
    const ids = Array.from({ length: BATCH }, (_, offset) => opened + offset);
    if (at % 2 === 0) return Buffer.concat(ids.map(ask));
    opened += BATCH;
    return Buffer.concat(ids.map((id) => frame(FRAME.RST_STREAM, 0, streamId(id), CANCEL)));
  });
  await sleep(500);
  hasty.socket.destroy();
  return [
    tried("HP-6", "streams opened on one connection", count, PROMISED_STREAMS),
    atMost("HP-6", `of these begun while none ends (GOAWAY: ${crowd.goneAway() ?? "none"})`, ran, MAX_STREAMS),
    atMost(
      "HP-7",
      `calls begun for ${opened} streams that are reset as soon as they are asked (GOAWAY: ${hasty.goneAway() ?? "none"})`,
      begun,
      2 * BATCH,
    ),
    atMost("HP-7", "calls still running afterwards", (await untilIdle(ready)).active, 0),
  ];
}
