// Goal: work ends with the signal it follows, and with no other. Method: signals in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTether } from "../../src/media/tether.ts";

test("it follows the last signal it was told, and ends with that one's reason", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const tether = createTether(first.signal);
  tether.follow(second.signal);
  first.abort(new Error("first"));
  assert.equal(tether.signal.aborted, false);
  second.abort(new Error("second"));
  assert.equal((tether.signal.reason as Error).message, "second");
});

test("a signal that is over ends it at once", () => {
  assert.ok(createTether(AbortSignal.abort()).signal.aborted);
  const tether = createTether(new AbortController().signal);
  tether.follow(AbortSignal.abort(new Error("over")));
  assert.equal((tether.signal.reason as Error).message, "over");
});
