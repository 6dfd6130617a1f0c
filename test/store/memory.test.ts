// Goal: memory is bounded, expires, and forgets the least recently used first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemory } from "../../src/store/memory.ts";

test("what was set is there until it expires", async () => {
  let now = 0;
  const memory = createMemory({ now: () => now }, 1_000, 60);
  memory.set("k", "v");
  assert.equal(await memory.get("k"), "v");
  now = 60;
  assert.equal(await memory.get("k"), undefined);
});

test("the least recently used entry goes first when it is full", async () => {
  const memory = createMemory({ now: () => 0 }, 6, 60);
  memory.set("a", "1");
  memory.set("b", "2");
  memory.set("c", "3");
  await memory.get("a");
  memory.set("d", "4");
  assert.deepEqual(await Promise.all(["a", "b", "c", "d"].map((key) => memory.get(key))), ["1", undefined, "3", "4"]);
});

test("a value larger than the memory is not kept and pushes nothing out", async () => {
  const memory = createMemory({ now: () => 0 }, 6, 60);
  memory.set("a", "1");
  memory.set("b", "x".repeat(10));
  assert.equal(await memory.get("b"), undefined);
  assert.equal(await memory.get("a"), "1");
});

test("setting a key again replaces its value and its size", async () => {
  const memory = createMemory({ now: () => 0 }, 6, 60);
  for (let round = 0; round < 10; round++) memory.set("a", String(round));
  memory.set("b", "1");
  assert.deepEqual(await Promise.all([memory.get("a"), memory.get("b")]), ["9", "1"]);
});
