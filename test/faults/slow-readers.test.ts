// Goal: a reader who is slow slows Gemini down, a reader who stops is dropped, and neither fills our memory.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { once } from "node:events";
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { toBinary, toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { ChatRequestSchema, ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chatRequest, head } from "../facade/raw.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import {
  jsonAnswer,
  pause,
  raw,
  repeatable,
  sseEvent,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { kernelQueueBytes } from "../support/kernel-queues.ts";
import { transportsOf } from "../support/transports.ts";
import { openAi, question } from "./requests.ts";

const STALL_MS = 1_000;
/** A machine that does other things too may take so long to begin a hundred calls. */
const PATIENCE_MS = 20_000;
/** What may be on the way, most of it in the fake Gemini's send buffer. Only Linux limits ours, which else grows as large. */
const ON_THE_WAY_MAX_BYTES = process.platform === "linux" ? 8 * 1_048_576 : 24_000_000;

/** What of it the kernel does not hold: twice what is promised of the gateway's own, and what the reader and the fake Gemini hold. */
const OUTSIDE_OF_KERNEL_MAX_BYTES = 1_048_576;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    WRITE_STALL_TIMEOUT_MS: String(STALL_MS),
    UPSTREAM_BODY_MAX_BYTES: "10GiB",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** As fast as it is taken; the bytes are made once, so that the fake Gemini costs little. */
const event = raw(sseEvent(textChunk("x".repeat(65_536))));
const endless = streamAnswer(
  repeatable(function* () {
    for (;;) yield event;
  }),
);

/** A gRPC message with its five bytes of framing. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const STREAM_CHAT = "/gemini.chat.v1.ChatService/StreamChat";
const asBinary = framed(toBinary(ChatRequestSchema, question()));
const asJson = framed(Buffer.from(toJsonString(ChatRequestSchema, question())));

function openSession(initialWindowSize?: number): ClientHttp2Session {
  const session = connectHttp2(`http://${gateway.app.grpc}`, {
    settings: initialWindowSize === undefined ? {} : { initialWindowSize },
  });
  return session.on("error", () => undefined);
}

/** The question on a stream of its own, as gRPC unless told otherwise. */
function ask(session: ClientHttp2Session, type = "application/grpc", message = asBinary): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": STREAM_CHAT,
    "content-type": type,
    te: "trailers",
    authorization: LICENCE,
  });
  stream.on("error", () => undefined);
  stream.end(message);
  return stream;
}

function openGrpc(initialWindowSize?: number) {
  const session = openSession(initialWindowSize);
  return { session, stream: ask(session) };
}

/** What came until the client stopped taking, after 1 KB or a little more, and how it leaves. */
interface Stopped {
  readonly taken: Promise<number>;
  leave(): void;
}

function stopAfter1Kb(source: Readable, leave: () => void): Stopped {
  let bytes = 0;
  const taken = new Promise<number>((resolve) => {
    source.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes < 1_000) return;
      source.pause();
      resolve(bytes);
    });
  });
  return { taken, leave };
}

function stopOverHttp1(request: string | Buffer): Stopped {
  const { socket } = new BareClient(gateway.app.http);
  socket.write(request);
  return stopAfter1Kb(socket, () => socket.destroy());
}

function stopOverHttp2(type: string, message: Buffer): Stopped {
  const session = openSession();
  return stopAfter1Kb(ask(session, type, message), () => session.destroy());
}

function toHttp1(type: string, message: Buffer): Buffer {
  const headers = { authorization: LICENCE, "content-type": type, "content-length": message.length };
  return Buffer.concat([Buffer.from(head(`POST ${STREAM_CHAT}`, headers)), message]);
}

/** Each way to ask for a stream: what is written differs, and who writes it. */
const faces: Readonly<Record<string, () => Stopped>> = {
  SSE: () => stopOverHttp1(chatRequest(JSON.stringify(openAi(true)))),
  "Connect over HTTP/1.1": () => stopOverHttp1(toHttp1("application/connect+json", asJson)),
  "gRPC-Web over HTTP/1.1": () => stopOverHttp1(toHttp1("application/grpc-web+proto", asBinary)),
  gRPC: () => stopOverHttp2("application/grpc", asBinary),
  "gRPC with JSON": () => stopOverHttp2("application/grpc+json", asJson),
  "Connect over HTTP/2": () => stopOverHttp2("application/connect+json", asJson),
  "gRPC-Web over HTTP/2": () => stopOverHttp2("application/grpc-web+proto", asBinary),
};

/** Calls that run, and streams that were cancelled, as the metrics tell them; and lines of the log about the latter. */
async function counts(): Promise<{ readonly active: number; readonly cancelled: number; readonly logged: number }> {
  const page = await (await gateway.get("/metrics")).text();
  const sum = (pattern: RegExp): number =>
    [...page.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0);
  return {
    active: sum(/requests_active\{[^}]*\} (\d+)/g),
    cancelled: sum(/requests_total\{rpc="StreamChat",outcome="CANCELLED"\} (\d+)/g),
    logged: gateway.log.filter((line) => line.includes('"outcome":"CANCELLED"')).length,
  };
}

async function countsWhenIdle(): Promise<Awaited<ReturnType<typeof counts>>> {
  let now = await counts();
  for (let tries = 0; tries < 400 && now.active > 0; tries++) {
    await sleep(25);
    now = await counts();
  }
  return now;
}

/** The one call to Gemini that is running, when it has ended. */
async function ended(calls: number): Promise<{ ms: number; bytes: number }> {
  const startedMs = performance.now();
  const call = (await gemini.waitForCalls(calls + 1, PATIENCE_MS)).at(-1);
  assert.ok(call);
  assert.equal(await call.whenEnded(STALL_MS + 8_000), "client-closed");
  return { ms: performance.now() - startedMs, bytes: call.bytesSent };
}

for (const [face, stop] of Object.entries(faces)) {
  test(`BP-3: a reader of ${face} who takes 1 KB and then nothing is dropped in time, Gemini with it, and counted once`, async () => {
    gemini.script([endless]);
    const before = await countsWhenIdle();
    const calls = gemini.calls.length;
    const startedMs = performance.now();
    const { taken, leave } = stop();
    const { bytes } = await ended(calls);
    const ms = performance.now() - startedMs;
    assert.ok(ms >= STALL_MS && ms < 10 * STALL_MS, `${ms} ms`);
    assert.ok(bytes < ON_THE_WAY_MAX_BYTES, `${bytes} bytes, of which ${await taken} were taken`);
    const after = await countsWhenIdle();
    assert.deepEqual(after, { active: 0, cancelled: before.cancelled + 1, logged: before.logged + 1 });
    leave();
  });
}

test("BP-3: a stalled gRPC stream beside a busy one on its connection is dropped, and the busy one goes on", async () => {
  const ticking = streamAnswer(
    repeatable(function* () {
      for (;;) yield* [event, pause(STALL_MS / 50)];
    }),
  );
  gemini.script([endless, ticking]);
  const calls = gemini.calls.length;
  const { session, stream: stalled } = openGrpc();
  stalled.pause();
  const [first] = (await gemini.waitForCalls(calls + 1, PATIENCE_MS)).slice(-1);
  const busy = ask(session);
  let taken = 0;
  busy.on("data", (piece: Buffer) => (taken += piece.length));
  assert.equal(await first?.whenEnded(10 * STALL_MS), "client-closed");
  const takenBefore = taken;
  for (let tries = 0; tries < 400 && taken < takenBefore + 1_000_000; tries++) await sleep(25);
  assert.ok(takenBefore > 0 && taken >= takenBefore + 1_000_000, `${takenBefore} bytes, then ${taken}`);
  if (!stalled.resume().closed) await once(stalled, "close");
  assert.equal(busy.closed, false);
  session.destroy();
});

test("BP-3: a gRPC reader who takes a large event in pieces, each sooner than the limit, is not dropped", async () => {
  const characters = 2_000_000;
  for (const type of ["application/grpc", "application/grpc-web+proto"]) {
    gemini.script([streamAnswer([textChunk("x".repeat(characters), { finishReason: "STOP" })])]);
    const session = openSession();
    const stream = ask(session, type);
    let [taken, unread] = [0, 0];
    stream.on("data", (piece: Buffer) => {
      taken += piece.length;
      unread += piece.length;
      if (unread < characters / 6) return;
      unread = 0;
      stream.pause();
      setTimeout(() => stream.resume(), 0.6 * STALL_MS);
    });
    await once(stream, "end");
    assert.ok(taken > characters, `${type}: ${taken} bytes`);
    session.destroy();
  }
});

test("BP-3: a reader of SSE who takes a large event in pieces, each sooner than the limit, is not dropped", async () => {
  const characters = 30_000_000;
  gemini.script([streamAnswer([textChunk("x".repeat(characters), { finishReason: "STOP" })])]);
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest(JSON.stringify(openAi(true)), { connection: "close" }));
  let unread = 0;
  client.socket.on("data", (piece: Buffer) => {
    unread += piece.length;
    if (unread < characters / 5) return;
    unread = 0;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 0.6 * STALL_MS);
  });
  assert.match((await client.untilEnd()).text.slice(-100), /data: \[DONE\]/);
});

test("BP-1: a reader of SSE who is slow, but reads, is not dropped and holds Gemini back", async () => {
  gemini.script([endless]);
  const calls = gemini.calls.length;
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest(JSON.stringify(openAi(true))));
  const [call] = (await gemini.waitForCalls(calls + 1, PATIENCE_MS)).slice(-1);
  assert.ok(call);
  let taken = 0;
  client.socket.on("data", (piece: Buffer) => {
    taken += piece.length;
    client.socket.pause();
    setTimeout(() => client.socket.resume(), 200);
  });
  await sleep(3 * STALL_MS);
  assert.equal(call.outcome, undefined);
  const ahead = call.bytesSent - taken;
  assert.ok(ahead < ON_THE_WAY_MAX_BYTES, `${call.bytesSent} sent, ${taken} taken`);
  const inKernel = kernelQueueBytes([gemini.origin, gateway.app.http].map((origin) => Number(new URL(origin).port)));
  if (inKernel !== undefined)
    assert.ok(ahead - inKernel < OUTSIDE_OF_KERNEL_MAX_BYTES, `${ahead}, ${inKernel} in kernel`);
  client.socket.destroy();
  assert.equal(await call.whenEnded(), "client-closed");
});

test("BP-3: a gRPC reader who opens no window is dropped in time, and Gemini with it", async () => {
  gemini.script([endless]);
  const calls = gemini.calls.length;
  const { session } = openGrpc(0);
  const { ms, bytes } = await ended(calls);
  assert.ok(ms < 10 * STALL_MS, `${ms} ms`);
  assert.ok(bytes < ON_THE_WAY_MAX_BYTES, `${bytes} bytes`);
  session.destroy();
});

test("BP-3: a reader who stops after the end of a large JSON answer is dropped as well", async () => {
  gemini.script([jsonAnswer(textChunk("y".repeat(30_000_000), { finishReason: "STOP" }), { framing: "length" })]);
  const client = new BareClient(gateway.app.http);
  client.socket.pause();
  client.socket.write(chatRequest(JSON.stringify(openAi(false))));
  await new Promise((resolve) => {
    client.socket.once("close", resolve);
    // A paused socket does not see its end: bytes are asked for only after the gateway must have given up.
    setTimeout(() => client.socket.resume(), STALL_MS + 3_000);
  });
  assert.ok(client.bytes.length < 30_000_000, `${client.bytes.length} bytes`);
});

test("BP-3: a call that waits longer for Gemini than a reader may stall is not dropped", async () => {
  const late = textChunk("late", { finishReason: "STOP" });
  gemini.script(({ streaming }) => [pause(2 * STALL_MS), ...(streaming ? streamAnswer([late]) : jsonAnswer(late))]);
  const asked = [false, true].map(async (streaming) => {
    const response = await gateway.post(openAi(streaming));
    assert.equal(response.status, 200);
    assert.match(await response.text(), /late/);
  });
  const called = transportsOf(gateway).map(async ({ name, transport }) => {
    const texts: string[] = [];
    for await (const { events } of createClient(ChatService, transport).streamChat(question())) {
      for (const { event } of events) if (event.case === "text") texts.push(event.value);
    }
    assert.deepEqual(texts, ["late"], name);
  });
  await Promise.all([...asked, ...called]);
});

test("an answer of several that breaks off while its reader is slow is told to the reader, and hurts nobody else", async () => {
  const large = textChunk("x".repeat(8_000_000));
  gemini.script(() => streamAnswer([large, pause(300), "reset"]));
  const client = new BareClient(gateway.app.http);
  client.socket.pause();
  client.socket.write(chatRequest(JSON.stringify(openAi(true, { n: 3 })), { connection: "close" }));
  await sleep(800);
  client.socket.resume();
  // A rejection that nobody handled would fail this test, and end a gateway of its own process.
  assert.match((await client.untilEnd()).text.slice(-1_000), /"code":"upstream_stream_truncated"/);
});

test("BP-2: the text of an endless answer does not stay in memory", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  gemini.script([endless]);
  const calls = gemini.calls.length;
  const client = new BareClient(gateway.app.http);
  collectGarbage();
  const { heapUsed } = process.memoryUsage();
  client.socket.write(chatRequest(JSON.stringify(openAi(true))));
  let taken = 0;
  while (taken < 64_000_000) taken += ((await once(client.socket, "data")) as [Buffer])[0].length;
  collectGarbage();
  const grownMb = (process.memoryUsage().heapUsed - heapUsed) / 1e6;
  client.socket.destroy();
  // What is read here lies outside of the heap. Queues hold a little; the text would be 64 MB.
  assert.ok(grownMb < 16, `${grownMb} MB`);
  assert.equal(await gemini.calls[calls]?.whenEnded(), "client-closed");
});

test("BP-2: 100 readers who take nothing cost little memory each", async () => {
  gemini.script(() => endless);
  const calls = gemini.calls.length;
  const rssBefore = process.memoryUsage().rss;
  const clients = Array.from({ length: 100 }, () => {
    const client = new BareClient(gateway.app.http);
    client.socket.pause();
    client.socket.write(chatRequest(JSON.stringify(openAi(true))));
    return client;
  });
  await gemini.waitForCalls(calls + 100, PATIENCE_MS);
  await sleep(STALL_MS / 2);
  // Both ends and the fake Gemini live in this process, so this is three times what the gateway holds.
  const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
  for (const { socket } of clients) socket.destroy();
  assert.ok(grownMb < 600, `${grownMb} MB`);
  for (const call of gemini.calls.slice(calls)) assert.equal(await call.whenEnded(), "client-closed");
});
