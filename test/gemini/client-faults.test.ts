// The client on bad days: every way an upstream breaks off or talks nonsense ends in one failure, and what came before is told.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { FailureReason } from "../../src/chat/failures.ts";
import { transportFailure } from "../../src/gemini/transport-failure.ts";
import {
  badChunkSizeAnswer,
  blockedChunk,
  bodyAnswer,
  consumerSuspended,
  errorAnswer,
  finishChunk,
  geminiErrors,
  gzipBombAnswer,
  headNow,
  htmlAnswer,
  jsonAnswer,
  modelNotFound,
  quotaExceeded,
  raw,
  refusingOrigin,
  sseEvent,
  streamAnswer,
  textChunk,
  toUnaryJson,
  type Answer,
} from "../support/faulty-gemini.ts";
import { collect, KEYS, outcomeOf, startRig, textOf } from "./upstream-rig.ts";

const UNARY = { mode: "unary" } as const;
const A = textChunk("a");
const B = textChunk("b");
const END = finishChunk();

async function reasonOf(
  answer: Answer,
  ...[changes]: Parameters<typeof outcomeOf> extends [unknown, ...infer R] ? R : never
) {
  return (await outcomeOf(answer, changes)).failure?.reason;
}

suite("errors of the API", () => {
  test("a status and its body are one failure, streamed and not", async () => {
    const errors: readonly (readonly [keyof typeof geminiErrors, FailureReason])[] = [
      ["invalidArgument", "UPSTREAM_INVALID_ARGUMENT"],
      ["apiKeyInvalid", "UPSTREAM_KEY_INVALID"],
      ["unauthenticated", "UPSTREAM_KEY_INVALID"],
      ["billingDisabled", "UPSTREAM_PROJECT_UNUSABLE"],
      ["payloadTooLarge", "PAYLOAD_TOO_LARGE"],
      ["internal", "UPSTREAM_ERROR"],
      ["overloaded", "OVERLOADED"],
      ["deadlineExceeded", "UPSTREAM_TIMEOUT"],
    ];
    for (const [name, reason] of errors) {
      assert.equal(await reasonOf(errorAnswer(geminiErrors[name])), reason, name);
      assert.equal(await reasonOf(errorAnswer(geminiErrors[name]), UNARY), reason, name);
      assert.equal(
        await reasonOf(jsonAnswer([geminiErrors[name].body], { status: geminiErrors[name].httpStatus })),
        reason,
        name,
      );
    }
    const { failure } = await outcomeOf(errorAnswer(modelNotFound("x")));
    assert.deepEqual([failure?.reason, failure?.field], ["MODEL_NOT_FOUND", "model"]);
    assert.equal((await outcomeOf(errorAnswer(quotaExceeded("26s")))).failure?.retryAfterMs, 26_000);
    assert.equal(
      (await outcomeOf(errorAnswer(geminiErrors.overloaded, { headers: { "retry-after": "9" } }))).failure
        ?.retryAfterMs,
      9_000,
    );
  });

  test("our key is in no text, whatever Google says", async () => {
    const key = KEYS[0]?.key ?? "";
    for (const answer of [
      errorAnswer(consumerSuspended(key)),
      streamAnswer([consumerSuspended(key).body]),
      errorAnswer({
        httpStatus: 400,
        body: { error: { code: 400, message: `bad ${key}`, status: "INVALID_ARGUMENT" } },
      }),
    ]) {
      const { failure } = await outcomeOf(answer);
      assert.ok(failure);
      assert.ok(!`${failure.message} ${String(failure.cause)} ${failure.stack}`.includes(key));
    }
  });

  test("an error as the first event is its failure and nothing else", async () => {
    const { events, failure } = await outcomeOf(streamAnswer([geminiErrors.overloaded.body]));
    assert.deepEqual([events.length, failure?.reason], [0, "OVERLOADED"]);
  });

  test("an error in the middle comes after what was told, in the same read and in a later one", async () => {
    for (const items of [
      [A, B, geminiErrors.internal.body],
      [raw(sseEvent(A) + sseEvent(B) + sseEvent(geminiErrors.internal.body))],
    ]) {
      const told = await outcomeOf(streamAnswer(items));
      assert.equal(textOf(told), "ab");
      assert.equal(told.failure?.reason, "UPSTREAM_ERROR");
    }
  });

  test("a bare error behind good events counts like one in an event", async () => {
    for (const body of [geminiErrors.cancelled.body, [geminiErrors.cancelled.body]]) {
      const told = await outcomeOf(streamAnswer([A, raw(toUnaryJson(body))]));
      assert.equal(textOf(told), "a");
      assert.equal(told.failure?.reason, "UPSTREAM_UNAVAILABLE");
    }
  });

  test("an error body that never ends is told by its status", async () => {
    const answer = errorAnswer(geminiErrors.overloaded);
    const endless = [...answer].slice(0, -1).concat(["stall"]);
    assert.equal(await reasonOf(endless, { limits: { firstEventMs: 50, totalMs: 200 } }), "OVERLOADED");
  });

  test("a blocked prompt is an answer", async () => {
    const { failure, events } = await outcomeOf(streamAnswer([blockedChunk()]));
    assert.equal(failure, undefined);
    assert.deepEqual(
      events.map(({ event }) => event.case),
      ["started", "finished", "usage"],
    );
  });
});

suite("nonsense", () => {
  test("what is no JSON, no event stream or no answer is an invalid response", async () => {
    const answers: readonly Answer[] = [
      streamAnswer([raw("data: {bad json\r\n\r\n")]),
      streamAnswer([raw("data: 5\r\n\r\n")]),
      streamAnswer([raw("data: [DONE]\r\n\r\n")]),
      htmlAnswer(200),
      bodyAnswer("", "text/plain", { headers: { "content-encoding": "br" } }),
      gzipBombAnswer(10_000_000),
      streamAnswer([A, END], { gzipLayers: 1 }),
    ];
    for (const answer of answers) assert.equal(await reasonOf(answer), "UPSTREAM_INVALID_RESPONSE");
    const unary: readonly Answer[] = [
      htmlAnswer(200),
      bodyAnswer('{"candidates": [', "application/json"),
      bodyAnswer("", "application/json"),
      jsonAnswer("x"),
    ];
    for (const answer of unary) assert.equal(await reasonOf(answer, UNARY), "UPSTREAM_INVALID_RESPONSE");
  });

  test("a malformed event is never skipped, and what came before is told", async () => {
    const told = await outcomeOf(streamAnswer([A, B, raw("data: {oops}\r\n\r\n"), END]));
    assert.equal(textOf(told), "ab");
    assert.equal(told.failure?.reason, "UPSTREAM_INVALID_RESPONSE");
    assert.doesNotMatch(told.failure.message, /oops/);
  });

  test("pages of front ends go by their status", async () => {
    assert.equal(await reasonOf(htmlAnswer(502)), "UPSTREAM_ERROR");
    assert.equal(await reasonOf(htmlAnswer(503)), "OVERLOADED");
    assert.equal(await reasonOf(htmlAnswer(404)), "UPSTREAM_ERROR");
    assert.equal(await reasonOf(htmlAnswer(302)), "UPSTREAM_INVALID_RESPONSE");
  });

  test("broken HTTP is an invalid response", async () => {
    assert.equal(await reasonOf(badChunkSizeAnswer(A)), "UPSTREAM_INVALID_RESPONSE");
    assert.equal(await reasonOf([raw("FTP/1.0 hello\r\n\r\n"), "fin"]), "UPSTREAM_INVALID_RESPONSE");
    assert.equal(
      await reasonOf(streamAnswer([A, END], { headers: { "x-long": "x".repeat(100_000) } })),
      "UPSTREAM_INVALID_RESPONSE",
    );
  });
});

suite("broken off", () => {
  test("an upstream that refuses is unreachable", async () => {
    await using rig = await startRig([], { baseUrl: new URL(await refusingOrigin()) });
    assert.equal((await collect(rig.open())).failure?.reason, "UPSTREAM_UNAVAILABLE");
    await using nowhere = await startRig([], { baseUrl: new URL("http://no-such-host.invalid") });
    assert.equal((await collect(nowhere.open())).failure?.reason, "UPSTREAM_UNAVAILABLE");
  });

  test("a connection lost before the answer may have been billed, and is another failure", async () => {
    for (const ending of ["fin", "reset"] as const) assert.equal(await reasonOf([ending]), "UPSTREAM_ERROR");
    assert.equal(
      transportFailure(Object.assign(new Error("x"), { code: "UND_ERR_SOCKET" }), "sent").reason,
      "UPSTREAM_ERROR",
    );
  });

  test("a connect timeout has a name of its own", () => {
    const timeout = Object.assign(new Error("x"), { code: "UND_ERR_CONNECT_TIMEOUT" });
    assert.equal(transportFailure(timeout, "connecting").reason, "UPSTREAM_CONNECT_TIMEOUT");
    assert.equal(transportFailure(new Error("?"), "connecting").reason, "UPSTREAM_UNAVAILABLE");
  });

  test("cut after any event, by any framing and ending, the stream is truncated and its events are told", async () => {
    for (const framing of ["chunked", "length", "close"] as const) {
      for (const ending of ["fin", "reset"] as const) {
        for (let count = 1; count <= 2; count++) {
          const items = [...[A, B].slice(0, count), ending, textChunk("never sent")];
          const told = await outcomeOf(streamAnswer(items, { framing }));
          assert.equal(textOf(told), "ab".slice(0, count), `${framing} ${ending}`);
          assert.equal(told.failure?.reason, "UPSTREAM_STREAM_TRUNCATED", `${framing} ${ending}`);
        }
      }
    }
  });

  test("cut where the upstream said that it would close, it is truncated, too", async () => {
    for (const framing of ["chunked", "length"] as const) {
      const answer = streamAnswer([A, "fin", B], { framing, headers: { connection: "close" } });
      assert.equal(await reasonOf(answer), "UPSTREAM_STREAM_TRUNCATED", framing);
    }
  });

  test("cut before the first event or inside one, it is truncated, too", async () => {
    assert.equal(await reasonOf(streamAnswer([headNow], { framing: "close" })), "UPSTREAM_STREAM_TRUNCATED");
    assert.equal(await reasonOf(streamAnswer([])), "UPSTREAM_STREAM_TRUNCATED");
    const half = raw(sseEvent(A).slice(0, 60));
    assert.equal(await reasonOf(streamAnswer([A, half], { framing: "close" })), "UPSTREAM_STREAM_TRUNCATED");
    assert.equal(await reasonOf(streamAnswer([A, half])), "UPSTREAM_STREAM_TRUNCATED");
  });

  test("without a finish reason it is truncated, however clean its end", async () => {
    const told = await outcomeOf(streamAnswer([A, B]));
    assert.equal(textOf(told), "ab");
    assert.equal(told.failure?.reason, "UPSTREAM_STREAM_TRUNCATED");
    assert.equal(await reasonOf(jsonAnswer(A), UNARY), "UPSTREAM_STREAM_TRUNCATED");
  });

  test("a last event that is whole but for its blank line counts", async () => {
    const told = await outcomeOf(streamAnswer([A, END], { style: { noFinalBlankLine: true } }));
    assert.equal(told.failure, undefined);
    assert.equal(textOf(told), "a");
  });

  test("a whole answer that is cut is truncated and tells nothing", async () => {
    const text = toUnaryJson(textChunk("abc", { finishReason: "STOP" }));
    const told = await outcomeOf(bodyAnswer(text, "application/json", { framing: "length" }), UNARY);
    assert.equal(textOf(told), "abc");
    const [whole] = [...bodyAnswer(text, "application/json", { framing: "length" })].filter(
      (step) => step instanceof Uint8Array && step.length > 300,
    );
    assert.ok(whole);
    const headAndHalf = Buffer.concat(
      [...bodyAnswer(text, "application/json", { framing: "length" })].filter((step) => step instanceof Uint8Array),
    );
    const cut = await outcomeOf([headAndHalf.subarray(0, headAndHalf.length - 20), "fin"], UNARY);
    assert.deepEqual([cut.events.length, cut.failure?.reason], [0, "UPSTREAM_STREAM_TRUNCATED"]);
  });
});
