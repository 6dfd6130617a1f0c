// HTTP of the emulator: framing exactly as recorded, keys, unknown paths, limits, and a close that ends everything.

import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { startEmulator } from "../../src/emulator/server.ts";
import { ask, KEY, readEvents, startTestEmulator, textOf } from "./client.ts";

const STREAM = "/v1beta/models/gemini-3.8-flash:streamGenerateContent";

test("alt=sse answers events of one CRLF-framed line with a space after colons", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.post(`${STREAM}?alt=sse`, ask("Hello"));
  // As in recording fantasy-g2.5-flash-thinking-streaming-s-0: no charset, an attachment, no [DONE].
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  assert.equal(answer.headers.get("content-disposition"), "attachment");
  assert.equal(answer.headers.get("x-gemini-service-tier"), null);
  assert.match(answer.text, /^data: \{"candidates": \[\{"content": \{"parts": \[\{"text": "You said/);
  assert.match(answer.text, /"role": "model"\},"index": 0\}\],"usageMetadata": \{"promptTokenCount": \d+,"candidates/);
  assert.ok(readEvents(answer.text).length >= 4);
});

test("without alt=sse the same method answers a pretty-printed JSON array, written element by element", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.post(STREAM, ask("Hello"));
  // As in recording llmgemini-g3-flash-preview-tools-with-gemini-3-thought-signatures-s-0.
  assert.equal(answer.headers.get("content-type"), "application/json; charset=UTF-8");
  assert.ok(answer.text.startsWith('[{\n  "candidates": [\n    {\n      "content": {'));
  assert.ok(answer.text.includes("\n}\n,\r\n{\n"));
  assert.ok(answer.text.endsWith("\n}\n]"));
  assert.equal(
    answer.json.map(textOf).join(""),
    textOf((await emulator.generate("gemini-3.8-flash", ask("Hello"))).json),
  );
});

test("unary bodies are two-space JSON with the tier in a header", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.generate("gemini-3.8-flash", ask("Hello"));
  assert.equal(answer.headers.get("content-type"), "application/json; charset=UTF-8");
  assert.equal(answer.headers.get("x-gemini-service-tier"), "standard");
  assert.equal(answer.text, `${JSON.stringify(answer.json, undefined, 2)}\n`);
});

test("angle brackets are escaped and everything else beyond ASCII is not", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.post(`${STREAM}?alt=sse`, ask("<b>你好 🙂"));
  assert.ok(!/[<>]/.test(answer.text));
  assert.ok(answer.text.includes("\\u003cb\\u003e你好 🙂"));
});

test("the key comes in the header or the query, and wrong or missing ones get Google's errors", async () => {
  await using emulator = await startTestEmulator({ keys: ["first", "second"] });
  const path = "/v1beta/models";
  assert.equal((await emulator.get(path, { "x-goog-api-key": "second" })).status, 200);
  assert.equal((await emulator.get(`${path}?key=first`, {})).status, 200);

  const wrong = await emulator.get(path, { "x-goog-api-key": "AIza-secret" });
  assert.equal(wrong.status, 400);
  assert.ok(!wrong.text.includes("AIza-secret"));
  // Recording rubyllm-g2.5-flash-error-handling-with-gemini-…-400-0, whole.
  assert.deepEqual(wrong.json, {
    error: {
      code: 400,
      message: "API key not valid. Please pass a valid API key.",
      status: "INVALID_ARGUMENT",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "API_KEY_INVALID",
          domain: "googleapis.com",
          metadata: { service: "generativelanguage.googleapis.com" },
        },
        {
          "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
          locale: "en-US",
          message: "API key not valid. Please pass a valid API key.",
        },
      ],
    },
  });

  const missing = await emulator.get(path, {});
  assert.equal(missing.status, 403);
  assert.match(missing.json.error.message, /^Method doesn't allow unregistered callers/);
  const oauth = await emulator.get(path, { authorization: "Bearer ya29" });
  assert.deepEqual([oauth.status, oauth.json.error.status], [401, "UNAUTHENTICATED"]);
});

test("all three API versions are served, other paths and methods are refused in Google's shape", async () => {
  await using emulator = await startTestEmulator();
  for (const version of ["v1", "v1beta", "v1alpha"]) {
    assert.equal((await emulator.get(`/${version}/models/gemini-3.8-flash`)).status, 200);
  }
  for (const path of ["/", "/v1beta", "/v2/models", "/v1beta/models/gemini-3.8-flash:fly", "//"]) {
    const answer = await emulator.post(path, {});
    assert.deepEqual([answer.status, answer.json.error.status], [404, "NOT_FOUND"], path);
  }
  const wrongVerb = await emulator.post("/v1beta/models", {});
  assert.deepEqual([wrongVerb.status, wrongVerb.json.error.code], [405, 405]);
  assert.equal(wrongVerb.headers.get("allow"), "GET, POST");
  assert.equal((await emulator.get("/v1beta/models/gemini-3.8-flash:generateContent")).status, 405);
});

test("errors of a stream are JSON: an object with alt=sse, wrapped in an array without", async () => {
  await using emulator = await startTestEmulator();
  const object = await emulator.post(`${STREAM}?alt=sse`, { contents: [] });
  assert.deepEqual([object.status, object.json.error.code], [400, 400]);
  const array = await emulator.post(STREAM, { contents: [] });
  assert.deepEqual([array.status, array.json[0].error.code], [400, 400]);
});

test("bodies that are no JSON, no object, or nested too deep are refused", async () => {
  await using emulator = await startTestEmulator();
  const path = "/v1beta/models/gemini-3.8-flash:generateContent";
  const deep = `{"contents":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  for (const body of ["{", "[]", '"text"', deep]) {
    const answer = await emulator.post(path, body);
    assert.equal(answer.status, 400, body.slice(0, 20));
    assert.match(answer.json.error.message, /^Invalid JSON payload received\./);
  }
});

test("a body beyond 100 MB is refused while it is still arriving", async () => {
  await using emulator = await startTestEmulator();
  const block = Buffer.alloc(1024 * 1024, 32);
  const [status, text] = await new Promise<[number | undefined, string]>((resolve, reject) => {
    const url = `${emulator.origin}/v1beta/models/gemini-3.8-flash:generateContent`;
    const outgoing = request(url, { method: "POST", headers: KEY }, (incoming) => {
      incoming.setEncoding("utf8");
      let received = "";
      incoming.on("data", (piece: string) => (received += piece));
      incoming.on("end", () => resolve([incoming.statusCode, received]));
    });
    outgoing.on("error", reject);
    for (let megabyte = 0; megabyte < 103; megabyte += 1) outgoing.write(block);
    outgoing.end();
  });
  assert.equal(status, 400);
  assert.equal(JSON.parse(text).error.message, "Request payload size exceeds the limit: 104857600 bytes.");
});

test("close ends running streams and frees the port", async () => {
  const { origin, close } = await startEmulator({ host: "127.0.0.1", port: 0, chunkDelayMs: 60_000 });
  const response = await fetch(`${origin}${STREAM}?alt=sse`, {
    method: "POST",
    headers: KEY,
    body: JSON.stringify(ask("Hello")),
  });
  const reader = response.body?.getReader();
  assert.ok(reader);
  assert.equal((await reader.read()).done, false);
  const ended = assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
  await close();
  await ended;
  await using again = await startTestEmulator({ port: Number(new URL(origin).port) });
  assert.equal(again.origin, origin);
});

test("a caller who leaves during a delay or a stream is no error", async () => {
  const errors: unknown[] = [];
  await using emulator = await startTestEmulator({ chunkDelayMs: 60_000, onError: (error) => errors.push(error) });
  for (const prompt of ["[[emulator:delay=60000]]", "Hello"]) {
    const leave = new AbortController();
    const body = JSON.stringify(ask(prompt));
    const call = fetch(`${emulator.origin}${STREAM}?alt=sse`, {
      method: "POST",
      headers: KEY,
      body,
      signal: leave.signal,
    });
    setTimeout(() => leave.abort(), 100);
    await assert.rejects(async () => (await call).text(), { name: "AbortError" });
  }
  assert.equal((await emulator.get("/v1beta/models")).status, 200);
  assert.deepEqual(errors, []);
});

test("a caller who leaves while sending is no error", async () => {
  const errors: unknown[] = [];
  await using emulator = await startTestEmulator({ onError: (error) => errors.push(error) });
  const url = `${emulator.origin}/v1beta/models/gemini-3.8-flash:generateContent`;
  const outgoing = request(url, { method: "POST", headers: { ...KEY, "content-length": "1000" } });
  outgoing.on("error", () => undefined);
  outgoing.write("{");
  await new Promise((resolve) => setTimeout(resolve, 50));
  outgoing.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await emulator.get("/v1beta/models")).status, 200);
  assert.deepEqual(errors, []);
});

test("an address in use rejects", async () => {
  await using emulator = await startTestEmulator();
  const port = Number(new URL(emulator.origin).port);
  await assert.rejects(startEmulator({ host: "127.0.0.1", port }), { code: "EADDRINUSE" });
});

test("the same request gets the same answer but for response id and signatures", async () => {
  await using emulator = await startTestEmulator();
  const body = ask("Call lookup", { tools: [{ functionDeclarations: [{ name: "lookup" }] }] });
  const [first, second] = [
    await emulator.stream("gemini-3.8-flash", body),
    await emulator.stream("gemini-3.8-flash", body),
  ];
  assert.notEqual(first[0].responseId, second[0].responseId);
  const plain = (events: unknown) => JSON.stringify(events).replaceAll(/"(responseId|thoughtSignature)":"[^"]*"/g, "");
  assert.equal(plain(first), plain(second));
});

test("with a seed even ids and signatures repeat", async () => {
  const texts: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    await using emulator = await startTestEmulator({ seed: 7 });
    texts.push((await emulator.generate("gemini-3.8-flash", ask("Hello"))).text);
  }
  assert.equal(texts[0], texts[1]);
});
