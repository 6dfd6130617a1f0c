// Fuzz targets against whole gateways: answers, bodies, frames and licences.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import fc from "fast-check";
import { generatedChunks, inOneChunk } from "../e2e/properties/chunks.ts";
import { mutated } from "../e2e/properties/mutations.ts";
import { withoutChance, withoutSecondTry } from "../e2e/replay/openai-answer.ts";
import { answerOf } from "../e2e/replay/playback.ts";
import type { Json } from "../e2e/replay/recordings.ts";
import { anyBody, anyJson } from "../openai/bodies.ts";
import { foldChunks, readChunks } from "../openai/sse-fold.ts";
import { within } from "../support/faulty-gemini/deadline.ts";
import { startFaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";
import { chatHead, frame, PREFACE } from "../support/h2-frames.ts";
import { target, type Opened } from "./target.ts";

const GOLDEN = new URL("../golden/", import.meta.url);
const QUESTION = { model: "gemini-3.8-flash", messages: [{ role: "user", content: "Go on." }] };
const OK = { status: 200, headers: {} };

/** Everybody else is served within so long, whatever one sends. */
const SERVED_MS = 10_000;
/** So long a connection may stay open after its input before it is closed from outside. */
const LINGER_MS = 100;

export const answers = target({
  id: "FZ-2",
  title: "any answer of Gemini is the same whether it is streamed or whole, and its texts are all there",
  inputs: generatedChunks,
  runs: 50,
  async open(): Promise<Opened<Json[]>> {
    const gemini = await startFaultyGemini({ keepCalls: 0 });
    const gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, LOG_LEVEL: "error" });
    const read = async (upstream: Parameters<typeof answerOf>[0], mode: object): Promise<string> => {
      gemini.script(({ streaming }) => answerOf(upstream, streaming));
      return (await gateway.post({ ...QUESTION, ...mode })).text();
    };
    return {
      async check(chunks) {
        const mode = { stream: true, stream_options: { include_usage: true } };
        const stream = await read({ response: { ...OK, chunks } }, mode);
        const whole: Json = JSON.parse(await read({ response: { ...OK, body: inOneChunk(chunks) } }, {}));
        const [one, other] = [foldChunks(readChunks(stream)), whole].map(withoutChance).map(withoutSecondTry);
        assert.deepEqual(one, other);
      },
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await gemini.close();
      },
    };
  },
});

const goldenBodies = readdirSync(GOLDEN).map(
  (name) => JSON.parse(readFileSync(new URL(`${name}/request.openai.json`, GOLDEN), "utf8")) as Json,
);

export const bodies = target({
  id: "FZ-3",
  title: "any JSON is a 4xx, or becomes a request that the emulator, which judges every body, answers",
  // `anyJson` may hold undefined and the like, which are not JSON: what is tried is what a client sends.
  inputs: fc
    .oneof(anyBody, anyJson, fc.constantFrom(...goldenBodies).chain(mutated))
    .map((body) => JSON.stringify(body) ?? "null"),
  runs: 200,
  async open(): Promise<Opened<string>> {
    const gateway = await startGateway({ MEDIA_FETCH: "off", LOG_LEVEL: "error" });
    return {
      async check(text) {
        const response = await gateway.post(text);
        const body = await response.text();
        if (response.status === 200) return;
        assert.ok(response.status >= 400 && response.status < 500, `${response.status} ${body}`);
        assert.equal((JSON.parse(body) as Json).error.type, "invalid_request_error");
      },
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    };
  },
});

const h2Headers = chatHead(LICENCE);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((values) => Buffer.from(values)),
  fc.constant(h2Headers),
  fc.constant(Buffer.from("0000000007", "hex")),
);
const h2Frame = fc
  .record({
    type: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.nat({ max: 255 })),
    flags: fc.oneof(fc.constantFrom(0, 1, 4, 5, 8, 0x20), fc.nat({ max: 255 })),
    stream: fc.oneof(fc.constantFrom(0, 1, 3, 5, 2, 0x7fff_ffff, 0x8000_0001), fc.nat({ max: 20 })),
    payload,
    lie: fc.option(fc.nat({ max: 0xff_ffff }), { freq: 8, nil: undefined }),
  })
  .map(({ type, flags, stream, payload: body, lie }) => frame(type, flags, stream, body, lie));
const h2Bytes = fc.array(h2Frame, { maxLength: 12 }).map((frames) => Buffer.concat([PREFACE, ...frames]));

const h1Line = fc.oneof(
  fc.constantFrom(
    "GET /gemini/v1/models HTTP/1.1",
    "POST /gemini/v1/chat/completions HTTP/1.1",
    "POST /gemini.chat.v1.ChatService/Chat HTTP/1.1",
    "host: g",
    `authorization: ${LICENCE}`,
    "content-length: 5",
    "content-length: -5",
    "transfer-encoding: chunked",
    "transfer-encoding: identity",
    "content-type: application/json",
    "content-type: application/grpc-web+proto",
    "expect: 100-continue",
    "upgrade: h2c",
    "connection: upgrade, close, keep-alive",
    "",
    "5",
    "{}",
    "0",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const h1Bytes = fc
  .tuple(fc.array(h1Line, { maxLength: 12 }), fc.constantFrom("\r\n", "\r\n", "\r\n", "\n", "\r"))
  .map(([lines, end]) => Buffer.from(lines.map((line) => line + end).join(""), "latin1"));

/** Sends bytes and reads whatever comes, until the end or for so long. */
async function sendBytes(host: string, bytes: Buffer, lingerMs = LINGER_MS): Promise<Buffer> {
  const socket = connect(Number(host.split(":").at(-1)), "127.0.0.1");
  const pieces: Buffer[] = [];
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined).on("data", (piece: Buffer) => pieces.push(piece));
  socket.end(bytes);
  const linger = setTimeout(() => socket.destroy(), lingerMs);
  await ended;
  clearTimeout(linger);
  return Buffer.concat(pieces);
}

export const frames = target({
  id: "FZ-6",
  title: "whatever bytes a peer sends to either port, others are served",
  inputs: fc.oneof(
    h2Bytes.map((bytes) => ({ port: "grpc" as const, bytes: bytes.toString("base64") })),
    h1Bytes.map((bytes) => ({ port: "http" as const, bytes: bytes.toString("base64") })),
    fc.uint8Array({ maxLength: 300 }).map((values) => ({
      port: values.length % 2 === 0 ? ("grpc" as const) : ("http" as const),
      bytes: Buffer.from(values).toString("base64"),
    })),
  ),
  runs: 150,
  async open(): Promise<Opened<{ port: "grpc" | "http"; bytes: string }>> {
    const gateway = await startGateway({ LOG_LEVEL: "fatal" });
    const { http, grpc } = gateway.app;
    return {
      async check({ port, bytes }) {
        await sendBytes(port === "http" ? http : (grpc ?? ""), Buffer.from(bytes, "base64"));
        const { status } = await within(gateway.get("/healthz"), SERVED_MS, "another client's answer");
        assert.equal(status, 200);
        assert.equal((await sendBytes(grpc ?? "", PREFACE, SERVED_MS))[3], 4, "the gRPC port says its SETTINGS");
      },
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    };
  },
});

const licenceBytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((values) => Buffer.from(values)),
  fc
    .constantFrom(
      "' OR '1'='1",
      `${LICENCE}'--`,
      "\0",
      `${LICENCE}\0`,
      "Bearer",
      "Bearer  x",
      "%00",
      "x".repeat(16_000),
    )
    .map((text) => Buffer.from(text, "latin1")),
  fc.mixedCase(fc.constant(`bearer ${LICENCE.slice(1)}`)).map((text) => Buffer.from(text)),
);

export const licences = target({
  id: "FZ-7",
  title: "whatever bytes stand for a licence, the answer is 400, 401 or 431",
  inputs: fc.record({
    header: fc.constantFrom("authorization", "x-api-key", "x-goog-api-key"),
    value: licenceBytes.map((bytes) => bytes.toString("base64")),
  }),
  runs: 200,
  async open(): Promise<Opened<{ header: string; value: string }>> {
    const gateway = await startGateway({ LOG_LEVEL: "fatal" });
    return {
      async check({ header, value }) {
        const request = [
          Buffer.from(`GET /gemini/v1/models HTTP/1.1\r\nhost: g\r\nconnection: close\r\n${header}: `),
          Buffer.from(value, "base64"),
          Buffer.from("\r\n\r\n"),
        ];
        const answer = (await sendBytes(gateway.app.http, Buffer.concat(request), SERVED_MS)).toString("latin1");
        assert.match(answer, /^HTTP\/1\.1 (?:400|401|431) /);
      },
      [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
    };
  },
});
