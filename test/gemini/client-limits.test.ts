// The client's limits: every wait and every size has one, each with its own failure, and a reader that takes its time causes none.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { suite, test } from "node:test";
import { Failure, type FailureReason } from "../../src/chat/failures.ts";
import {
  endlessEvents,
  endlessLine,
  errorAnswer,
  finishChunk,
  geminiErrors,
  headNow,
  jsonAnswer,
  pause,
  raw,
  streamAnswer,
  textChunk,
  trickle,
  type Answer,
} from "../support/faulty-gemini.ts";
import { collect, startRig, textOf, type Rig } from "./upstream-rig.ts";

const UNARY = "unary" as const;
/** Long enough for a busy machine, and far below what a wait without limit would take. */
const PATIENCE_MS = 3_000;

interface Timed {
  readonly text: string;
  readonly reason: FailureReason | undefined;
}

/** The outcome of a call, which must come soon; and the server must see the client leave. */
async function timed(answer: Answer, ...[changes]: Parameters<Rig["open"]>): Promise<Timed> {
  await using rig = await startRig([answer]);
  const startedMs = performance.now();
  const told = await collect(rig.open(changes));
  assert.ok(performance.now() - startedMs < PATIENCE_MS, "the limit came late");
  const [call] = await rig.gemini.waitForCalls(1);
  assert.equal(await call?.whenEnded(), "client-closed");
  return { text: textOf(told), reason: told.failure?.reason };
}

suite("time", () => {
  test("silence before the first event, with and without a head", async () => {
    const limits = { firstEventMs: 80 };
    assert.deepEqual(await timed(["stall"], { limits }), { text: "", reason: "FIRST_EVENT_TIMEOUT" });
    assert.deepEqual(await timed(streamAnswer([headNow, "stall"]), { limits }), {
      text: "",
      reason: "FIRST_EVENT_TIMEOUT",
    });
  });

  test("silence between events", async () => {
    const answer = streamAnswer([textChunk("a"), textChunk("b"), "stall"]);
    assert.deepEqual(await timed(answer, { limits: { firstEventMs: 10_000, idleMs: 80 } }), {
      text: "ab",
      reason: "STREAM_IDLE_TIMEOUT",
    });
  });

  test("bytes without an event are silence", async () => {
    const slow = trickle(streamAnswer([textChunk("x".repeat(5_000)), finishChunk()]), 1, 5);
    assert.equal((await timed(slow, { limits: { firstEventMs: 150 } })).reason, "FIRST_EVENT_TIMEOUT");
    const drip = Array.from({ length: 1_000 }, () => [raw("x"), pause(5)]).flat();
    const slowing = streamAnswer([textChunk("a"), raw("data: "), ...drip]);
    assert.equal((await timed(slowing, { limits: { idleMs: 150 } })).reason, "STREAM_IDLE_TIMEOUT");
  });

  test("events that come in time keep a stream alive beyond its idle limit", async () => {
    await using rig = await startRig([
      streamAnswer([textChunk("a"), pause(60), textChunk("b"), pause(60), textChunk("c"), pause(60), finishChunk()]),
    ]);
    const told = await collect(rig.open({ limits: { idleMs: 1_000, firstEventMs: 1_000 } }));
    assert.deepEqual([textOf(told), told.failure], ["abc", undefined]);
  });

  test("the whole time, also on a stream that never falls silent", async () => {
    const answer = streamAnswer([
      textChunk("a"),
      ...Array.from({ length: 500 }, () => [pause(10), textChunk("")]).flat(),
    ]);
    assert.deepEqual(await timed(answer, { limits: { totalMs: 150 } }), { text: "a", reason: "UPSTREAM_TIMEOUT" });
  });

  test("a whole answer has only the whole time", async () => {
    const answer = jsonAnswer(textChunk("x".repeat(2_000), { finishReason: "STOP" }));
    const limits = { firstEventMs: 10, idleMs: 10, totalMs: 150 };
    assert.equal((await timed(trickle(answer, 1, 5), { mode: UNARY, limits })).reason, "UPSTREAM_TIMEOUT");
    await using rig = await startRig([[pause(60), ...answer]]);
    assert.equal(
      (await collect(rig.open({ mode: UNARY, limits: { firstEventMs: 10, idleMs: 10 } }))).failure,
      undefined,
    );
  });

  test("a limit without end is none", async () => {
    await using rig = await startRig([streamAnswer([textChunk("a"), finishChunk()])]);
    const limits = {
      firstEventMs: Number.POSITIVE_INFINITY,
      idleMs: Number.POSITIVE_INFINITY,
      totalMs: Number.POSITIVE_INFINITY,
    };
    assert.equal((await collect(rig.open({ limits }))).failure, undefined);
    assert.equal(rig.gemini.calls[0]?.headers["x-server-timeout"], undefined);
  });

  test("a reader that waits longer than the idle limit is no silence of the upstream", async () => {
    const chunk = textChunk("x".repeat(20_000));
    const items = [...Array.from({ length: 400 }, () => chunk), finishChunk()];
    await using rig = await startRig([streamAnswer(items)]);
    const source = rig.open({ limits: { idleMs: 200, firstEventMs: 2_000 } });
    await sleep(700);
    const told = await collect(source);
    assert.deepEqual([textOf(told).length, told.failure], [8_000_000, undefined]);
  });
});

function* endlessly(bytes: Buffer): Generator<Buffer> {
  for (;;) yield bytes;
}

suite("sizes", () => {
  test("one endless line ends at the limit of an event", async () => {
    await using rig = await startRig([streamAnswer(endlessLine())], { eventMaxBytes: 1_000_000 });
    const { failure } = await collect(rig.open());
    assert.equal(failure?.reason, "UPSTREAM_RESPONSE_TOO_LARGE");
    const [call] = rig.gemini.calls;
    assert.equal(await call?.whenEnded(), "client-closed");
    assert.ok((call?.bytesSent ?? 0) < 20_000_000);
  });

  test("ST-7: an event of endless lines, empty or not, ends soon and at little memory", async () => {
    for (const line of ["data:\n", "data: a\n"]) {
      const lines = Buffer.from(line.repeat(10_000));
      await using rig = await startRig([streamAnswer(endlessly(lines))]);
      const { failure } = await collect(rig.open());
      assert.deepEqual(
        [failure?.reason, failure?.message],
        ["UPSTREAM_RESPONSE_TOO_LARGE", "Gemini sent an event of more than 1024 lines."],
      );
      const [call] = rig.gemini.calls;
      assert.equal(await call?.whenEnded(), "client-closed");
      assert.ok((call?.bytesSent ?? 0) < 20_000_000);
    }
  });

  test("ST-7: announcements without end are no answer, a few of them do no harm", async () => {
    const hint = raw("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    await using rig = await startRig([
      [...Array.from({ length: 8 }, () => hint), ...streamAnswer([textChunk("ok", { finishReason: "STOP" })])],
      endlessly(Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))),
    ]);
    assert.equal(textOf(await collect(rig.open())), "ok");
    assert.equal((await collect(rig.open({ mode: UNARY }))).failure?.reason, "UPSTREAM_INVALID_RESPONSE");
    assert.equal(await rig.gemini.calls[1]?.whenEnded(), "client-closed");
  });

  test("endless events end at the limit of an answer", async () => {
    await using rig = await startRig([streamAnswer(endlessEvents(textChunk("x".repeat(10_000))))], {
      bodyMaxBytes: 3_000_000,
    });
    const told = await collect(rig.open());
    assert.equal(told.failure?.reason, "UPSTREAM_RESPONSE_TOO_LARGE");
    assert.ok(textOf(told).length > 2_000_000);
    assert.equal(await rig.gemini.calls[0]?.whenEnded(), "client-closed");
  });

  test("a whole answer ends there, too", async () => {
    await using rig = await startRig([jsonAnswer(textChunk("x".repeat(5_000_000), { finishReason: "STOP" }))], {
      bodyMaxBytes: 1_000_000,
    });
    const told = await collect(rig.open({ mode: UNARY }));
    assert.deepEqual([told.events.length, told.failure?.reason], [0, "UPSTREAM_RESPONSE_TOO_LARGE"]);
  });

  test("an error body without end is told by its status", async () => {
    const { body } = geminiErrors.overloaded;
    const answer = jsonAnswer({ error: body["error"], padding: "x".repeat(5_000_000) }, { status: 503 });
    await using rig = await startRig([answer]);
    assert.equal((await collect(rig.open())).failure?.reason, "OVERLOADED");
  });

  test("a call that is not possible any more fails before it is sent", async () => {
    await using rig = await startRig([errorAnswer(geminiErrors.overloaded)]);
    await rig.upstream.close();
    const { failure } = await collect(rig.open());
    assert.ok(failure instanceof Failure);
    assert.equal(failure.reason, "UPSTREAM_UNAVAILABLE");
    assert.equal(rig.gemini.calls.length, 0);
  });
});
