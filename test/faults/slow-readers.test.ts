// Goal: a reader who is slow slows Gemini down, a reader who stops is dropped, and neither fills our memory.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect as connectHttp2 } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { toBinary } from "@bufbuild/protobuf";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chatRequest } from "../facade/raw.ts";
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
import { openAi, question } from "./requests.ts";

const STALL_MS = 1_000;
/** A machine that does other things too may take so long to begin a hundred calls. */
const PATIENCE_MS = 20_000;
/** What may be on the way: socket buffers of both hops (some MB on loopback), our queue, and one event. */
const ON_THE_WAY_MAX_BYTES = 24_000_000;

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

function openGrpc(initialWindowSize?: number) {
  const session = connectHttp2(`http://${gateway.app.grpc}`, {
    settings: initialWindowSize === undefined ? {} : { initialWindowSize },
  });
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/gemini.chat.v1.ChatService/StreamChat",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: LICENCE,
  });
  stream.on("error", () => undefined);
  stream.end(framed(toBinary(ChatRequestSchema, question())));
  return { session, stream };
}

/** The one call to Gemini that is running, when it has ended. */
async function ended(calls: number): Promise<{ ms: number; bytes: number }> {
  const startedMs = performance.now();
  const call = (await gemini.waitForCalls(calls + 1, PATIENCE_MS)).at(-1);
  assert.ok(call);
  assert.equal(await call.whenEnded(STALL_MS + 8_000), "client-closed");
  return { ms: performance.now() - startedMs, bytes: call.bytesSent };
}

test("a reader of SSE who takes nothing is dropped in time, and Gemini with it", async () => {
  gemini.script([endless]);
  const calls = gemini.calls.length;
  const client = new BareClient(gateway.app.http);
  client.socket.pause();
  client.socket.write(chatRequest(JSON.stringify(openAi(true))));
  const { ms, bytes } = await ended(calls);
  assert.ok(ms >= STALL_MS - 50 && ms < 10 * STALL_MS, `${ms} ms`);
  assert.ok(bytes < ON_THE_WAY_MAX_BYTES, `${bytes} bytes`);
  client.socket.destroy();
});

test("a reader of SSE who takes a large event in pieces, each sooner than the limit, is not dropped", async () => {
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

test("a reader of SSE who is slow, but reads, is not dropped and holds Gemini back", async () => {
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
    setTimeout(() => client.socket.resume(), 20);
  });
  await sleep(3 * STALL_MS);
  assert.equal(call.outcome, undefined);
  assert.ok(call.bytesSent - taken < ON_THE_WAY_MAX_BYTES, `${call.bytesSent} sent, ${taken} taken`);
  client.socket.destroy();
  assert.equal(await call.whenEnded(), "client-closed");
});

test("a gRPC reader who opens no window is dropped in time, and Gemini with it", async () => {
  for (const window of [0, undefined]) {
    gemini.script([endless]);
    const calls = gemini.calls.length;
    const { session, stream } = openGrpc(window);
    stream.pause();
    const { ms, bytes } = await ended(calls);
    assert.ok(ms < STALL_MS + 3_000, `${ms} ms`);
    assert.ok(bytes < ON_THE_WAY_MAX_BYTES, `${bytes} bytes`);
    session.destroy();
  }
});

test("a reader who stops after the end of a large JSON answer is dropped as well", async () => {
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

test("a call that waits longer for Gemini than a reader may stall is not dropped", async () => {
  gemini.script([[{ pauseMs: 2 * STALL_MS }, ...jsonAnswer(textChunk("late", { finishReason: "STOP" }))]]);
  const response = await gateway.post(openAi(false));
  assert.equal(response.status, 200);
  assert.match(await response.text(), /late/);
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

test("100 readers who take nothing cost little memory each", async () => {
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
