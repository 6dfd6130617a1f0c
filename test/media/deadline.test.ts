// Goal: time is up when it is, later when extended, and never after disposal. Method: short real timers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createGrowingDeadline } from "../../src/media/deadline.ts";

const never = new AbortController().signal;

test("aborts with a TimeoutError when the time is up", async () => {
  using deadline = createGrowingDeadline(20, never);
  assert.equal(deadline.signal.aborted, false);
  await delay(60);
  assert.equal((deadline.signal.reason as Error).name, "TimeoutError");
});

test("grants the time it was extended by, and not more", async () => {
  using deadline = createGrowingDeadline(20, never);
  deadline.extend(150);
  await delay(80);
  assert.equal(deadline.signal.aborted, false);
  await delay(150);
  assert.equal(deadline.signal.aborted, true);
});

test("stands still while it is paused", async () => {
  using deadline = createGrowingDeadline(60, never);
  deadline.pause();
  await delay(150);
  assert.equal(deadline.signal.aborted, false);
  deadline.resume();
  deadline.resume();
  assert.equal(deadline.signal.aborted, false);
  await delay(600);
  assert.equal(deadline.signal.aborted, true);
});

test("follows its parent with the parent's reason, also when that was aborted before", () => {
  const parent = new AbortController();
  using deadline = createGrowingDeadline(1000, parent.signal);
  parent.abort(new Error("left"));
  assert.match(String(deadline.signal.reason), /left/);
  using late = createGrowingDeadline(1000, parent.signal);
  assert.match(String(late.signal.reason), /left/);
});

test("does not abort once it is disposed of", async () => {
  const parent = new AbortController();
  let signal: AbortSignal;
  {
    using deadline = createGrowingDeadline(20, parent.signal);
    ({ signal } = deadline);
  }
  parent.abort();
  await delay(50);
  assert.equal(signal.aborted, false);
});
