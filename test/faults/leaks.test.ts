// Goal: callers who leave, in whatever manner, leave nothing behind: no handler, no listener, no connection to Gemini, no memory.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { after, before, mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import type { ChatOperations } from "../../src/chat/service.ts";
import { ChatEventSchema, ChatRequestSchema, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BodyBudget } from "../../src/rpc/body-budget.ts";
import { createReadiness } from "../../src/rpc/readiness.ts";
import { startRpcServer, type RpcServer } from "../../src/rpc/server.ts";
import { systemClock } from "../../src/chat/clock.ts";
import { chatRequest } from "../facade/raw.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import {
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
import { askStream, openSession } from "../support/raw-grpc.ts";
import { openAi, question } from "./requests.ts";

const STREAMS = 200;
/** Streams that run as fast as they can cost the machine more. */
const FAST_STREAMS = 100;
/** A machine that does other things too may take so long to begin fifty calls. */
const PATIENCE_MS = 20_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
const printed = mock.method(console, "error");
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    UPSTREAM_BODY_MAX_BYTES: "10GiB",
    GRPC_MAX_STREAMS: "1000",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** As fast as it is taken; the bytes are made once, so that the fake Gemini costs little. */
const event = raw(sseEvent(textChunk("x".repeat(16_384))));
const fast = streamAnswer(
  repeatable(function* () {
    for (;;) yield event;
  }),
);
const paced = streamAnswer(
  repeatable(function* () {
    for (;;) {
      yield textChunk("tick");
      yield pause(20);
    }
  }),
);

/** Running calls by the gateway's own count, and the connections that Gemini sees in use. */
async function running(): Promise<number> {
  const text = await (await gateway.get("/metrics")).text();
  return [...text.matchAll(/requests_active\{[^}]*\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function untilNothingRuns(calls: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const unfinished = gemini.calls.slice(calls).filter(({ outcome }) => outcome === undefined).length;
    if (unfinished === 0 && (await running()) === 0) return;
    await sleep(25);
  }
  const unfinished = gemini.calls.slice(calls).filter(({ outcome }) => outcome === undefined).length;
  assert.fail(`${unfinished} calls to Gemini and ${await running()} of the gateway still run`);
}

let opened = 0;

/** Every other call announces compression, and is served by Connect therefore. */
function openGrpc(session: ClientHttp2Session): ClientHttp2Stream {
  return askStream(session, LICENCE, question(), { "grpc-encoding": opened++ % 2 === 0 ? "identity" : "gzip" });
}

for (const [pace, answer] of [
  ["fast", fast],
  ["paced", paced],
] as const) {
  for (const how of ["closes its socket", "resets its socket"] as const) {
    const count = pace === "fast" ? FAST_STREAMS : STREAMS;
    test(`${count} ${pace} SSE streams of which each reader ${how} after a first word leave nothing`, async () => {
      const calls = gemini.calls.length;
      gemini.script(() => answer);
      for (let at = 0; at < count; at += 20) {
        const clients = Array.from({ length: 20 }, () => new BareClient(gateway.app.http));
        await Promise.all(
          clients.map(async (client) => {
            client.socket.write(chatRequest(JSON.stringify(openAi(true))));
            await client.untilText("data: ");
            if (how === "closes its socket") client.socket.destroy();
            else client.socket.resetAndDestroy();
          }),
        );
      }
      await untilNothingRuns(calls);
    });
  }
}

test("50 SSE readers who never read leave nothing when they go", async () => {
  const calls = gemini.calls.length;
  gemini.script(() => fast);
  const clients = Array.from({ length: 50 }, () => {
    const client = new BareClient(gateway.app.http);
    client.socket.pause();
    client.socket.write(chatRequest(JSON.stringify(openAi(true))));
    return client;
  });
  await gemini.waitForCalls(calls + 50, PATIENCE_MS);
  await sleep(300);
  for (const { socket } of clients) socket.resetAndDestroy();
  await untilNothingRuns(calls);
});

for (const [pace, answer, readers, window] of [
  ["paced", paced, "read", undefined],
  ["fast", fast, "never read", undefined],
  ["fast", fast, "open no window", 0],
] as const) {
  for (const how of ["resets its stream", "drops the connection"] as const) {
    const count = pace === "fast" ? FAST_STREAMS : STREAMS;
    test(`${count} ${pace} gRPC streams of readers who ${readers}, each of whom then ${how}, leave nothing`, async () => {
      const calls = gemini.calls.length;
      gemini.script(() => answer);
      for (let at = 0; at < count; at += 50) {
        const session = openSession(gateway.app.grpc ?? "", window);
        const streams = Array.from({ length: 50 }, () => openGrpc(session));
        for (const stream of streams) {
          if (readers === "read") stream.resume();
          else stream.pause();
        }
        await gemini.waitForCalls(calls + at + 50, PATIENCE_MS);
        await sleep(100);
        if (how === "resets its stream") for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
        else session.destroy();
        await sleep(50);
        session.destroy();
      }
      await untilNothingRuns(calls);
    });
  }
}

test("Connect streams over HTTP/1.1 of readers who never read leave nothing when they go", async () => {
  const calls = gemini.calls.length;
  gemini.script(() => fast);
  const message = toBinary(ChatRequestSchema, question());
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  const clients = Array.from({ length: 50 }, () => {
    const client = new BareClient(gateway.app.http);
    client.socket.pause();
    client.socket.write(
      `POST /gemini.chat.v1.ChatService/StreamChat HTTP/1.1\r\nhost: g\r\nauthorization: ${LICENCE}\r\n` +
        `content-type: application/connect+proto\r\nconnect-protocol-version: 1\r\ncontent-length: ${message.length + 5}\r\n\r\n`,
    );
    client.socket.write(Buffer.concat([frame, message]));
    return client;
  });
  await gemini.waitForCalls(calls + 50, PATIENCE_MS);
  await sleep(300);
  for (const { socket } of clients) socket.resetAndDestroy();
  await untilNothingRuns(calls);
});

test("CX-6: after all of that the gateway answers, and has logged or printed nothing but what happened", async () => {
  gemini.script(() => streamAnswer([textChunk("fine", { finishReason: "STOP" })]));
  const response = await gateway.post(openAi(true));
  assert.match(await response.text(), /fine[\s\S]*\[DONE\]/);
  const loud = gateway.log.filter((line) => /"level":"(?:warn|error|fatal)"/.test(line));
  assert.deepEqual(loud.slice(0, 3), []);
  assert.equal(printed.mock.callCount(), 0);
});

/** A server over operations that count the generators that are alive. */
async function countingServer(shutdown: AbortSignal): Promise<{ server: RpcServer; alive: () => number }> {
  let alive = 0;
  const message = (): StreamChatResponse => ({
    $typeName: "gemini.chat.v1.StreamChatResponse",
    events: [create(ChatEventSchema, { event: { case: "text", value: "x".repeat(16_384) } })],
  });
  const chat = {
    async *streamChat() {
      alive++;
      try {
        for (;;) {
          yield message();
          await sleep(0);
        }
      } finally {
        alive--;
      }
    },
  } as unknown as ChatOperations;
  const server = await startRpcServer({
    host: "127.0.0.1",
    port: 0,
    maxStreams: 1_000,
    prefaceMs: 60_000,
    stallMs: 60_000,
    operations: { chat, models: {} as never, clock: systemClock },
    licences: { resolve: () => ({ licenceId: "l", name: "n" }) },
    readiness: createReadiness([]),
    health: false,
    reflection: false,
    readMaxBytes: 1_000_000,
    arrivalMs: 60_000,
    budget: new BodyBudget(1_000_000),
    silenceMs: 60_000,
    shutdownSignal: shutdown,
    onRefused: (_id, failure) => assert.fail(failure),
  });
  return { server, alive: () => alive };
}

test("the core's generators end, and the listeners on the signal that all calls share are taken off", async () => {
  const shutdown = new AbortController();
  const { server, alive } = await countingServer(shutdown.signal);
  for (const [readers, window] of [
    ["read", undefined],
    ["never read", undefined],
    ["open no window", 0],
  ] as const) {
    const session = openSession(`127.0.0.1:${server.address.port}`, window);
    const streams = Array.from({ length: 50 }, () => openGrpc(session));
    for (const stream of streams) {
      if (readers === "read") stream.resume();
      else stream.pause();
    }
    while (alive() < 50) await sleep(10);
    await sleep(100);
    assert.equal(getEventListeners(shutdown.signal, "abort").length, 50);
    for (const stream of streams.slice(0, 25)) stream.close(constants.NGHTTP2_CANCEL);
    await sleep(50);
    session.destroy();
    for (let tries = 0; tries < 100 && alive() > 0; tries++) await sleep(20);
    assert.equal(alive(), 0, readers);
    assert.equal(getEventListeners(shutdown.signal, "abort").length, 0, readers);
  }
  await server.close();
});
