// Goal: a peer that vanished without a word, behind a line that still stands, does not hold its calls for ever.
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { systemClock } from "../../src/chat/clock.ts";
import type { ChatOperations } from "../../src/chat/service.ts";
import { ChatEventSchema, ChatRequestSchema, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BodyBudget } from "../../src/rpc/body-budget.ts";
import { createReadiness } from "../../src/rpc/readiness.ts";
import { startRpcServer } from "../../src/rpc/server.ts";
import { startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { openAi, question } from "./requests.ts";

const STREAMS = 20;
const PROBE_EVERY_MS = 300;
const PROBE_TIMEOUT_MS = 300;

/** Streams that say a word and then wait for their caller to leave. */
async function startQuietServer() {
  let alive = 0;
  const message = (): StreamChatResponse => ({
    $typeName: "gemini.chat.v1.StreamChatResponse",
    events: [create(ChatEventSchema, { event: { case: "text", value: "one" } })],
  });
  const chat = {
    async *streamChat(_request: unknown, { signal }: { signal: AbortSignal }) {
      alive++;
      try {
        yield message();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      } finally {
        alive--;
      }
    },
  } as unknown as ChatOperations;
  const server = await startRpcServer({
    host: "127.0.0.1",
    port: 0,
    maxStreams: 1_000,
    stallMs: 60_000,
    sessionLimits: { idleMs: 60_000, probeEveryMs: PROBE_EVERY_MS, probeTimeoutMs: PROBE_TIMEOUT_MS },
    operations: { chat, models: {} as never, clock: systemClock },
    licences: { resolve: async () => ({ licenceId: "l", name: "n" }) },
    readiness: createReadiness([]),
    health: false,
    reflection: false,
    readMaxBytes: 1_000_000,
    budget: new BodyBudget(1_000_000),
    silenceMs: 60_000,
    shutdownSignal: new AbortController().signal,
    onRefused: (_id, failure) => assert.fail(failure),
  });
  return { server, alive: () => alive };
}

test("CX-4: gRPC streams of a peer that vanished are ended, those of one that is only silent are not", async () => {
  const { server, alive } = await startQuietServer();
  await using line = await startTcpProxy(`127.0.0.1:${server.address.port}`);
  const session = connectHttp2(`http://${line.host}`);
  session.on("error", () => undefined);
  const message = toBinary(ChatRequestSchema, question());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  for (let at = 0; at < STREAMS; at++) {
    const stream = session.request({
      ":method": "POST",
      ":path": "/gemini.chat.v1.ChatService/StreamChat",
      "content-type": "application/grpc",
      te: "trailers",
      authorization: LICENCE,
    });
    stream.on("error", () => undefined).resume();
    stream.end(Buffer.concat([head, message]));
  }
  for (let tries = 0; tries < 500 && alive() < STREAMS; tries++) await sleep(10);
  await sleep(3 * (PROBE_EVERY_MS + PROBE_TIMEOUT_MS));
  assert.equal(alive(), STREAMS, "a client that answers our probes is there");
  line.swallow(true);
  for (let tries = 0; tries < 500 && alive() > 0; tries++) await sleep(20);
  assert.equal(alive(), 0);
  session.destroy();
  server.destroy();
});

test("CX-4, TM-3: a Gemini that vanished in the middle of a stream ends it, and one before it ends the call", async () => {
  await using gemini = await startFaultyGemini();
  await using line = await startTcpProxy(gemini.origin);
  await using gateway = await startGateway({
    GEMINI_BASE_URL: `http://${line.host}`,
    STREAM_IDLE_TIMEOUT_MS: "500",
    FIRST_EVENT_TIMEOUT_MS: "500",
  });
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  const response = await gateway.post(openAi(true));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? "";
  line.swallow(true);
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) text += piece.value;
  assert.match(text, /"code":"upstream_idle_timeout"|"error":/);
  assert.doesNotMatch(text, /\[DONE\]/);
  const late = await gateway.post(openAi(true));
  assert.equal(late.status, 504, await late.text());
});
