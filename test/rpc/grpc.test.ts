// Goal: a gRPC call that goes past Connect is answered as Connect would have done, byte for byte, and ends as surely.
import assert from "node:assert/strict";
import { connect as connectHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import fc from "fast-check";
import { ChatRequestSchema, CountTokensRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { ENVELOPE_BYTES } from "../../src/rpc/request-body.ts";
import { MODEL, question } from "../faults/requests.ts";
import {
  errorAnswer,
  geminiError,
  jsonAnswer,
  quotaExceeded,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";

const READ_MAX_BYTES = 100_000;
const CHAT = "/gemini.chat.v1.ChatService";

let gemini: FaultyGemini;
let gateway: TestGateway;
let session: ClientHttp2Session;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    REQUEST_BODY_MAX_BYTES: String(READ_MAX_BYTES),
    RETRY_ATTEMPTS: "1",
  });
  session = connectHttp2(`http://${gateway.app.grpc}`);
});
after(async () => {
  session.destroy();
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

function frame(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const asked = frame(toBinary(ChatRequestSchema, question()));
const good = textChunk("ok", { finishReason: "STOP" });

interface Question {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each in DATA frames of its own. */
  readonly pieces?: readonly Uint8Array[];
}

/** What a call was answered with. A header that says only which of both served it is left out, and the time. */
async function answerTo({ path = `${CHAT}/StreamChat`, headers = {}, pieces = [asked] }: Question): Promise<object> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: LICENCE,
    "x-request-id": "request-of-test",
    ...headers,
  });
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  const body: Buffer[] = [];
  stream
    .on("error", () => undefined)
    .on("response", (fields) => (head = fields))
    .on("trailers", (fields) => (trailers = fields))
    .on("data", (piece: Buffer) => body.push(piece));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  for (const piece of pieces) {
    stream.write(piece);
    if (pieces.length > 1) await sleep(1);
  }
  stream.end();
  await closed;
  const { date: _date, "grpc-encoding": _encoding, ...told } = head;
  // Connect adds of which kind the method is; the details hold the message once more.
  const details = findTrailerError(
    new Headers({ "grpc-status-details-bin": String(trailers["grpc-status-details-bin"] ?? "") }),
  )?.details;
  const message = trailers["grpc-message"]
    ?.toString()
    .replace(/(input message) for (?:unary|server-streaming) method$/, "$1");
  return {
    head: { ...told },
    body: Buffer.concat(body).toString("latin1"),
    trailers: { ...trailers, "grpc-message": message, "grpc-status-details-bin": details },
    rst: stream.rstCode,
  };
}

/** Who announces that messages may be compressed is served by Connect; none of these is. */
function byConnect(question: Question): Question {
  return { ...question, headers: { ...question.headers, "grpc-encoding": "gzip" } };
}

async function assertSame(question: Question): Promise<{ trailers: IncomingHttpHeaders; body: string }> {
  const ours = await answerTo(question);
  assert.deepEqual(ours, await answerTo(byConnect(question)));
  return ours as { trailers: IncomingHttpHeaders; body: string };
}

const chat = (facts: Parameters<typeof create<typeof ChatRequestSchema>>[1]): Buffer =>
  frame(toBinary(ChatRequestSchema, create(ChatRequestSchema, facts)));

const cases: readonly (readonly [title: string, status: string, question: Question])[] = [
  ["a stream", "0", {}],
  ["a whole answer", "0", { path: `${CHAT}/Chat` }],
  ["a request cut anywhere", "0", { pieces: [...asked].map((byte) => Uint8Array.of(byte)) }],
  ["the other content type", "0", { headers: { "content-type": "application/grpc+proto" } }],
  ["the longest deadline", "0", { headers: { "grpc-timeout": "99999999H" } }],
  ["no licence", "16", { headers: { authorization: "unknown-licence-000000" } }],
  ["no message", "12", { pieces: [] }],
  ["two messages", "12", { pieces: [asked, asked] }],
  ["half a message", "3", { pieces: [asked.subarray(0, 20)] }],
  ["half an envelope", "3", { pieces: [asked.subarray(0, 3)] }],
  ["an empty message", "3", { pieces: [frame(new Uint8Array())] }],
  ["no message of ours", "3", { pieces: [frame(Uint8Array.of(0xff, 0xff, 0xff))] }],
  ["a message over the limit", "8", { pieces: [frame(new Uint8Array(READ_MAX_BYTES + 1))] }],
  ["several broken rules, not in ASCII", "3", { pieces: [chat({ model: "", sampling: { temperature: 7 } })] }],
  [
    "a field that is missing",
    "3",
    {
      path: `${CHAT}/CountTokens`,
      pieces: [frame(toBinary(CountTokensRequestSchema, create(CountTokensRequestSchema)))],
    },
  ],
  ["a wrong timeout of ours", "3", { headers: { "x-request-timeout": "soon" } }],
];

for (const [title, status, question] of cases) {
  test(`${title} is answered as Connect does`, async () => {
    gemini.script(({ streaming }) => (streaming ? streamAnswer([good]) : jsonAnswer(good)));
    const { trailers } = await assertSame(question);
    assert.equal(trailers["grpc-status"], status, JSON.stringify(trailers));
  });
}

test("whatever bytes stand for a message are answered as Connect does", async () => {
  gemini.script(({ streaming }) => (streaming ? streamAnswer([good]) : jsonAnswer(good)));
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => frame(bytes)),
    fc.nat({ max: asked.length }).map((end) => asked.subarray(0, end)),
    fc.tuple(fc.nat({ max: asked.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => asked.with(at, byte)),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (bytes) => {
      // Nothing compressed and nothing behind the message; and for Connect an envelope alone is nothing at all.
      const body = Buffer.from(bytes);
      fc.pre(body.length !== ENVELOPE_BYTES);
      fc.pre(body.length < ENVELOPE_BYTES || ((body[0] ?? 0) & 1) === 0);
      fc.pre(body.length < ENVELOPE_BYTES || ENVELOPE_BYTES + body.readUInt32BE(1) >= body.length);
      await assertSame({ pieces: [bytes] });
    }),
    { numRuns: 50 },
  );
});

test("a message behind the message is refused, whatever it is", async () => {
  for (const more of [
    asked,
    asked.subarray(0, 7),
    frame(Uint8Array.of(0xff)),
    frame(new Uint8Array(READ_MAX_BYTES + 1)),
  ]) {
    const { trailers } = (await answerTo({ pieces: [asked, more] })) as { trailers: IncomingHttpHeaders };
    assert.equal(trailers["grpc-status"], "12");
  }
});

test("a deadline ends a call that waits for Gemini, with DEADLINE_EXCEEDED", async () => {
  gemini.script(() => ["stall"]);
  const { trailers } = (await answerTo({ headers: { "grpc-timeout": "50m" } })) as { trailers: IncomingHttpHeaders };
  assert.equal(trailers["grpc-status"], "4");
});

test("an upstream's refusal has its details and its wait in the trailers", async () => {
  gemini.script(() => errorAnswer(quotaExceeded("0.5s")));
  for (const path of [`${CHAT}/Chat`, `${CHAT}/StreamChat`]) {
    const { trailers } = await assertSame({ path, headers: { "grpc-previous-rpc-attempts": "1" } });
    assert.equal(trailers["grpc-status"], "8", JSON.stringify(trailers));
    assert.ok(trailers["grpc-status-details-bin"]);
    assert.ok(trailers["retry-after"]);
  }
});

test("an upstream's words that end in half a character are told all the same", async () => {
  gemini.script(() => errorAnswer(geminiError(400, "INVALID_ARGUMENT", "no \u{1f600} but \ud83d")));
  const { trailers } = await assertSame({});
  assert.equal(trailers["grpc-status"], "3", JSON.stringify(trailers));
  assert.match(decodeURIComponent(String(trailers["grpc-message"])), /no \u{1f600} but \ufffd/u);
});

test("a stream that breaks off keeps its messages, and tells why in its trailers", async () => {
  gemini.script(() => streamAnswer([textChunk("first words "), "reset"]));
  const { trailers, body } = await assertSame({});
  assert.match(body, /first words/);
  assert.notEqual(trailers["grpc-status"], "0");
  assert.ok(trailers["grpc-status-details-bin"]);
});

test("an answer is not compressed for a client that only could read it", async () => {
  gemini.script(() => streamAnswer([textChunk("a".repeat(5_000)), good]));
  const { body } = (await answerTo({ headers: { "grpc-accept-encoding": "identity,deflate,gzip" } })) as {
    body: string;
  };
  assert.match(body, /a{5000}/);
});

test("a client that leaves before its message is whole leaves nothing behind", async () => {
  const calls = gemini.calls.length;
  const stream = session.request({
    ":method": "POST",
    ":path": `${CHAT}/StreamChat`,
    "content-type": "application/grpc",
    authorization: LICENCE,
  });
  stream.on("error", () => undefined).resume();
  stream.write(asked.subarray(0, 20));
  await sleep(50);
  stream.close(constants.NGHTTP2_CANCEL);
  await new Promise((resolve) => stream.once("close", resolve));
  assert.equal(gemini.calls.length, calls);
  gemini.script(() => streamAnswer([good]));
  await assertSame({});
  assert.ok(gateway.log.every((line) => !/"level":"(?:error|fatal)"/.test(line)));
});

test("the model in the head is there before the first message", async () => {
  gemini.script(() => streamAnswer([good]));
  const { head } = (await answerTo({})) as { head: IncomingHttpHeaders };
  assert.equal(head["x-gateway-model"], MODEL);
  assert.equal(head["content-type"], "application/grpc+proto");
});
