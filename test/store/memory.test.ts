// Goal: this process answers what it knows, asks the store only for the rest, and keeps tenants apart in both.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeptMemory } from "../../src/store/kept-memory.ts";
import { createMemory, TTL_MS } from "../../src/store/memory.ts";
import { RecentMemory } from "../../src/store/recent-memory.ts";

const STILL = { now: () => 0 };

/** A store that notes what it is asked. */
function createKept(
  known: Readonly<Record<string, string>> = {},
  complete = true,
): {
  kept: KeptMemory;
  asked: string[][];
  written: string[];
} {
  const asked: string[][] = [];
  const written: string[] = [];
  const kept: KeptMemory = {
    async read(licence, keys) {
      asked.push([licence, ...keys]);
      const values = new Map(
        keys.flatMap((key) => {
          const value = known[`${licence} ${key}`];
          return value === undefined ? [] : [[key, value] as const];
        }),
      );
      return { values, complete };
    },
    write: (licence, key, value) => void written.push(`${licence} ${key} ${value}`),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { kept, asked, written };
}

test("what this process knows is not asked of the store", async () => {
  const { kept, asked, written } = createKept();
  const memory = createMemory(STILL, kept);
  memory.set("l", "a", "1");
  assert.deepEqual([...(await memory.get("l", ["a"]))], [["a", "1"]]);
  assert.deepEqual(asked, []);
  assert.deepEqual(written, ["l a 1"]);
});

test("the rest is asked of the store at once, in order, and then known here", async () => {
  const { kept, asked, written } = createKept({ "l b": "2", "l c": "3" });
  const memory = createMemory(STILL, kept);
  memory.set("l", "a", "1");
  const known = await memory.get("l", ["c", "a", "b", "d"]);
  assert.deepEqual(Object.fromEntries(known), {
    a: "1",
    b: "2",
    c: "3",
  });
  await memory.get("l", ["b", "c"]);
  assert.deepEqual(asked, [["l", "c", "b", "d"]]);
  assert.deepEqual(written, ["l a 1"], "what came from the store is not written again");
});

test("another licence is given nothing of it", async () => {
  const { kept } = createKept({ "l b": "2" });
  const memory = createMemory(STILL, kept);
  memory.set("l", "a", "1");
  assert.equal((await memory.get("l", ["a", "b"])).size, 2);
  assert.equal((await memory.get("other", ["a", "b"])).size, 0);
});

test("without a store it forgets what does not fit", async () => {
  const memory = createMemory(STILL, undefined, new RecentMemory(STILL, TTL_MS, 110));
  memory.set("l", "a", "1");
  memory.set("l", "b", "22222");
  assert.deepEqual([...(await memory.get("l", ["a", "b"]))], [["b", "22222"]]);
});

test("an answer of which nothing is to be remembered is not looked for, and replaces what had its name", async () => {
  const { kept, asked, written } = createKept();
  const memory = createMemory(STILL, kept);
  memory.set("l", "a", "old");
  memory.set("l", "a", undefined);
  memory.set("l", "b", undefined);
  assert.equal((await memory.get("l", ["a", "b"])).size, 0);
  assert.deepEqual([asked, written], [[], ["l a old"]]);
});

test("what is missing is looked for again until another replica would have written it, and then no more", async () => {
  let now = 0;
  const { kept, asked } = createKept();
  const memory = createMemory({ now: () => now }, kept);
  for (const [at, times] of [
    [0, 1],
    [1_000, 2],
    [6_000, 3],
    [6_500, 3],
    [60_000, 3],
  ] as const) {
    now = at;
    assert.equal((await memory.get("l", ["few shots"])).size, 0);
    assert.equal(asked.length, times, `at ${at}`);
  }
});

test("what a store could not look for is looked for again", async () => {
  let now = 0;
  const { kept, asked } = createKept({}, false);
  const memory = createMemory({ now: () => now }, kept);
  for (; now < 60_000; now += 6_000) await memory.get("l", ["a"]);
  assert.equal(asked.length, 10);
});
