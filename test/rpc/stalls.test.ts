// Goal: a peer stands still only when nothing moved for the whole limit. Method: looks at a real stream, some of them put off.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LOOKS, standsStill } from "../../src/rpc/stalls.ts";

/** Looks have room for lag on a busy machine. */
const EVERY_MS = 10_000;

test("a peer that takes nothing stands still at the last look, and not before", () => {
  const peer = new PassThrough();
  const looks = Array.from({ length: LOOKS }, () => standsStill(peer, 100, EVERY_MS));
  assert.deepEqual(looks, [...Array.from({ length: LOOKS - 1 }, () => false), true]);
});

test("whatever it takes in between begins the count anew", () => {
  const peer = new PassThrough();
  for (let waiting = 1_000; waiting > 0; waiting -= 1) assert.equal(standsStill(peer, waiting, EVERY_MS), false);
});

test("a look that comes too late says that something moved, unless it may be missing", async () => {
  const [moved, pinged] = [new PassThrough(), new PassThrough()];
  const everyMs = 100;
  for (let look = 1; look < LOOKS; look += 1) {
    standsStill(moved, 100, everyMs);
    standsStill(pinged, 100, everyMs, 1_000);
  }
  await delay(2 * everyMs);
  assert.equal(standsStill(moved, 100, everyMs), false);
  assert.equal(standsStill(pinged, 100, everyMs, 1_000), true);
});

test("waiting for a peer to send does not count as waiting for it to take", () => {
  const peer = new PassThrough();
  for (let look = 1; look < LOOKS; look += 1) standsStill(peer, 0, EVERY_MS);
  assert.equal(standsStill(peer, 100, EVERY_MS), false);
});
