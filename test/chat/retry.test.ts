// Goal: every retry decision can be read off a table; no clock, no socket.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FAILURES, Failure, type FailureReason } from "../../src/chat/failures.ts";
import { decideRetry, type RetrySituation } from "../../src/chat/retry.ts";

const situation = (facts: Partial<RetrySituation> = {}): RetrySituation => ({
  attempts: 1,
  maxAttempts: 3,
  sameReason: 1,
  otherProject: true,
  timeLeftMs: 60_000,
  random: 0.5,
  ...facts,
});

const decide = (reason: FailureReason, facts?: Partial<RetrySituation>, retryAfterMs?: number) =>
  decideRetry(new Failure(reason, "failed", { retryAfterMs }), situation(facts));

test("a 429 goes to another project at once", () => {
  assert.deepEqual(decide("RATE_LIMIT_EXCEEDED", {}, 26_000), { kind: "retry", onOtherProject: true, waitMs: 0 });
});

test("a 429 is passed on when every project was tried", () => {
  assert.deepEqual(decide("RATE_LIMIT_EXCEEDED", { otherProject: false }), { kind: "give-up" });
});

test("a rejected key is replaced by another project's at once, and never tried again itself", () => {
  assert.deepEqual(decide("UPSTREAM_KEY_INVALID"), { kind: "retry", onOtherProject: true, waitMs: 0 });
  assert.deepEqual(decide("UPSTREAM_KEY_INVALID", { otherProject: false }), { kind: "give-up" });
});

test("an overloaded model is asked again on any key after a jittered wait that doubles", () => {
  assert.deepEqual(decide("OVERLOADED", { random: 1 }), { kind: "retry", onOtherProject: false, waitMs: 250 });
  assert.deepEqual(decide("OVERLOADED", { attempts: 2, random: 1 }), {
    kind: "retry",
    onOtherProject: false,
    waitMs: 500,
  });
});

test("a short pushback of the upstream is a lower bound for the wait", () => {
  assert.deepEqual(decide("OVERLOADED", { random: 0 }, 2_000), { kind: "retry", onOtherProject: false, waitMs: 2_000 });
});

test("a long pushback is passed on to the caller instead of being waited for", () => {
  assert.deepEqual(decide("OVERLOADED", {}, 30_000), { kind: "give-up" });
});

test("no wait reaches past the deadline", () => {
  assert.deepEqual(decide("OVERLOADED", { random: 1, timeLeftMs: 200 }), { kind: "give-up" });
});

test("an internal error of the upstream is tried once more, not twice", () => {
  assert.equal(decide("UPSTREAM_ERROR").kind, "retry");
  assert.equal(decide("UPSTREAM_ERROR", { attempts: 2, sameReason: 2 }).kind, "give-up");
});

test("a caller's own mistakes are never retried", () => {
  for (const [reason, row] of Object.entries(FAILURES)) {
    // A model that one project may not use is no mistake of the caller.
    if (row.httpStatus < 429 && reason !== "MODEL_ACCESS_DENIED")
      assert.equal(decide(reason as FailureReason).kind, "give-up", reason);
  }
});

test("three attempts are the most, whatever happens", () => {
  const reasons = Object.keys(FAILURES) as FailureReason[];
  fc.assert(
    fc.property(
      fc.constantFrom(...reasons),
      fc.integer({ min: 3, max: 9 }),
      fc.boolean(),
      (reason, attempts, otherProject) => {
        assert.equal(decide(reason, { attempts, otherProject }).kind, "give-up");
      },
    ),
  );
});
