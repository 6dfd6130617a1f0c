// Leaving and slowing down: a reader that goes away closes the upstream socket at once, one that pauses stops the upstream.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { suite, test } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import {
  endlessEvents,
  finishChunk,
  headNow,
  jsonAnswer,
  streamAnswer,
  textChunk,
  type Answer,
} from "../support/faulty-gemini.ts";
import { collect, startRig, textOf } from "./upstream-rig.ts";

/** The server learns of a leave within this. Generous: measured are 1 to 5 ms. */
const LEAVE_MS = 1_000;

const PHASES: Readonly<Record<string, Answer>> = {
  "before the head": ["stall"],
  "before the first event": streamAnswer([headNow, "stall"]),
  "between events": streamAnswer([textChunk("a"), "stall"]),
  "in the middle of a flood": streamAnswer(endlessEvents(textChunk("x".repeat(10_000)))),
  "during an error body": [...jsonAnswer({ error: {} }, { status: 500 })].slice(0, -1).concat(["stall"]),
};

suite("leaving", () => {
  test("an abort closes the socket in every phase, and its failure is the reader's", async () => {
    for (const [phase, answer] of Object.entries(PHASES)) {
      await using rig = await startRig([answer]);
      const caller = new AbortController();
      const outcome = collect(rig.open({ signal: caller.signal }));
      const [call] = await rig.gemini.waitForCalls(1);
      await sleep(30);
      caller.abort(new Failure("TIMEOUT", "too late"));
      const leftMs = performance.now();
      assert.equal((await outcome).failure?.reason, "TIMEOUT", phase);
      assert.equal(await call?.whenEnded(LEAVE_MS), "client-closed", phase);
      assert.ok((call?.closedAt ?? Infinity) - leftMs < LEAVE_MS, phase);
    }
  });

  test("an abort without a reason of ours is a cancel", async () => {
    await using rig = await startRig([["stall"]]);
    const caller = new AbortController();
    const outcome = collect(rig.open({ signal: caller.signal }));
    await rig.gemini.waitForCalls(1);
    caller.abort();
    assert.equal((await outcome).failure?.reason, "CANCELLED");
  });

  test("a call that is aborted before it begins is not sent", async () => {
    await using rig = await startRig([streamAnswer([finishChunk()])]);
    const { failure } = await collect(rig.open({ signal: AbortSignal.abort(new Failure("TIMEOUT", "late")) }));
    assert.equal(failure?.reason, "TIMEOUT");
    await sleep(30);
    assert.equal(rig.gemini.calls.length, 0);
  });

  test("an abort right after the beginning does not send, or closes", async () => {
    await using rig = await startRig([["stall"]]);
    const caller = new AbortController();
    const outcome = collect(rig.open({ signal: caller.signal }));
    caller.abort();
    assert.equal((await outcome).failure?.reason, "CANCELLED");
    await sleep(50);
    for (const call of rig.gemini.calls) assert.equal(await call.whenEnded(LEAVE_MS), "client-closed");
  });

  test("return() closes the socket, whether or not the reader waits or the source is paused", async () => {
    for (const answer of [PHASES["between events"] ?? [], PHASES["in the middle of a flood"] ?? []]) {
      await using rig = await startRig([answer]);
      const iterator = rig.open()[Symbol.asyncIterator]();
      assert.equal((await iterator.next()).done, false);
      await sleep(50);
      await iterator.return?.();
      assert.deepEqual(await iterator.next(), { done: true, value: undefined });
      assert.equal(await rig.gemini.calls[0]?.whenEnded(LEAVE_MS), "client-closed");
    }
  });

  test("a break out of the loop closes the socket", async () => {
    await using rig = await startRig([PHASES["between events"] ?? []]);
    for await (const _ of rig.open()) break;
    assert.equal(await rig.gemini.calls[0]?.whenEnded(LEAVE_MS), "client-closed");
  });

  test("a return while a batch is awaited ends the wait", async () => {
    await using rig = await startRig([["stall"]]);
    const iterator = rig.open()[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await rig.gemini.waitForCalls(1);
    await iterator.return?.();
    assert.equal((await waiting).done, true);
    assert.equal(await rig.gemini.calls[0]?.whenEnded(LEAVE_MS), "client-closed");
  });

  test("an abort after the end changes nothing, and the connection serves the next call", async () => {
    await using rig = await startRig([
      streamAnswer([textChunk("a"), finishChunk()]),
      streamAnswer([textChunk("b"), finishChunk()]),
    ]);
    const caller = new AbortController();
    assert.equal(textOf(await collect(rig.open({ signal: caller.signal }))), "a");
    caller.abort();
    await sleep(20);
    assert.equal(textOf(await collect(rig.open())), "b");
    assert.equal(rig.gemini.openConnections, 1);
  });
});

suite("slowing down", () => {
  test("a reader that reads nothing stops the upstream within a few megabytes, and all of it arrives later", async () => {
    const text = "x".repeat(50_000);
    const items = [...Array.from({ length: 2_000 }, () => textChunk(text)), finishChunk()];
    await using rig = await startRig([streamAnswer(items)]);
    const iterator = rig.open()[Symbol.asyncIterator]();
    const [call] = await rig.gemini.waitForCalls(1);
    await sleep(300);
    const sentBytes = call?.bytesSent ?? 0;
    await sleep(200);
    assert.equal(call?.bytesSent, sentBytes, "the upstream still sends");
    assert.ok(sentBytes < 16_000_000, `${sentBytes} bytes were taken in`);
    let characters = 0;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      for (const { event } of next.value.events) if (event.case === "text") characters += event.value.length;
    }
    assert.equal(characters, 2_000 * text.length);
  });

  test("a paused call does not hold up another", async () => {
    await using rig = await startRig([
      PHASES["in the middle of a flood"] ?? [],
      streamAnswer([textChunk("b"), finishChunk()]),
    ]);
    const flood = rig.open()[Symbol.asyncIterator]();
    await rig.gemini.waitForCalls(1);
    await sleep(100);
    assert.equal(textOf(await collect(rig.open())), "b");
    await flood.return?.();
  });
});
