// Goal: a peer that vanished without a word, behind a line that still stands, does not hold its calls for ever.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { systemClock } from "../../src/chat/clock.ts";
import type { ChatOperations } from "../../src/chat/service.ts";
import { ChatEventSchema, ChatRequestSchema, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BodyBudget } from "../../src/rpc/body-budget.ts";
import { createReadiness } from "../../src/rpc/readiness.ts";
import { startRpcServer } from "../../src/rpc/server.ts";
import { chatRequest } from "../facade/raw.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { pause, repeatable, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";
import { within } from "../support/faulty-gemini/deadline.ts";
import { chatHead, frame, FRAME, openRawH2 } from "../support/h2-frames.ts";
import { askStream, framed, openSession } from "../support/raw-grpc.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { openAi, question } from "./requests.ts";

const STREAMS = 20;
const PROBE_EVERY_MS = 300;
const PROBE_TIMEOUT_MS = 300;

/** Flags of frames. */
const END_STREAM = 1;
const END_HEADERS = 4;

/** Streams that say a word and then wait for their caller to leave. */
async function startQuietServer(idleMs = 60_000) {
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
    prefaceMs: 60_000,
    stallMs: 60_000,
    sessionLimits: { idleMs, probeEveryMs: PROBE_EVERY_MS, probeTimeoutMs: PROBE_TIMEOUT_MS },
    operations: { chat, models: {} as never, clock: systemClock },
    licences: { resolve: () => ({ licenceId: "l", name: "n" }) },
    readiness: createReadiness([]),
    health: false,
    reflection: false,
    readMaxBytes: 1_000_000,
    arrivalMs: 60_000,
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
  const session = openSession(line.host);
  for (let at = 0; at < STREAMS; at++) askStream(session, LICENCE, question()).resume();
  for (let tries = 0; tries < 500 && alive() < STREAMS; tries++) await sleep(10);
  await sleep(3 * (PROBE_EVERY_MS + PROBE_TIMEOUT_MS));
  assert.equal(alive(), STREAMS, "a client that answers our probes is there");
  line.swallow(true);
  for (let tries = 0; tries < 500 && alive() > 0; tries++) await sleep(20);
  assert.equal(alive(), 0);
  session.destroy();
  server.destroy();
});

test("HP-1: a head of a call that comes byte by byte does not keep its connection, be others running on it or not", async () => {
  const { server, alive } = await startQuietServer(1_000);
  for (const busy of [false, true]) {
    const peer = openRawH2(`127.0.0.1:${server.address.port}`);
    if (busy) {
      peer.socket.write(frame(FRAME.HEADERS, END_HEADERS, 1, chatHead(LICENCE)));
      peer.socket.write(frame(FRAME.DATA, END_STREAM, 1, framed(toBinary(ChatRequestSchema, question()))));
      for (let tries = 0; tries < 500 && alive() === 0; tries++) await sleep(10);
      assert.equal(alive(), 1);
    }
    const startedMs = performance.now();
    const block = chatHead(LICENCE);
    peer.socket.write(frame(FRAME.HEADERS, END_HEADERS, 3, Buffer.alloc(0), block.length));
    const drip = setInterval(() => peer.socket.write(Buffer.of(0x82)), 200);
    await within(peer.closed, 10_000, "the end of the connection");
    clearInterval(drip);
    assert.ok(performance.now() - startedMs > PROBE_TIMEOUT_MS);
  }
  for (let tries = 0; tries < 500 && alive() > 0; tries++) await sleep(10);
  assert.equal(alive(), 0);
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
  assert.match(text, /"code":"stream_idle_timeout"/);
  assert.doesNotMatch(text, /\[DONE\]/);
  const late = await gateway.post(openAi(true));
  const told = await late.text();
  assert.equal(late.status, 504, told);
  assert.match(told, /"code":"first_event_timeout"/);
});

test("CX-4: a reader of SSE behind a proxy that still takes its bytes is served no longer than any stream may take", async () => {
  await using gemini = await startFaultyGemini();
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, STREAM_TIMEOUT_MS: "1200" });
  await using line = await startTcpProxy(gateway.app.http);
  gemini.script(() =>
    streamAnswer(
      repeatable(function* () {
        for (;;) {
          yield textChunk("tick ");
          yield pause(50);
        }
      }),
    ),
  );
  const client = new BareClient(`http://${line.host}`);
  client.socket.write(chatRequest(JSON.stringify(openAi(true))));
  await client.untilText("tick");
  line.swallow(true);
  const [call] = await gemini.waitForCalls(1);
  assert.equal(await call?.whenEnded(10_000), "client-closed");
  client.socket.destroy();
});

/** The timers of this machine's connections that end at a port, as Linux tells them: `2` is that of TCP's own probes. */
function tcpTimers(end: "local" | "remote", port: number): { kind: number; dueS: number }[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", remote = "", state]) => state === "01" && (end === "local" ? local : remote).endsWith(hex))
    .map((fields) => {
      const [kind = "", due = ""] = fields[5]?.split(":") ?? [];
      return { kind: Number.parseInt(kind, 16), dueS: Number.parseInt(due, 16) / 100 };
    });
}

test(
  "CX-4: TCP asks within a minute whether a silent peer is still there, on both ports and at Gemini's end",
  { skip: process.platform !== "linux" },
  async () => {
    await using gemini = await startFaultyGemini();
    await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
    gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
    const client = new BareClient(gateway.app.http);
    client.socket.write(chatRequest(JSON.stringify(openAi(true))));
    await client.untilText('"content":"one"');
    const session = openSession(gateway.app.grpc ?? "");
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    for (const [end, host] of [
      ["local", gateway.app.http],
      ["local", `http://${gateway.app.grpc}`],
      ["remote", gemini.origin],
    ] as const) {
      const timers = () => tcpTimers(end, Number(new URL(host).port));
      const probes = (): boolean => timers().some(({ kind, dueS }) => kind === 2 && dueS <= 61);
      // What was sent last has to be acknowledged first: until then another timer runs.
      for (let tries = 0; tries < 200 && !probes(); tries++) await sleep(25);
      assert.ok(probes(), `${host}: ${JSON.stringify(timers())}`);
    }
    client.socket.destroy();
    session.destroy();
  },
);
