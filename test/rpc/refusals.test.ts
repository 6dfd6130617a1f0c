// Goal: what Connect refuses itself, before the service is asked, is told as our own refusals are: with the right code, our ErrorInfo and
// no false hope, whatever the protocol. Method: each protocol written by hand, since no library would send such requests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, constants, type IncomingHttpHeaders } from "node:http2";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { head } from "../facade/raw.ts";
import { question } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { jsonAnswer, startFaultyGemini, streamAnswer, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { frame, FRAME, headerBlock, openRawH2 } from "../support/h2-frames.ts";
import { framed } from "../support/raw-grpc.ts";

const READ_MAX_BYTES = 100_000;
/** A flag of frames. */
const END_HEADERS = 4;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, REQUEST_BODY_MAX_BYTES: String(READ_MAX_BYTES) });
  const good = textChunk("ok", { finishReason: "STOP" });
  gemini.script(({ streaming }) => (streaming ? streamAnswer([good]) : jsonAnswer(good)));
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

interface Face {
  readonly type: string;
  readonly isJson?: boolean;
  /** One message without an envelope. */
  readonly isBare?: boolean;
  readonly overHttp2?: boolean;
  readonly timeoutHeader: "grpc-timeout" | "connect-timeout-ms";
  readonly encodingHeader: "grpc-encoding" | "connect-content-encoding" | "content-encoding";
  readonly headers?: Readonly<Record<string, string>>;
}

const grpc = { overHttp2: true, timeoutHeader: "grpc-timeout", encodingHeader: "grpc-encoding" } as const;
const web = { timeoutHeader: "grpc-timeout", encodingHeader: "grpc-encoding" } as const;
const unary = { isBare: true, timeoutHeader: "connect-timeout-ms", encodingHeader: "content-encoding" } as const;
const stream = { timeoutHeader: "connect-timeout-ms", encodingHeader: "connect-content-encoding" } as const;

const faces: Readonly<Record<string, Face>> = {
  gRPC: { type: "application/grpc", ...grpc },
  "gRPC through Connect": { type: "application/grpc", ...grpc, headers: { "grpc-encoding": "gzip" } },
  "gRPC with JSON": { type: "application/grpc+json", isJson: true, ...grpc },
  "gRPC-Web": { type: "application/grpc-web+proto", ...web },
  "gRPC-Web with JSON": { type: "application/grpc-web+json", isJson: true, ...web },
  "a Connect call": { type: "application/proto", ...unary },
  "a Connect call over HTTP/2": { type: "application/proto", overHttp2: true, ...unary },
  "a Connect call with JSON": { type: "application/json", isJson: true, ...unary },
  "a Connect stream": { type: "application/connect+proto", ...stream },
  "a Connect stream with JSON": { type: "application/connect+json", isJson: true, ...stream },
};

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly body: Buffer;
}

async function ask(face: Face, message: Uint8Array, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const headers: Record<string, string> = {
    authorization: LICENCE,
    "content-type": face.type,
    ...face.headers,
    ...more,
  };
  const path = `/gemini.chat.v1.ChatService/${face.isBare ? "Chat" : "StreamChat"}`;
  const isPacked = !face.isBare && headers[face.encodingHeader] === "gzip" && message[0] === 0x1f;
  const body = face.isBare ? message : framed(message, isPacked);
  if (face.overHttp2) return askOverHttp2(path, headers, body);
  const response = await fetch(gateway.app.http + path, { method: "POST", headers, body: Buffer.from(body) });
  const { status } = response;
  return {
    status,
    headers: response.headers,
    trailers: new Headers(),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

async function askOverHttp2(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<Answer> {
  const session = connectHttp2(`http://${gateway.app.grpc}`);
  const request = session.request({ ":method": "POST", ":path": path, te: "trailers", ...headers });
  let [head, trailers]: IncomingHttpHeaders[] = [{}, {}];
  const pieces: Buffer[] = [];
  request
    .on("error", () => undefined)
    .on("response", (fields) => (head = fields))
    .on("trailers", (fields) => (trailers = fields))
    .on("data", (piece: Buffer) => pieces.push(piece))
    .end(body);
  await once(request, "close");
  session.destroy();
  return {
    status: Number(head?.[":status"]),
    headers: toHeaders(head),
    trailers: toHeaders(trailers),
    body: Buffer.concat(pieces),
  };
}

function toHeaders(fields: IncomingHttpHeaders = {}): Headers {
  return new Headers(
    Object.entries(fields).flatMap(([name, value]) => (name.startsWith(":") ? [] : [[name, String(value)]])),
  );
}

/** The error of an answer, in whichever place its protocol has it. */
function errorOf(face: Face, { headers, trailers, body }: Answer): ConnectError {
  const fallback = new ConnectError("no error that can be read", Code.Unknown);
  if (face.isBare) return errorFromJson(JSON.parse(body.toString()), headers, fallback);
  if (face.overHttp2) return findTrailerError(trailers) ?? fallback;
  // The last message of a stream tells how it ended.
  const end = body.subarray(5, 5 + body.readUInt32BE(1)).toString();
  assert.equal(5 + Buffer.byteLength(end), body.length);
  if (body.readUInt8(0) === 0x80) {
    const fields = end
      .split("\r\n")
      .filter(Boolean)
      .map((line) => line.split(/: ?(.*)/s, 2));
    return findTrailerError(new Headers(fields as [string, string][])) ?? fallback;
  }
  const { error, metadata = {} } = JSON.parse(end) as { error: never; metadata?: Record<string, string[]> };
  return errorFromJson(
    error,
    new Headers(Object.entries(metadata).map(([name, [value = ""]]) => [name, value])),
    fallback,
  );
}

function assertRefused(face: Face, answer: Answer, code: Code, reason: string): void {
  const error = errorOf(face, answer);
  assert.equal(Code[error.code], Code[code], error.rawMessage);
  assert.deepEqual(
    error.findDetails(ErrorInfoSchema).map((info) => [info.reason, info.domain]),
    [[reason, "gemini-gateway"]],
  );
  assert.deepEqual(error.findDetails(RetryInfoSchema), []);
  assert.equal(error.metadata.get("retry-after"), null);
  assert.equal(error.metadata.get("x-should-retry"), "false");
}

async function refusals(): Promise<number> {
  const page = await (await gateway.get("/metrics")).text();
  const found = page.matchAll(/refusals_total\{face="rpc",reason="\w+"\} (\d+)/g);
  return [...found].reduce((sum, [, count]) => sum + Number(count), 0);
}

const asJson = (text: string): Buffer => Buffer.from(toJsonString(ChatRequestSchema, question()).replace('"hi"', text));
const asked = (face: Face): Uint8Array => (face.isJson ? asJson('"hi"') : toBinary(ChatRequestSchema, question()));

for (const [name, face] of Object.entries(faces)) {
  test(`a request of ${name} that is right is answered`, async () => {
    const { status, body } = await ask(face, asked(face));
    assert.equal(status, 200);
    assert.match(body.toString("latin1"), /ok/);
  });

  if (face.isJson) {
    test(`HP-11: malformed UTF-8 in JSON is INVALID_ARGUMENT for ${name}, and Gemini hears nothing`, async () => {
      const calls = gemini.calls.length;
      for (const bytes of ["\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82"]) {
        const text = Buffer.from(asJson('"h?i"').toString("latin1").replace("?", bytes), "latin1");
        assertRefused(face, await ask(face, text), Code.InvalidArgument, "INVALID_VALUE");
      }
      assert.equal(gemini.calls.length, calls);
    });

    test(`PL-1: what JSON is wrong is quoted to ${name} in short, and in whole characters`, async () => {
      for (const wrong of [
        JSON.stringify({ model: "m", sampling: { topK: "\u{1f600}".repeat(10_000) } }),
        ...Array.from(
          { length: 12 },
          (_, at) => `{"model":${"a".repeat(at)} \u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}`,
        ),
      ]) {
        const answer = await ask(face, Buffer.from(wrong));
        assertRefused(face, answer, Code.InvalidArgument, "INVALID_VALUE");
        const { rawMessage } = errorOf(face, answer);
        assert.match(rawMessage, /cannot decode/);
        assert.ok(rawMessage.length <= 500 && rawMessage.isWellFormed());
      }
    });
  } else {
    test(`PL-1: bytes that are no message are INVALID_ARGUMENT for ${name}`, async () => {
      // Nonsense, a string that is no UTF-8, and one that ends too soon.
      for (const hex of ["ffffff", "0a02c328", "0a05616263"]) {
        const answer = await ask(face, Buffer.from(hex, "hex"));
        assertRefused(face, answer, Code.InvalidArgument, "INVALID_VALUE");
        assert.equal(answer.status, face.isBare ? 400 : 200);
      }
    });
  }

  test(`PL-1: bytes that cannot be decompressed are INVALID_ARGUMENT for ${name}`, async () => {
    const packed = gzipSync(asked(face));
    const broken = Buffer.from(packed).fill(0xff, 10, 16);
    for (const bytes of [packed.subarray(0, packed.length - 12), broken]) {
      const answer = await ask(face, bytes, { [face.encodingHeader]: "gzip" });
      assertRefused(face, answer, Code.InvalidArgument, "INVALID_VALUE");
    }
  });

  test(`a deadline, an encoding and a size that cannot be are refused with our details for ${name}`, async () => {
    const before = await refusals();
    for (const [code, reason, message, headers] of [
      [Code.InvalidArgument, "INVALID_VALUE", asked(face), { [face.timeoutHeader]: "soon" }],
      [Code.Unimplemented, "UNSUPPORTED_VALUE", asked(face), { [face.encodingHeader]: "zip" }],
      [Code.ResourceExhausted, "PAYLOAD_TOO_LARGE", new Uint8Array(READ_MAX_BYTES + 1), {}],
    ] as const) {
      assertRefused(face, await ask(face, message, headers), code, reason);
    }
    assert.equal((await refusals()) - before, 3, "each is counted once");
  });
}

test("a deadline that is over from the start is told with our details", async () => {
  for (const name of ["gRPC through Connect", "gRPC-Web", "a Connect call", "a Connect stream with JSON"]) {
    const face = faces[name];
    assert.ok(face);
    const ms = face.timeoutHeader === "grpc-timeout" ? "0m" : "0";
    const error = errorOf(face, await ask(face, asked(face), { [face.timeoutHeader]: ms }));
    assert.equal(Code[error.code], "DeadlineExceeded");
    assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "TIMEOUT", name);
  }
});

test("a compressed message that was not announced is INTERNAL, as gRPC demands, but not an error of ours", async () => {
  const headers = { authorization: LICENCE, "content-type": "application/grpc" };
  const body = framed(gzipSync("x"), true);
  const answer = await askOverHttp2("/gemini.chat.v1.ChatService/Chat", headers, body);
  assertRefused({ type: "", ...grpc }, answer, Code.Internal, "INVALID_VALUE");
  assert.ok(gateway.log.every((line) => !/"level":"(?:error|fatal)"/.test(line)));
});

test("how a client leaves is no refusal, and no error of ours", async () => {
  const before = await refusals();
  const path = "/gemini.chat.v1.ChatService/StreamChat";
  const headers = { authorization: LICENCE, "content-type": "application/grpc+json" };
  const peer = openRawH2(gateway.app.grpc ?? "");
  const block = headerBlock({ ":method": "POST", ":scheme": "http", ":authority": "g", ":path": path, ...headers });
  const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_CANCEL } = constants;
  for (const [at, code] of [NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_CANCEL].entries()) {
    const id = 2 * at + 1;
    peer.socket.write(frame(FRAME.HEADERS, END_HEADERS, id, block));
    peer.socket.write(frame(FRAME.DATA, 0, id, Buffer.alloc(3)));
    await sleep(50);
    peer.socket.write(frame(FRAME.RST_STREAM, 0, id, Buffer.from([0, 0, 0, code])));
  }
  const { socket } = new BareClient(gateway.app.http);
  socket.write(
    head(`POST ${path}`, { ...headers, "content-type": "application/connect+json", "content-length": "100" }),
  );
  await sleep(50);
  socket.resetAndDestroy();
  await sleep(200);
  peer.socket.destroy();
  assert.equal(await refusals(), before);
  assert.ok(gateway.log.every((line) => !/"level":"(?:error|fatal)"/.test(line)));
});
