// Goal: a connection to the gRPC port that does not say what it is holds nothing for longer than a request's head may take, and one that
// has said it is left alone.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startFaultyGemini, streamAnswer, pause, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { question } from "../faults/requests.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { frame, FRAME, PREFACE } from "../support/h2-frames.ts";
import { askStream, openSession } from "../support/raw-grpc.ts";

const LIMIT_MS = 700;
/** A busy machine may be late by so much. */
const SLACK_MS = 4_000;
/** Fewer than the kernel queues for a listener (511): it forgets more at once. */
const SOCKETS = 400;
const MAGIC_BYTES = 24;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, HEADERS_TIMEOUT_MS: String(LIMIT_MS) });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

function open(): Socket {
  return connectTcp(Number(gateway.app.grpc?.split(":").at(-1)), "127.0.0.1")
    .on("error", () => undefined)
    .resume();
}

/** Milliseconds until the other side ends the connection, while `next` gives bytes to send to it now and then. */
async function lifeOf(first: Uint8Array, next: () => Uint8Array | undefined = () => undefined): Promise<number> {
  const socket = open();
  const closed = once(socket, "close");
  await once(socket, "connect");
  const startedMs = performance.now();
  socket.write(first);
  const drip = setInterval(() => {
    const more = next();
    if (more) socket.write(more);
  }, LIMIT_MS / 10);
  await closed;
  clearInterval(drip);
  return performance.now() - startedMs;
}

function assertCut(ms: number): void {
  assert.ok(ms >= LIMIT_MS - 100 && ms < LIMIT_MS + SLACK_MS, `${ms} ms`);
}

test("HP-1: a connection without a whole preface and SETTINGS in time is closed, whatever else it sends", async () => {
  const magic = PREFACE.subarray(0, MAGIC_BYTES);
  const settings = frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(60));
  let at = 0;
  const lives = await Promise.all([
    lifeOf(Buffer.alloc(0)),
    lifeOf(PREFACE.subarray(0, 10)),
    lifeOf(magic),
    lifeOf(PREFACE.subarray(0, MAGIC_BYTES + 5)),
    // Byte by byte: within the preface, and within the frame.
    lifeOf(Buffer.alloc(0), () => magic.subarray(at, ++at)),
    lifeOf(Buffer.concat([magic, settings.subarray(0, 10)]), () => Buffer.alloc(1)),
  ]);
  lives.forEach(assertCut);
});

test(`HP-1: ${SOCKETS} silent connections are closed in time, and nothing of them is left`, async () => {
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCPSocket")).length;
  const before = sockets();
  const lives = Promise.all(Array.from({ length: SOCKETS }, () => lifeOf(Buffer.alloc(0))));
  await sleep(LIMIT_MS / 2);
  assert.ok(sockets() > before + SOCKETS);
  (await lives).forEach(assertCut);
  for (let tries = 0; tries < 200 && sockets() > before; tries++) await sleep(10);
  assert.ok(sockets() <= before, `${sockets()} instead of ${before}`);
});

test("HP-1: a connection that has said what it is may be idle, ping, and run a stream for longer", async () => {
  gemini.script(() =>
    streamAnswer([textChunk("one"), pause(3 * LIMIT_MS), textChunk("two", { finishReason: "STOP" })]),
  );
  const idle = openSession(gateway.app.grpc ?? "");
  const pinging = openSession(gateway.app.grpc ?? "");
  const busy = openSession(gateway.app.grpc ?? "");
  await Promise.all([idle, pinging, busy].map((session) => once(session, "remoteSettings")));
  let text = "";
  const stream = askStream(busy, LICENCE, question()).on("data", (piece: Buffer) => (text += piece.toString("latin1")));
  const ended = once(stream, "close");
  for (let times = 0; times < 6; times++) {
    await sleep(LIMIT_MS / 2);
    await new Promise((resolve) => pinging.ping(resolve));
  }
  await ended;
  assert.match(text, /one.*two/s);
  for (const session of [idle, pinging, busy]) {
    assert.equal(session.closed || session.destroyed, false);
    session.destroy();
  }
});

test("HP-1, DR-3: a client that never ends its side of a connection holds neither a socket nor the drain", async () => {
  const stopping = await startGateway({ HEADERS_TIMEOUT_MS: String(LIMIT_MS) });
  const port = Number(stopping.app.grpc?.split(":").at(-1));
  const greetings = [Buffer.alloc(0), PREFACE];
  const sockets = greetings.map((greeting) => {
    const socket = connectTcp({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.on("error", () => undefined).resume();
    socket.write(greeting);
    return socket;
  });
  // The first is sent away for its silence, the other by the drain.
  await once(sockets[0] as Socket, "end");
  const startedMs = performance.now();
  await stopping[Symbol.asyncDispose]();
  // Five seconds; the grace is 25.
  assert.ok(performance.now() - startedMs < 15_000);
  for (const socket of sockets) socket.destroy();
});
