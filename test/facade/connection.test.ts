// Goal: slow, oversized and malformed requests end with an answer in OpenAI's shape and a closed connection; long answers do not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { pause, startFaultyGemini, streamAnswer, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { assertError } from "./openai-error.ts";
import { chatRequest, head, send, toAnswer } from "./raw.ts";

const HEADERS_TIMEOUT_MS = 1_000;
const BODY_TIMEOUT_MS = 1_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    HEADERS_TIMEOUT_MS: String(HEADERS_TIMEOUT_MS),
    REQUEST_BODY_TIMEOUT_MS: String(BODY_TIMEOUT_MS),
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const STREAM = JSON.stringify({ model: "gemini-3.8-flash", stream: true, messages: [{ role: "user", content: "hi" }] });

/** Writes a byte each 100 ms for as long as somebody listens; what came back, and after how long. */
async function drip(text: string): Promise<{ answer: string; ms: number }> {
  const client = new BareClient(gateway.app.http);
  const startedMs = performance.now();
  for (const byte of text) {
    if (client.socket.destroyed || client.bytes.length > 0) break;
    client.socket.write(byte);
    await sleep(100);
  }
  const { text: answer } = await client.untilEnd();
  return { answer, ms: performance.now() - startedMs };
}

test("HP-1: headers that come byte by byte are cut off with 408", async () => {
  const { answer, ms } = await drip(head("GET /healthz", { "x-long": "y".repeat(100) }));
  const parsed = toAnswer(answer);
  assertError(parsed, parsed.body, { status: 408, code: "request_timeout" });
  assert.ok(ms < HEADERS_TIMEOUT_MS + 3_000, `${ms} ms`);
});

test("HP-1: a body that comes byte by byte is cut off with 408, also when a client would be let in", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest("", { "content-length": 10_000 }));
  const startedMs = performance.now();
  while (client.bytes.length === 0 && performance.now() - startedMs < 8_000) {
    client.socket.write(" ");
    await sleep(100);
  }
  const answer = toAnswer((await client.untilEnd()).text);
  assertError(answer, answer.body, { status: 408, code: "request_timeout" });
  assert.ok(performance.now() - startedMs < HEADERS_TIMEOUT_MS + BODY_TIMEOUT_MS + 3_000);
});

const CONNECT_BODY = JSON.stringify({
  model: "gemini-3.8-flash",
  messages: [{ role: "ROLE_USER", parts: [{ text: "hi" }] }],
});
const CONNECT_REQUEST = `${head("POST /gemini.chat.v1.ChatService/Chat", {
  "content-type": "application/json",
  "content-length": CONNECT_BODY.length,
  authorization: `Bearer ${LICENCE}`,
})}${CONNECT_BODY}`;

for (const [what, request, begin] of [
  ["head", chatRequest(STREAM), 30],
  ["body", chatRequest(STREAM), -5],
  ["body over Connect", CONNECT_REQUEST, -5],
] as const) {
  test(`HP-1: who was told 408 for a late ${what} is not served as well, however soon the rest comes`, async () => {
    const calls = gemini.calls.length;
    // Most clients close their side when we have closed ours; this one goes on.
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(gateway.app.http).port), allowHalfOpen: true });
    socket.on("error", () => undefined).write(request.slice(0, begin));
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.write(request.slice(begin));
    // Until the farewell is over, and what was taken up by mistake would have reached Gemini.
    await sleep(1_500);
    socket.destroy();
    assertError(toAnswer(answer.toString()), toAnswer(answer.toString()).body, {
      status: 408,
      code: "request_timeout",
    });
    assert.equal(gemini.calls.length, calls);
  });
}

test("HP-12: a pipelined body, which is not read before its turn, ends no call before it", async () => {
  const calls = gemini.calls.length;
  const [first, second] = [chatRequest(STREAM), chatRequest("", { "content-length": 1_000_000 })];
  gemini.script([streamAnswer([textChunk("one"), pause(2_600), textChunk("end", { finishReason: "STOP" })])]);
  const client = new BareClient(gateway.app.http);
  client.socket.write(first + second + " ".repeat(500_000));
  const text = await client.untilText("request_timeout");
  assert.match(text, /^HTTP\/1\.1 200 [\s\S]*"content":"end"[\s\S]*\[DONE\][\s\S]*HTTP\/1\.1 408 /);
  client.socket.destroy();
  assert.equal(gemini.calls.length, calls + 1);
});

test("HP-1: a stream that takes longer than a request may take to arrive is not cut off", async () => {
  const chunks = Array.from({ length: 9 }, (_, at) => [pause(500), textChunk(`${at} `)]).flat();
  gemini.script([streamAnswer([...chunks, textChunk("end", { finishReason: "STOP" })])]);
  const response = await gateway.post(STREAM);
  const text = await response.text();
  assert.match(text, /"content":"8 "[\s\S]*\[DONE\]/);
});

test("a connection that says nothing is closed", async () => {
  const client = new BareClient(gateway.app.http);
  const { text } = await client.untilEnd();
  assert.match(text, /^(?:$|HTTP\/1\.1 408 )/);
});

test("HP-2: a header of 17 KB gets 431", async () => {
  const answer = await send(gateway, head("GET /healthz", { "x-large": "y".repeat(17_000) }));
  assertError(answer, answer.body, { status: 431, code: "headers_too_large" });
  assert.equal(answer.headers["connection"], "close");
});

for (const fields of [101, 1_000, 2_500]) {
  test(`HP-2: ${fields} headers get 431`, async () => {
    const many = Object.fromEntries(Array.from({ length: fields - 1 }, (_, at) => [`h${at}`, "x"]));
    const answer = await send(gateway, head("GET /healthz", many));
    assertError(answer, answer.body, { status: 431, code: "headers_too_large" });
  });
}

test("100 headers are still read", async () => {
  const many = Object.fromEntries(Array.from({ length: 98 }, (_, at) => [`h${at}`, "x"]));
  assert.equal((await send(gateway, head("GET /healthz", { ...many, connection: "close" }))).status, 200);
});

test("HP-4: two Host headers are refused, even when they are equal", async () => {
  for (const [first, second] of [
    ["gateway", "elsewhere"],
    ["gateway", "gateway"],
  ]) {
    const text = `GET /gemini/v1/models HTTP/1.1\r\nHost: ${first}\r\nhOST: ${second}\r\nconnection: close\r\n\r\n`;
    const answer = await send(gateway, text);
    assertError(answer, answer.body, { status: 400, code: "invalid_value", param: "host" });
  }
});

test("HP-4: a request without a Host is refused by HTTP/1.1's own rule", async () => {
  const answer = await send(gateway, "GET /gemini/v1/models HTTP/1.1\r\nconnection: close\r\n\r\n");
  assertError(answer, answer.body, { status: 400, code: "invalid_value", param: "host" });
});

test("HP-12: CONNECT is no proxy, and says so in its turn", async () => {
  const tunnel = "CONNECT example.com:443 HTTP/1.1\r\nhost: g\r\n\r\n";
  const answer = await send(gateway, tunnel);
  assertError(answer, answer.body, { status: 405, code: "method_not_supported" });
  assert.equal(answer.headers["connection"], "close");
  const client = new BareClient(gateway.app.http);
  client.socket.write(head("GET /healthz") + tunnel + "GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n");
  assert.deepEqual((await client.untilEnd()).text.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 405"]);
});

test("HP-12: whoever asks for a tunnel and resets it hurts nobody", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(`CONNECT a:1 HTTP/1.1\r\nhost: g\r\n\r\n${"x".repeat(100_000)}`);
  await client.untilText("}}");
  client.socket.resetAndDestroy();
  await sleep(100);
  assert.equal((await gateway.get("/healthz")).status, 200);
});

test("garbage behind a request does not end up in the middle of its answer", async () => {
  gemini.script([streamAnswer([textChunk("one"), pause(600), textChunk("two", { finishReason: "STOP" })])]);
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest(STREAM));
  await client.untilText('"content":"one"');
  client.socket.write("\0\0\0 garbage\r\n\r\n");
  const { text } = await client.untilEnd();
  assert.match(text, /^HTTP\/1\.1 200 [\s\S]*\[DONE\][\s\S]*HTTP\/1\.1 400 /);
  assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 2, text);
});

test("HP-12: two requests on one connection are answered in order", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(head("GET /healthz") + head("GET /gemini/v1", { connection: "close" }));
  const { text } = await client.untilEnd();
  assert.match(text, /"ok"[\s\S]*HTTP\/1\.1 200 [\s\S]*gemini-gateway/);
});

test("HP-12: a client that expects a 100 before its body gets one", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest("", { expect: "100-continue", "content-length": 2, connection: "close" }));
  await client.untilText("100 Continue");
  client.socket.write("{}");
  const { text } = await client.untilEnd();
  assert.match(text, /HTTP\/1\.1 400 /);
});

const waiting = (headers: Readonly<Record<string, string | number | null>>): string =>
  chatRequest("", { expect: "100-continue", "content-length": 100, ...headers });
const decided: readonly (readonly [title: string, request: string, status: number, code: string | null])[] = [
  ["licence", waiting({ authorization: "nobody" }), 401, "invalid_api_key"],
  ["length", waiting({ "content-length": 209_715_200 }), 413, "payload_too_large"],
  ["type", waiting({ "content-type": "text/plain" }), 415, "unsupported_media_type"],
  ["coding", waiting({ "content-encoding": "gzip" }), 415, "unsupported_media_type"],
  ["path", waiting({}).replace("/completions", "/nope"), 404, null],
  ["expectation", waiting({ expect: "the-unexpected" }), 417, "expectation_failed"],
  ["expectation beside the other", waiting({ expect: "100-continue, more" }), 417, "expectation_failed"],
];

for (const [title, request, status, code] of decided) {
  test(`HP-12: whose ${title} is wrong is told so, and not to send the body first`, async () => {
    const answer = await send(gateway, request);
    assertError(answer, answer.body, { status, code });
    assert.equal(answer.headers["connection"], "close");
  });
}

test("HP-12: a client of Connect that expects a 100 gets one", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(
    CONNECT_REQUEST.slice(0, -CONNECT_BODY.length).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n"),
  );
  await client.untilText("100 Continue");
  client.socket.destroy();
});

test("HP-12: HTTP/1.0 knows no expectations", async () => {
  const answer = await send(gateway, chatRequest("{}", { expect: "100-continue" }).replace("HTTP/1.1", "HTTP/1.0"));
  assert.equal(answer.status, 400);
});
