// Goal: log and metrics tell the same story, one line per event. Method: events against a caught log and a real registry.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Telemetry as ChatTelemetry } from "../../src/chat/ports.ts";
import { createTelemetry, type CallFinished } from "../../src/telemetry/events.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

function setUp() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const metrics = createMetrics("1");
  const telemetry = createTelemetry(createLogger({ level: "trace", destination: { write } }), metrics);
  const text = async () => (await metrics.render()).text;
  return { lines, telemetry, text, [Symbol.dispose]: () => metrics[Symbol.dispose]() };
}

const finished: CallFinished = {
  rpc: "StreamChat",
  requestId: "request-1",
  caller: "team a",
  model: "gemini-3-flash",
  outcome: "OK",
  durationMs: 1234.5678,
  firstEventMs: 321.9,
  attempts: 2,
  promptTokens: 10,
  completionTokens: 5,
  thoughtTokens: 3,
  cachedTokens: 0,
  warnings: ["model_aliased", "value_clamped"],
  cause: undefined,
};

describe("telemetry", () => {
  it("of media is one line and all its metrics", async () => {
    using scene = setUp();
    const routes = { inline: 2, inlineBytes: 300, upload: 3, handedOver: 1, youtube: 1, object: 0 };
    const counts = { uploaded: 1, reused: 2, uploadedBytes: 5000 };
    scene.telemetry.mediaPlaced({ requestId: "request-1", model: "m", routes, ...counts, durationMs: 12.6 });
    const { time: _, ...line } = scene.lines[0] ?? {};
    const { upload: __, ...told } = routes;
    assert.equal(scene.lines.length, 1);
    assert.deepEqual(line, {
      level: "info",
      msg: "media placed",
      requestId: "request-1",
      model: "m",
      ...told,
      ...counts,
      durationMs: 13,
    });
    const text = await scene.text();
    for (const [route, count] of Object.entries({ inline: 2, uploaded: 1, reused: 2, handed_over: 1, youtube: 1 })) {
      assert.match(text, new RegExp(`^gemini_gateway_media_items_total\\{route="${route}"\\} ${count}$`, "m"));
    }
    assert.match(text, /^gemini_gateway_media_uploaded_bytes_total 5000$/m);
  });

  it("is what the core asks for", () => {
    using scene = setUp();
    const port: ChatTelemetry = scene.telemetry;
    assert.equal(typeof port.callFinished, "function");
  });

  it("of a call is one line and all its metrics", async () => {
    using scene = setUp();
    scene.telemetry.callStarted("StreamChat");
    assert.match(await scene.text(), /^gemini_gateway_requests_active\{rpc="StreamChat"\} 1$/m);
    scene.telemetry.callFinished(finished);
    const { time: _, ...line } = scene.lines[0] ?? {};
    assert.equal(scene.lines.length, 1);
    assert.deepEqual(line, {
      level: "info",
      rpc: "StreamChat",
      requestId: "request-1",
      caller: "team a",
      model: "gemini-3-flash",
      outcome: "OK",
      attempts: 2,
      promptTokens: 10,
      completionTokens: 5,
      thoughtTokens: 3,
      cachedTokens: 0,
      durationMs: 1235,
      firstEventMs: 322,
      warnings: "model_aliased,value_clamped",
      msg: "call finished",
    });
    const page = await scene.text();
    for (const sample of [
      'requests_active{rpc="StreamChat"} 0',
      'requests_total{rpc="StreamChat",outcome="OK"} 1',
      'tokens_total{kind="prompt"} 10',
      'tokens_total{kind="completion"} 5',
      'tokens_total{kind="thought"} 3',
      'warnings_total{code="model_aliased"} 1',
      'request_duration_seconds_count{rpc="StreamChat"} 1',
      'time_to_first_event_seconds_bucket{le="0.4",rpc="StreamChat"} 1',
    ]) {
      assert.ok(page.includes(`gemini_gateway_${sample}\n`), sample);
    }
    assert.ok(!page.includes('kind="cached"'));
  });

  it("of an unexpected failure tells its cause, of an expected one does not", () => {
    using scene = setUp();
    const cause = new TypeError('unreadable "canary"');
    scene.telemetry.callFinished({ ...finished, outcome: "INTERNAL_ERROR", firstEventMs: undefined, cause });
    scene.telemetry.callFinished({ ...finished, outcome: "RATE_LIMIT_EXCEEDED", cause });
    const [unexpected, expected] = scene.lines;
    assert.equal(unexpected?.["level"], "error");
    assert.equal(unexpected?.["error"], 'TypeError: unreadable "…"');
    assert.ok(!("firstEventMs" in (unexpected ?? {})));
    assert.equal(expected?.["level"], "info");
    assert.ok(!("error" in (expected ?? {})));
  });

  it("of attempts warns of failed ones only", async () => {
    using scene = setUp();
    const attempt = {
      requestId: "r",
      model: "m",
      keyIndex: 0,
      project: "#1",
      outcome: "OK",
      durationMs: 7,
      retried: false,
      ambiguous: false,
    };
    scene.telemetry.attemptFinished(attempt);
    scene.telemetry.attemptFinished({ ...attempt, outcome: "UPSTREAM_ERROR", retried: true, ambiguous: true });
    scene.telemetry.attemptFinished({ ...attempt, outcome: "CANCELLED" });
    assert.deepEqual(
      scene.lines.map((line) => line["level"]),
      ["debug", "warn", "debug"],
    );
    const page = await scene.text();
    assert.match(page, /^gemini_gateway_upstream_attempts_total\{outcome="UPSTREAM_ERROR"\} 1$/m);
    assert.match(page, /^gemini_gateway_upstream_retries_total 1$/m);
    assert.match(page, /^gemini_gateway_ambiguous_attempts_total 1$/m);
    assert.match(page, /^gemini_gateway_upstream_attempt_duration_seconds_count 3$/m);
  });

  it("of refusals counts all and writes some, so that a flood fills no disk", async () => {
    using scene = setUp();
    const refused = { face: "http", requestId: "r", reason: "INVALID_API_KEY" } as const;
    for (let index = 0; index < 5000; index++) scene.telemetry.requestRefused(refused);
    assert.ok(scene.lines.length >= 20 && scene.lines.length <= 1000, String(scene.lines.length));
    assert.match(await scene.text(), /^gemini_gateway_refusals_total\{face="http",reason="INVALID_API_KEY"\} 5000$/m);
  });

  it("of a broken store tells the change, and counts each failed check", async () => {
    using scene = setUp();
    scene.telemetry.storeChecked();
    for (let index = 0; index < 3; index++) scene.telemetry.storeChecked(new Error("no answer"));
    scene.telemetry.storeChecked();
    scene.telemetry.storeChecked();
    assert.deepEqual(
      scene.lines.map((line) => line["msg"]),
      ["store does not answer", "store answers again"],
    );
    assert.match(await scene.text(), /^gemini_gateway_store_failures_total 3$/m);
  });

  it("of a remote service that does not answer tells the change, and why", () => {
    using scene = setUp();
    for (let index = 0; index < 3; index++) scene.telemetry.serviceChecked(new Error("no answer"));
    for (let index = 0; index < 3; index++) scene.telemetry.serviceChecked();
    assert.deepEqual(
      scene.lines.map(({ level, msg, error }) => [level, msg, error]),
      [
        ["error", "chat service does not answer", "Error: no answer"],
        ["info", "chat service answers again", undefined],
      ],
    );
  });

  it("of a server without our limit of unsent answers says why", () => {
    using scene = setUp();
    scene.telemetry.unsentUnlimited(new Error("not permitted"));
    assert.deepEqual(
      scene.lines.map(({ level, msg, error }) => [level, msg, error]),
      [["warn", "unsent answers are not limited", "Error: not permitted"]],
    );
  });

  it("of a memory that fails tells each operation's change once, and counts each failure", async () => {
    using scene = setUp();
    scene.telemetry.memoryOperated("read");
    for (let index = 0; index < 3; index++) scene.telemetry.memoryOperated("read", new Error("no answer"));
    scene.telemetry.memoryOperated("write");
    scene.telemetry.memoryOperated("write", new Error("full"));
    scene.telemetry.memoryOperated("read");
    scene.telemetry.memoryOperated("read");
    assert.deepEqual(
      scene.lines.map(({ msg, mode, error }) => [msg, mode, error]),
      [
        ["memory fails", "read", "Error: no answer"],
        ["memory fails", "write", "Error: full"],
        ["memory works again", "read", undefined],
      ],
    );
    const page = await scene.text();
    assert.match(page, /^gemini_gateway_memory_failures_total\{operation="read"\} 3$/m);
    assert.match(page, /^gemini_gateway_memory_failures_total\{operation="write"\} 1$/m);
  });

  it("of values that are not kept counts all and writes some", async () => {
    using scene = setUp();
    for (let index = 0; index < 500; index++) scene.telemetry.memoryDropped(2);
    assert.ok(scene.lines.length >= 1 && scene.lines.length <= 10, String(scene.lines.length));
    assert.match(await scene.text(), /^gemini_gateway_memory_dropped_total 1000$/m);
  });

  it("of keys names position and project", async () => {
    using scene = setUp();
    scene.telemetry.keyQuarantined({ keyIndex: 1, project: "b", reason: "UPSTREAM_KEY_INVALID" });
    scene.telemetry.keyRestored({ keyIndex: 1, project: "b" });
    assert.deepEqual(
      scene.lines.map(({ level, keyIndex, project }) => [level, keyIndex, project]),
      [
        ["error", 1, "b"],
        ["info", 1, "b"],
      ],
    );
    assert.match(await scene.text(), /^gemini_gateway_key_quarantines_total\{reason="UPSTREAM_KEY_INVALID"\} 1$/m);
  });
});
