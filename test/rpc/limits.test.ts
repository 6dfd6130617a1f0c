// Goal: no peer of the gRPC port can take more than its share: not by size, not by number, not by malformed bytes.
import assert from "node:assert/strict";
import { constants, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { ChatRequestSchema, ChatService, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { failureOf, MODEL, openAi, question, reasonOf } from "../faults/requests.ts";
import {
  jsonAnswer,
  pause,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { framed, openSession, openStream } from "../support/raw-grpc.ts";
import { transportsOf } from "../support/transports.ts";

const READ_MAX_BYTES = 1_000_000;
const MAX_STREAMS = 20;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    REQUEST_BODY_MAX_BYTES: String(READ_MAX_BYTES),
    GRPC_MAX_STREAMS: String(MAX_STREAMS),
    WRITE_STALL_TIMEOUT_MS: "1000",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const good = textChunk("ok", { finishReason: "STOP" });

const newSession = (): ClientHttp2Session => openSession(gateway.app.grpc ?? "");

interface Outcome {
  readonly status: number | undefined;
  readonly grpcStatus: string | undefined;
  readonly message: string;
}

/** How a stream ended: its HTTP status and its gRPC status, wherever that stood. */
async function outcomeOf(stream: ClientHttp2Stream): Promise<Outcome> {
  let head: OutgoingHttpHeaders = {};
  let trailers: OutgoingHttpHeaders = {};
  stream
    .on("response", (headers) => (head = headers))
    .on("trailers", (headers) => (trailers = headers))
    .resume();
  await new Promise((resolve) => stream.once("close", resolve));
  const all = { ...head, ...trailers };
  return {
    status: Number(head[":status"]) || undefined,
    grpcStatus: all["grpc-status"]?.toString(),
    message: all["grpc-message"]?.toString() ?? "",
  };
}

async function stillServes(): Promise<void> {
  gemini.script(({ streaming }) => (streaming ? streamAnswer([good]) : jsonAnswer(good)));
  const session = newSession();
  const stream = openStream(session, LICENCE);
  stream.end(framed(toBinary(ChatRequestSchema, question())));
  assert.equal((await outcomeOf(stream)).grpcStatus, "0");
  session.destroy();
  const rest = await gateway.post(openAi(false));
  assert.equal(rest.status, 200);
  await rest.text();
}

test("a message over the limit is RESOURCE_EXHAUSTED on every transport", async () => {
  const large = create(ChatRequestSchema, {
    model: MODEL,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: "x".repeat(READ_MAX_BYTES) } }] }],
  });
  for (const { name, wire, transport } of transportsOf(gateway)) {
    if (!wire) continue;
    const failure = await failureOf(createClient(ChatService, transport).chat(large));
    assert.equal(failure.code, Code.ResourceExhausted, name);
  }
  await stillServes();
});

test("a length that lies about gigabytes is refused by its five bytes", async () => {
  const session = newSession();
  const stream = openStream(session, LICENCE);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(0xffff_ffff, 1);
  stream.end(Buffer.concat([head, Buffer.alloc(100)]));
  assert.equal((await outcomeOf(stream)).grpcStatus, String(Code.ResourceExhausted));
  session.destroy();
});

test("a gzip bomb is refused without being blown up", async () => {
  const rssBefore = process.memoryUsage().rss;
  const bomb = gzipSync(Buffer.alloc(200_000_000));
  const session = newSession();
  const stream = openStream(session, LICENCE, { "grpc-encoding": "gzip" });
  stream.end(framed(bomb, true));
  assert.equal((await outcomeOf(stream)).grpcStatus, String(Code.ResourceExhausted));
  session.destroy();
  const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
  // The 200 MB of zeros that made it are part of this process.
  assert.ok(grownMb < 350, `${grownMb} MB`);
  await stillServes();
});

test("what is no gRPC message is refused, and the process lives", async () => {
  for (const body of [
    Buffer.from("nonsense"),
    framed(Buffer.from([0xff, 0xff, 0xff])),
    Buffer.alloc(3),
    Buffer.alloc(0),
    framed(Buffer.from("no gzip"), true),
  ]) {
    const session = newSession();
    const stream = openStream(session, LICENCE);
    stream.end(body);
    const { grpcStatus } = await outcomeOf(stream);
    assert.ok(grpcStatus !== undefined && grpcStatus !== "0", `${body.toString("hex")}: ${grpcStatus}`);
    session.destroy();
  }
  await stillServes();
});

test("an authority that is none is refused, and the process lives", async () => {
  for (const authority of ["x:99999", "a:b:c", "[::", "a%zz", "a/../b"]) {
    const session = newSession();
    const stream = openStream(session, LICENCE, { ":authority": authority });
    stream.end();
    const { status } = await outcomeOf(stream);
    assert.ok(status === undefined || status === 400 || status === 200, `${authority}: ${status}`);
    session.destroy();
  }
  await stillServes();
});

test("unknown methods and paths are not there", async () => {
  for (const path of [
    "/gemini.chat.v1.ChatService/Nope",
    "/nope",
    "/gemini/v1/models",
    "*",
    "/gemini.chat.v1.ChatService/Chat/",
  ]) {
    const session = newSession();
    const stream = openStream(session, LICENCE, { ":path": path });
    stream.end();
    const { status } = await outcomeOf(stream);
    assert.ok(status === 404 || status === undefined, `${path}: ${status}`);
    session.destroy();
  }
});

test("a wrong method or content type is refused", async () => {
  for (const [headers, expected] of [
    [{ ":method": "GET", "content-type": "application/grpc" }, [405, 415]],
    [{ "content-type": "text/plain" }, [415]],
    [{ "content-type": "application/grpcx" }, [415]],
  ] as const) {
    const session = newSession();
    const stream = openStream(session, LICENCE, headers);
    stream.end();
    const { status } = await outcomeOf(stream);
    assert.ok((expected as readonly (number | undefined)[]).includes(status), String(status));
    session.destroy();
  }
});

test(`no more than ${MAX_STREAMS} streams of one connection run at once`, async () => {
  const calls = gemini.calls.length;
  gemini.script(() => streamAnswer([pause(300), good]));
  const session = newSession();
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  assert.equal(session.remoteSettings.maxConcurrentStreams, MAX_STREAMS);
  const streams = Array.from({ length: 3 * MAX_STREAMS }, () => openStream(session, LICENCE));
  const outcomes = streams.map((stream) => {
    stream.end(framed(toBinary(ChatRequestSchema, question())));
    return outcomeOf(stream);
  });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, gemini.calls.slice(calls).filter(({ outcome }) => outcome === undefined).length);
  }, 10);
  await Promise.all(outcomes);
  clearInterval(watch);
  assert.ok(most > 0 && most <= MAX_STREAMS, String(most));
  session.destroy();
  await stillServes();
});

test("a peer that opens and resets streams is sent away, and starts few calls to Gemini", async () => {
  const calls = gemini.calls.length;
  gemini.script(() => ["stall"]);
  const session = newSession();
  let goneAway = false;
  session.on("goaway", () => (goneAway = true)).on("close", () => (goneAway = true));
  for (let batch = 0; batch < 40 && !goneAway; batch++) {
    for (let at = 0; at < MAX_STREAMS && !session.destroyed; at++) {
      const stream = openStream(session, LICENCE);
      stream.end(framed(toBinary(ChatRequestSchema, question())));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await sleep(5);
  }
  assert.ok(goneAway);
  session.destroy();
  await sleep(100);
  assert.ok(gemini.calls.length - calls <= 200, String(gemini.calls.length - calls));
  assert.ok(gemini.calls.slice(calls).every(({ outcome }) => outcome === "client-closed"));
  await stillServes();
});

test("peers that speak no HTTP/2 are hung up on", async () => {
  const port = Number(gateway.app.grpc?.split(":").at(-1));
  for (const text of [
    "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all",
    "\0".repeat(1_000),
  ]) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.write(text);
    await new Promise((resolve) => socket.once("close", resolve));
  }
  await stillServes();
});

test("random frames of many peers do not stop the server", async () => {
  const port = Number(gateway.app.grpc?.split(":").at(-1));
  const preface = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from("000000040000000000", "hex"),
  ]);
  await Promise.all(
    Array.from({ length: 60 }, async (_, seed) => {
      const socket = connectTcp(port, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      socket.write(preface);
      for (let at = 0; at < 20 && !socket.destroyed; at++) {
        const random = Buffer.from(
          Array.from({ length: 24 }, (_byte, index) => (seed * 31 + at * 17 + index * index * 7) % 256),
        );
        const header = Buffer.from([
          0,
          0,
          random.length,
          (seed + at) % 10,
          random[0] ?? 0,
          0,
          0,
          0,
          (at * 2 + 1) % 256,
        ]);
        socket.write(Buffer.concat([header, random]));
        await sleep(1);
      }
      socket.destroy();
    }),
  );
  await stillServes();
});

test("a message that never comes whole is not waited for", async () => {
  const session = newSession();
  const stream = openStream(session, LICENCE);
  stream.write(framed(toBinary(ChatRequestSchema, question())).subarray(0, 20));
  const startedMs = performance.now();
  await outcomeOf(stream);
  assert.ok(performance.now() - startedMs < 4_000);
  session.destroy();
});

test("no licence means no message is read", async () => {
  const calls = gemini.calls.length;
  const session = newSession();
  const stream = openStream(session, LICENCE, { authorization: "unknown-licence-000000" });
  // The message is never finished.
  stream.write(framed(toBinary(ChatRequestSchema, question())).subarray(0, 3));
  assert.equal((await outcomeOf(stream)).grpcStatus, String(Code.Unauthenticated));
  session.destroy();
  assert.equal(gemini.calls.length, calls);
});

test("a broken rule of the contract has its reason beside its field, and is counted as a refusal", async () => {
  const asked = question();
  asked.model = "";
  const transport = transportsOf(gateway).find(({ name }) => name === "gRPC over HTTP/2")?.transport;
  assert.ok(transport);
  const failure = await failureOf(createClient(ChatService, transport).chat(asked));
  assert.equal(failure.code, Code.InvalidArgument);
  assert.ok(["INVALID_VALUE", "MISSING_REQUIRED_PARAMETER"].includes(reasonOf(failure) ?? ""));
  const metrics = await (await gateway.get("/metrics")).text();
  assert.match(metrics, /refusals_total\{[^}]*face="rpc"[^}]*\} [1-9]/);
});

test("of thousands of broken rules the first are told, over every transport", async () => {
  const asked = create(ChatRequestSchema, { messages: Array.from({ length: 5_000 }, () => ({})) });
  for (const { name, wire, transport } of transportsOf(gateway)) {
    if (!wire) continue;
    const failure = await failureOf(createClient(ChatService, transport).chat(asked));
    assert.equal(failure.code, Code.InvalidArgument, name);
    assert.equal(failure.findDetails(BadRequestSchema)[0]?.fieldViolations.length, 20, name);
  }
});
