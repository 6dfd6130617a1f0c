// Goal: whoever operates the gateway learns the truth at once: it lives, whether it wants requests, and what it counts.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { errorAnswer, geminiErrors, jsonAnswer, startFaultyGemini, textChunk } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const CHAT = { model: "gemini-3.8-flash", messages: [{ role: "user", content: "hi" }] };

async function readiness(gateway: TestGateway): Promise<[status: number, reason: string | undefined]> {
  const response = await gateway.get("/readyz", { authorization: "" });
  const { reason } = (await response.json()) as { reason?: string };
  return [response.status, reason];
}

test("a gateway that has started lives and is ready, without a licence", async () => {
  await using gateway = await startGateway();
  const health = await gateway.get("/healthz", { authorization: "" });
  assert.deepEqual([health.status, await health.json()], [200, { status: "ok" }]);
  assert.deepEqual(await readiness(gateway), [200, undefined]);
});

test("a draining gateway lives and still serves, but is not ready", async () => {
  await using gateway = await startGateway({ SHUTDOWN_DELAY_MS: "1000" });
  const drained = gateway.app.drain();
  assert.deepEqual(await readiness(gateway), [503, "draining"]);
  const served = await gateway.post(CHAT);
  assert.equal(served.status, 200);
  await served.text();
  assert.equal((await gateway.get("/healthz")).status, 200);
  await drained;
  await assert.rejects(gateway.get("/healthz"));
});

test("a gateway whose only key Google refuses is not ready, and is asked of Gemini no more by that question", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script([errorAnswer(geminiErrors.apiKeyInvalid)]);
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  assert.deepEqual(await readiness(gateway), [200, undefined]);
  const refused = await gateway.post(CHAT);
  assert.equal(refused.status, 503);
  await refused.text();
  assert.deepEqual(await readiness(gateway), [503, "every Gemini key is quarantined"]);
  assert.equal(gemini.calls.length, 1);
});

test("one good key is enough to be ready", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script(({ key }) =>
    key === "test-key-bad"
      ? errorAnswer(geminiErrors.apiKeyInvalid)
      : jsonAnswer(textChunk("ok", { finishReason: "STOP" })),
  );
  await using gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    GEMINI_API_KEYS: "test-key-bad,test-key-good",
  });
  const answered = await gateway.post(CHAT);
  assert.equal(answered.status, 200);
  await answered.text();
  assert.deepEqual(await readiness(gateway), [200, undefined]);
});

test("a gateway whose store has not answered for a minute is not ready, but chats with configured licences", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "gateway-store-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "gateway.sqlite");
  await using gateway = await startGateway({ DATABASE_URL: `sqlite:${file}` });
  assert.deepEqual(await readiness(gateway), [200, undefined]);
  // What an operator's accident does to a store: it is there, and answers nothing.
  const store = new DatabaseSync(file);
  for (const { name } of store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
    if (!String(name).startsWith("sqlite_")) store.exec(`DROP TABLE "${String(name)}"`);
  }
  store.close();
  while (!gateway.log.some((line) => line.includes("store does not answer"))) await sleep(50);
  const now = performance.now.bind(performance);
  context.mock.method(performance, "now", () => now() + 61_000);
  assert.deepEqual(await readiness(gateway), [503, "the store does not answer"]);
  const answered = await gateway.post(CHAT);
  assert.equal(answered.status, 200);
  await answered.text();
});

test("on a loopback host /metrics stands on the main port and counts what happens", async () => {
  await using gateway = await startGateway();
  await (await gateway.post(CHAT)).text();
  await (await gateway.post("{")).text();
  const response = await gateway.get("/metrics", { authorization: "" });
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  const text = await response.text();
  assert.match(text, /gemini_gateway_requests_total\{[^}]*outcome="OK"[^}]*\} 1\n/);
  assert.match(text, /gemini_gateway_refusals_total\{[^}]*reason="INVALID_JSON"[^}]*\} 1\n/);
  assert.match(text, /gemini_gateway_requests_active\{rpc="Chat"\} 0\n/);
});

test("a call that fails is counted as a call, and not again as a refusal", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script(() => errorAnswer(geminiErrors.invalidArgument));
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  for (const stream of [false, true]) await (await gateway.post({ ...CHAT, stream })).text();
  const text = await (await gateway.get("/metrics")).text();
  assert.match(text, /requests_total\{[^}]*rpc="Chat"[^}]*outcome="UPSTREAM_INVALID_ARGUMENT"[^}]*\} 1\n/);
  assert.match(text, /requests_total\{[^}]*rpc="StreamChat"[^}]*outcome="UPSTREAM_INVALID_ARGUMENT"[^}]*\} 1\n/);
  assert.doesNotMatch(text, /refusals_total\{[^}]*UPSTREAM/);
});

test("on a host that others can reach /metrics is not on the main port", async () => {
  await using gateway = await startGateway({ HOST: "0.0.0.0", GEMINI_BASE_URL: "emulator", SHUTDOWN_DELAY_MS: "0" });
  assert.equal((await gateway.get("/metrics")).status, 404);
});

test("with METRICS_PORT the metrics are there, alone, and nowhere else", async () => {
  await using gateway = await startGateway({ METRICS_PORT: "0" });
  assert.equal((await gateway.get("/metrics")).status, 404);
  const url = gateway.app.metrics ?? "";
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /gemini_gateway_/);
  assert.equal((await fetch(url.replace("/metrics", "/healthz"))).status, 404);
});
