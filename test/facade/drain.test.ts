// Goal: while a gateway drains, what runs goes on, what comes on a connection that is still open is sent elsewhere, and nothing waits
// for connections that only might be used again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { pause, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { startGateway } from "../support/gateway.ts";
import { chatRequest, head } from "./raw.ts";

const STREAM = JSON.stringify({ model: "gemini-3.8-flash", stream: true, messages: [{ role: "user", content: "hi" }] });
const slow = streamAnswer([textChunk("one"), pause(700), textChunk("two", { finishReason: "STOP" })]);

test("a request on a connection whose stream still runs is refused in OpenAI's shape, and the connection ends", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script(() => slow);
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest(STREAM));
  await client.untilText('"content":"one"');
  const drained = gateway.app.drain();
  await sleep(50);
  client.socket.write(chatRequest(STREAM));
  const { text } = await client.untilEnd();
  await drained;
  const [first = "", second = ""] = text.split(/(?=HTTP\/1\.1 )/);
  assert.match(first, /"content":"two"[\s\S]*\[DONE\]/);
  assert.match(second, /^HTTP\/1\.1 503 /);
  assert.match(second, /x-request-id: /i);
  assert.match(second, /retry-after: 1/i);
  assert.match(second, /connection: close/i);
  assert.match(second, /"code":"server_shutting_down"/);
  assert.equal(gemini.calls.length, 1);
});

test("connections that were kept alive do not hold up the end of a drain", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script(() => slow);
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, SHUTDOWN_GRACE_MS: "20000" });
  const idle = new BareClient(gateway.app.http);
  idle.socket.write(head("GET /healthz"));
  await idle.untilText('"ok"');
  const silent = new BareClient(gateway.app.http);
  await sleep(50);
  const running = await gateway.post(STREAM);
  const startedMs = performance.now();
  const drained = gateway.app.drain();
  assert.match(await running.text(), /\[DONE\]/);
  await drained;
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
  await Promise.all([idle.untilEnd(), silent.untilEnd()]);
});
