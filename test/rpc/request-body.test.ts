// Goal: a body that is still coming ends with its call: at the caller's deadline, at our limits, with the drain, and always in the words of
// its protocol; and in whatever pieces it comes, it costs in proportion.
import assert from "node:assert/strict";
import { connect as connectHttp2, constants } from "node:http2";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import fc from "fast-check";
import { systemClock } from "../../src/chat/clock.ts";
import { ChatRequestSchema, ChatService, Role, type ChatRequest } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readPieces } from "../../src/rpc/request-body.ts";
import { head } from "../facade/raw.ts";
import { MODEL } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { chatHead, frame, FRAME, openRawH2 } from "../support/h2-frames.ts";

const { NGHTTP2_FLAG_END_HEADERS: END_HEADERS, NGHTTP2_FLAG_END_STREAM: END_STREAM } = constants;

const LIMIT_MS = 500;
/** Timers and a busy machine may be late by so much; other limits are far away. */
const SLACK_MS = 4_000;

function framed(message: Uint8Array): Buffer {
  const envelope = Buffer.alloc(5);
  envelope.writeUInt32BE(message.length, 1);
  return Buffer.concat([envelope, message]);
}

/** A call that was begun: bytes may be added to its request, and it ends with all that was told, as text. */
interface Begun {
  write(bytes: Buffer): void;
  readonly told: Promise<string>;
}

interface Dialect {
  readonly type: string;
  /** The header of a deadline, and its value for so many milliseconds. */
  readonly deadline: (ms: number) => Readonly<Record<string, string>>;
  /** A whole body that asks so. */
  readonly body: (request: ChatRequest) => Buffer;
  readonly isUnary?: boolean;
  readonly overHttp1?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const grpcDeadline = (ms: number): Record<string, string> => ({ "grpc-timeout": `${ms}m` });
const connectDeadline = (ms: number): Record<string, string> => ({ "connect-timeout-ms": String(ms) });
const binary: Dialect["body"] = (request) => framed(toBinary(ChatRequestSchema, request));
const json: Dialect["body"] = (request) => Buffer.from(toJsonString(ChatRequestSchema, request));
const framedJson: Dialect["body"] = (request) => framed(json(request));

const dialects: Readonly<Record<string, Dialect>> = {
  gRPC: { type: "application/grpc", deadline: grpcDeadline, body: binary },
  "gRPC that may be compressed": {
    type: "application/grpc",
    deadline: grpcDeadline,
    body: binary,
    headers: { "grpc-encoding": "gzip" },
  },
  "gRPC-Web": { type: "application/grpc-web+proto", deadline: grpcDeadline, body: binary, overHttp1: true },
  "a Connect stream": { type: "application/connect+proto", deadline: connectDeadline, body: binary },
  "a Connect stream over HTTP/1.1": {
    type: "application/connect+json",
    deadline: connectDeadline,
    body: framedJson,
    overHttp1: true,
  },
  "a Connect call": { type: "application/json", deadline: connectDeadline, body: json, isUnary: true },
  "a Connect call over HTTP/1.1": {
    type: "application/json",
    deadline: connectDeadline,
    body: json,
    isUnary: true,
    overHttp1: true,
  },
};

function headOf(dialect: Dialect): { path: string; headers: Readonly<Record<string, string>> } {
  return {
    path: `/${ChatService.typeName}/${dialect.isUnary ? "Chat" : "StreamChat"}`,
    headers: { authorization: LICENCE, "content-type": dialect.type, ...dialect.headers },
  };
}

function begin({ app }: TestGateway, dialect: Dialect, more: Readonly<Record<string, string>> = {}): Begun {
  const { path, headers } = headOf(dialect);
  const all = { ...headers, ...more };
  return dialect.overHttp1 ? beginOverHttp1(app.http, path, all) : beginOverHttp2(`http://${app.grpc}`, path, all);
}

function beginOverHttp2(origin: string, path: string, headers: Readonly<Record<string, string>>): Begun {
  const session = connectHttp2(origin);
  const stream = session.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
  session.on("error", () => undefined);
  stream.on("error", () => undefined);
  let text = "";
  stream
    .on("response", (fields) => (text += JSON.stringify(fields)))
    .on("data", (piece: Buffer) => (text += piece.toString("latin1")))
    .on("trailers", (fields) => (text += JSON.stringify(fields)));
  const told = new Promise<string>((resolve) => stream.once("close", () => resolve(text)));
  void told.then(() => session.close());
  return { write: (bytes) => void (stream.closed || stream.write(bytes)), told };
}

function beginOverHttp1(origin: string, path: string, headers: Readonly<Record<string, string>>): Begun {
  const client = new BareClient(origin);
  client.socket.write(head(`POST ${path}`, { ...headers, "transfer-encoding": "chunked" }));
  return { write: (bytes) => void client.socket.write(toChunk(bytes)), told: untilStatus(client) };
}

function toChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** All that came over HTTP/1.1 until a status was among it, or the connection ended. */
async function untilStatus(client: BareClient): Promise<string> {
  const { socket } = client;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (/grpc-status: \d|"code":"\w/.test(client.bytes.toString("latin1"))) resolve();
    };
    socket.on("data", look).once("close", () => resolve());
  });
  const text = client.bytes.toString("latin1");
  socket.destroy();
  return text;
}

const CODES = { DEADLINE_EXCEEDED: [4, "deadline_exceeded"], UNAVAILABLE: [14, "unavailable"] } as const;

/** Whether an answer tells of this code, whatever its protocol. */
function assertTold(text: string, code: keyof typeof CODES): void {
  const [grpc, connect] = CODES[code];
  assert.match(text, new RegExp(`grpc-status"?: ?"?${grpc}\\b|"code":"${connect}"`));
}

function assertAround(ms: number, expectedMs: number): void {
  assert.ok(ms >= expectedMs - 50 && ms < expectedMs + SLACK_MS, `${ms} ms instead of ${expectedMs}`);
}

function question(characters: number, model = MODEL): ChatRequest {
  const text = "x".repeat(characters);
  return create(ChatRequestSchema, {
    model,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: text } }] }],
  });
}

/** The first half of a body, and then one byte after the other; what was told of it, and after how long. */
async function drip({ write, told }: Begun, body: Buffer): Promise<{ text: string; ms: number }> {
  const startedMs = performance.now();
  const half = body.length >> 1;
  write(body.subarray(0, half));
  let isOver = false;
  const ended = told.finally(() => (isOver = true));
  for (let at = half; at < body.length - 1 && !isOver; at++) {
    write(body.subarray(at, at + 1));
    await sleep(LIMIT_MS / 10);
  }
  return { text: await ended, ms: performance.now() - startedMs };
}

async function refusals({ get }: TestGateway): Promise<Record<string, number>> {
  const page = await (await get("/metrics")).text();
  const found = page.matchAll(/refusals_total\{face="rpc",reason="(\w+)"\} (\d+)/g);
  return Object.fromEntries([...found].map(([, reason = "", count]) => [reason, Number(count)]));
}

/** Nothing of these tests may reach Gemini. */
const NOWHERE = { GEMINI_BASE_URL: "http://127.0.0.1:9" };

describe("a body that is still coming", { concurrency: 4 }, () => {
  for (const [name, dialect] of Object.entries(dialects)) {
    const body = dialect.body(question(1_000));

    test(`TM-1: the deadline of ${name} ends it, and is counted once`, async () => {
      await using gateway = await startGateway(NOWHERE);
      for (const deadline of [dialect.deadline(LIMIT_MS), { "x-request-timeout": String(LIMIT_MS / 1_000) }]) {
        const { text, ms } = await drip(begin(gateway, dialect, deadline), body);
        assertTold(text, "DEADLINE_EXCEEDED");
        assertAround(ms, LIMIT_MS);
      }
      assert.deepEqual(await refusals(gateway), { TIMEOUT: 2 });
    });

    test(`TM-3: the time of a whole call ends it over ${name} too`, async () => {
      await using gateway = await startGateway({ ...NOWHERE, REQUEST_TIMEOUT_MS: String(LIMIT_MS) });
      const { text, ms } = await drip(begin(gateway, dialect), body);
      assertTold(text, "DEADLINE_EXCEEDED");
      assertAround(ms, LIMIT_MS);
    });

    test(`DR-3: the end of a drain is told to ${name}, and the drain waits no longer`, async () => {
      const gateway = await startGateway({ ...NOWHERE, SHUTDOWN_GRACE_MS: String(LIMIT_MS) });
      const begun = begin(gateway, dialect);
      const dripped = drip(begun, body);
      await sleep(LIMIT_MS / 5);
      const startedMs = performance.now();
      await gateway[Symbol.asyncDispose]();
      const ms = performance.now() - startedMs;
      assertTold((await dripped).text, "UNAVAILABLE");
      assert.ok(ms < LIMIT_MS + 1_400, `${ms} ms`);
    });
  }

  test("HP-1: a body that comes byte by byte over HTTP/2 is cut off in time", async () => {
    await using gateway = await startGateway({ ...NOWHERE, REQUEST_BODY_TIMEOUT_MS: String(LIMIT_MS) });
    for (const dialect of Object.values(dialects).filter(({ overHttp1 }) => !overHttp1)) {
      const { text, ms } = await drip(begin(gateway, dialect), dialect.body(question(1_000)));
      assertTold(text, "DEADLINE_EXCEEDED");
      assertAround(ms, LIMIT_MS);
    }
  });
});

/** A call that reads a body, as far as reading it is concerned. */
function callOf(methodKind: "unary" | "bidi_streaming"): HandlerContext {
  const signal = new AbortController().signal;
  const call: Partial<HandlerContext> = { signal, requestHeader: new Headers(), timeoutMs: () => undefined };
  return { ...call, method: { methodKind } } as HandlerContext;
}

async function readAll(pieces: readonly Buffer[], kind: "unary" | "bidi_streaming" = "unary"): Promise<Buffer[]> {
  let leased = 0;
  const lease = { take: (bytes: number) => void (leased += bytes) };
  const request = Readable.from(pieces, { objectMode: false });
  const read: Buffer[] = [];
  const bounds = { clock: systemClock, arrivalMs: 60_000, lease, peer: undefined };
  for await (const piece of readPieces(request, callOf(kind), bounds)) read.push(piece);
  assert.equal(leased, Buffer.concat(pieces).length);
  return read;
}

test("ST-1: in whatever pieces a body comes, its bytes are the same, counted, and handed on in few pieces", async () => {
  const pieces = fc.array(fc.nat({ max: 70_000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(pieces, async (lengths) => {
      const sent = lengths.filter((length) => length > 0).map((length, at) => Buffer.alloc(length, at + 1));
      const [whole, read] = [Buffer.concat(sent), await readAll(sent)];
      assert.ok(Buffer.concat(read).equals(whole));
      // Each of the first bytes at once, then 64 KiB together: large pieces among small ones are not copied.
      assert.ok(read.length <= 6 + 3 * Math.ceil(whole.length / 65_536), `${read.length} pieces`);
    }),
    { numRuns: 50 },
  );
  const singles = Array.from({ length: 100_000 }, () => Buffer.of(7));
  assert.ok((await readAll(singles)).length < 10);
});

test("a body whose time is over while its reader does something else does not end as a whole one", async () => {
  const request = new Readable({ read: () => undefined });
  const bounds = { clock: systemClock, arrivalMs: 50, lease: { take: () => undefined }, peer: undefined };
  const pieces = readPieces(request, callOf("unary"), bounds);
  request.push("a half of it");
  assert.equal(String((await pieces.next()).value), "a half of it");
  await sleep(200);
  await assert.rejects(pieces.next(), { reason: "TIMEOUT" });
});

test("a call that was over before its body came leaves nothing on its request, and takes nothing more from the budget", async () => {
  const request = new Readable({ read: () => undefined });
  let leased = 0;
  const lease = { take: (bytes: number) => void (leased += bytes) };
  const bounds = { clock: systemClock, arrivalMs: 60_000, lease, peer: undefined };
  const call = { ...callOf("unary"), timeoutMs: () => 0 };
  await assert.rejects(readPieces(request, call, bounds).next(), { reason: "TIMEOUT" });
  const left = { ...callOf("unary"), signal: AbortSignal.abort() };
  await assert.rejects(readPieces(request, left, bounds).next(), { reason: "CANCELLED" });
  for (const event of ["data", "end", "close"]) assert.equal(request.listenerCount(event), 0, event);
  request.resume();
  request.push("what comes after the answer");
  await sleep(50);
  assert.equal(leased, 0);
});

test("a request whose stream is reset before its end does not begin as a whole one", async () => {
  await using gateway = await startGateway();
  const { socket } = openRawH2(gateway.app.grpc ?? "");
  const message = framed(toBinary(ChatRequestSchema, question(10)));
  const ask = (stream: number, last: Buffer): boolean =>
    socket.write(
      Buffer.concat([
        frame(FRAME.HEADERS, END_HEADERS, stream, chatHead(LICENCE)),
        frame(FRAME.DATA, 0, stream, message),
        last,
      ]),
    );
  const finished = (): number => gateway.log.filter((line) => line.includes('"call finished"')).length;
  ask(1, frame(FRAME.RST_STREAM, 0, 1, Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL)));
  ask(3, frame(FRAME.DATA, END_STREAM, 3, Buffer.alloc(0)));
  for (let tries = 0; tries < 500 && finished() === 0; tries++) await sleep(10);
  await sleep(200);
  assert.equal(finished(), 1);
  socket.destroy();
});

test("BP-6: bodies in single bytes cost in proportion, over each protocol of HTTP/1.1", async () => {
  await using gateway = await startGateway(NOWHERE);
  for (const [name, dialect] of Object.entries(dialects)) {
    if (!dialect.overHttp1) continue;
    const { path, headers } = headOf(dialect);
    const singles = [...dialect.body(question(150_000, ""))].map((byte) => toChunk(Buffer.of(byte)));
    const client = new BareClient(gateway.app.http);
    const startedMs = performance.now();
    client.socket.write(head(`POST ${path}`, { ...headers, "transfer-encoding": "chunked" }));
    client.socket.write(Buffer.concat([...singles, Buffer.from("0\r\n\r\n")]));
    assert.match(await untilStatus(client), /grpc-status: 3|"code":"invalid_argument"/, name);
    const ms = performance.now() - startedMs;
    // Half a second; it was half a minute when Connect was handed each byte.
    assert.ok(ms < 10_000, `${name}: ${ms} ms`);
  }
});
