// Goal: who has so long to send something has it whatever this process does meanwhile, and no longer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { startPatience } from "../../src/facade/arrival.ts";

const LIMIT_MS = 100;

test("HP-1: patience ends after its limit, and once", async () => {
  let times = 0;
  const startedMs = performance.now();
  startPatience(LIMIT_MS, () => times++);
  while (times === 0 && performance.now() - startedMs < 50 * LIMIT_MS) await sleep(10);
  await sleep(2 * LIMIT_MS);
  assert.equal(times, 1);
});

test("HP-1: patience that ran out while the process stood still goes on for as long, so that what came meanwhile is read", async () => {
  let isOver = false;
  startPatience(LIMIT_MS, () => (isOver = true));
  const startedMs = performance.now();
  while (performance.now() - startedMs < 3 * LIMIT_MS);
  await turn();
  await turn();
  assert.equal(isOver, false);
  await sleep(20 * LIMIT_MS);
  assert.equal(isOver, true);
});

test("patience that was stopped never ends", async () => {
  const stop = startPatience(LIMIT_MS, () => assert.fail("it ended"));
  stop();
  await sleep(3 * LIMIT_MS);
});
