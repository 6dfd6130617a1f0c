// Goal: what is recent is bounded, expires, and the least recently used goes first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMemory } from "../../src/store/recent-memory.ts";

const STILL = { now: () => 0 };

test("what was set is there until it expires", () => {
  let now = 0;
  const memory = new RecentMemory({ now: () => now }, 60, 1_000);
  memory.set("k", "v");
  assert.equal(memory.get("k"), "v");
  now = 60;
  assert.equal(memory.get("k"), undefined);
});

test("the least recently used entry goes first when it is full", () => {
  const memory = new RecentMemory(STILL, 60, 306);
  memory.set("a", "1");
  memory.set("b", "2");
  memory.set("c", "3");
  memory.get("a");
  memory.set("d", "4");
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => memory.get(key)),
    ["1", undefined, "3", "4"],
  );
});

test("a value larger than the memory is not kept and pushes nothing out", () => {
  const memory = new RecentMemory(STILL, 60, 306);
  memory.set("a", "1");
  memory.set("b", "x".repeat(310));
  assert.equal(memory.get("b"), undefined);
  assert.equal(memory.get("a"), "1");
});

test("setting a key again replaces its value and its size", () => {
  const memory = new RecentMemory(STILL, 60, 306);
  for (let round = 0; round < 10; round++) memory.set("a", String(round));
  memory.set("b", "1");
  assert.deepEqual([memory.get("a"), memory.get("b")], ["9", "1"]);
});
