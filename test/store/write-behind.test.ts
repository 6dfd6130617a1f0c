// Goal: nobody waits for a write; what cannot be written is bounded, tried again, and told when it is given up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Remembered } from "../../src/store/memory-table.ts";
import { WriteBehind } from "../../src/store/write-behind.ts";

const MIB = 1024 * 1024;
const item = (key: string, bytes = 10, value = key): Remembered => ({ licence: "l", key, value, bytes });

interface Rig {
  readonly queue: WriteBehind;
  /** The keys of each write. */
  readonly writes: string[][];
  readonly told: string[];
}

function rig(write: (keys: readonly string[]) => Promise<void> = async () => undefined): Rig {
  const writes: string[][] = [];
  const told: string[] = [];
  const queue = new WriteBehind({
    write: async (batch) => {
      const keys = batch.map(({ key }) => key);
      writes.push(keys);
      await write(keys);
    },
    onWrite: (error) => told.push(error === undefined ? "ok" : "failed"),
    onDrop: (count) => told.push(`dropped ${count}`),
  });
  return { queue, writes, told };
}

async function until(condition: () => boolean, limitMs = 15_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "it did not happen in time");
    await sleep(5);
  }
}

test("nothing is written while the one who adds still runs, then all at once", async () => {
  const { queue, writes } = rig();
  for (const key of ["a", "b", "c"]) queue.add(item(key));
  assert.deepEqual(writes, []);
  assert.equal(queue.get("l", "b"), "b");
  await until(() => writes.length > 0);
  assert.deepEqual(writes, [["a", "b", "c"]]);
  await until(() => queue.get("l", "b") === undefined);
  queue.add(item("d"));
  await until(() => writes.length > 1);
  assert.deepEqual(writes[1], ["d"]);
});

test("a key that comes again while it waits is written once, with its last value", async () => {
  const { queue, writes } = rig();
  queue.add(item("a", 10, "old"));
  queue.add(item("b"));
  queue.add(item("a", 10, "new"));
  assert.equal(queue.get("l", "a"), "new");
  await queue.close();
  assert.deepEqual(writes, [["b", "a"]]);
});

test("a value that changes while it is written is written again", async () => {
  const gate = Promise.withResolvers<void>();
  const { queue, writes } = rig(() => gate.promise);
  queue.add(item("a", 10, "old"));
  await until(() => writes.length === 1);
  queue.add(item("a", 10, "new"));
  gate.resolve();
  await until(() => writes.length === 2);
  assert.deepEqual(writes, [["a"], ["a"]]);
});

test("batches are small, and a large value goes alone", async () => {
  const { queue, writes } = rig();
  for (let index = 0; index < 1_200; index++) queue.add(item(String(index)));
  for (const key of ["x", "y"]) queue.add(item(key, 5 * MIB));
  await queue.close();
  assert.deepEqual(
    writes.map((keys) => keys.length),
    [500, 500, 200, 1, 1],
  );
});

test("beyond its size the oldest are dropped, and it is told", async () => {
  const { queue, writes, told } = rig();
  for (let index = 0; index < 20; index++) queue.add(item(String(index), 5 * MIB));
  await queue.close();
  assert.deepEqual(
    writes.flat(),
    Array.from({ length: 12 }, (_, index) => String(index + 8)),
  );
  assert.equal(told.filter((one) => one === "dropped 1").length, 8);
});

test("after a failed write the oldest is tried alone, and given up in the end without any other", async () => {
  const { queue, writes, told } = rig(async (batch) => {
    if (batch.includes("poison")) throw new Error("on purpose");
  });
  for (const key of ["poison", "b", "c"]) queue.add(item(key));
  await until(() => told.includes("ok"));
  assert.deepEqual(writes, [["poison", "b", "c"], ["poison"], ["poison"], ["poison"], ["b", "c"]]);
  assert.deepEqual(told, ["failed", "failed", "failed", "failed", "dropped 1", "ok"]);
});

test("closing writes what waits, and gives up on a store that fails", async () => {
  const failing = rig(async () => {
    throw new Error("on purpose");
  });
  failing.queue.add(item("a"));
  const startedMs = performance.now();
  await failing.queue.close();
  assert.ok(performance.now() - startedMs < 3_000);
  assert.deepEqual(failing.told, ["failed", "dropped 1"]);
  const working = rig();
  for (const key of ["a", "b"]) working.queue.add(item(key));
  await working.queue.close();
  assert.deepEqual(working.writes, [["a", "b"]]);
});
