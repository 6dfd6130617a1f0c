// Goal: a deadline that has been given back leaves no timer, whoever still holds it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../src/chat/clock.ts";
import { startDeadline } from "../../src/chat/deadline.ts";
import type { CallContext } from "../../src/chat/ports.ts";

const context: CallContext = {
  caller: { licenceId: "l", name: "n" },
  requestId: "r",
  signal: new AbortController().signal,
  deadlineMs: Infinity,
  maxAttempts: 1,
};

test("an answer that goes on when the call has ended begins no time anew", async () => {
  const deadline = startDeadline(systemClock, context, 20);
  deadline[Symbol.dispose]();
  deadline.restart();
  await delay(60);
  assert.equal(deadline.signal.aborted, false);
});

test("a restart gives the whole time again", async () => {
  using deadline = startDeadline(systemClock, context, 5_000);
  await delay(30);
  const leftMs = deadline.leftMs();
  deadline.restart();
  assert.ok(deadline.leftMs() > leftMs);
});

test("a deadline that is over when the call begins ends it at once, and says so", () => {
  const reasons: string[] = [];
  const limits = { ...context, deadlineMs: systemClock.now() - 1 };
  using deadline = startDeadline(systemClock, limits, 5_000, ({ reason }) => void reasons.push(reason));
  assert.equal(deadline.signal.aborted, true);
  assert.deepEqual(reasons, ["TIMEOUT"]);
});
