// Goal: the two bounds hold under any order of arrival, release and abort, and nobody waits for ever. Method: a model run.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSlots } from "../../src/media/slots.ts";

const never = new AbortController().signal;

test("gives slots in order of arrival, but lets others pass a caller whose share is used up", async () => {
  const acquire = createSlots(2, 1);
  const order: string[] = [];
  const take = async (key: string, label: string) => {
    const release = await acquire(key, never);
    order.push(label);
    return release;
  };
  const first = await take("a", "a1");
  const second = take("a", "a2");
  const other = await take("b", "b1");
  assert.deepEqual(order, ["a1", "b1"]);
  other();
  await new Promise(setImmediate);
  assert.deepEqual(order, ["a1", "b1"], "the share of a is still used up");
  first();
  (await second)();
  assert.deepEqual(order, ["a1", "b1", "a2"]);
});

test("an abort leaves the queue with the reason of the signal", async () => {
  const acquire = createSlots(1, 1);
  const release = await acquire("a", never);
  const controller = new AbortController();
  const left = acquire("b", controller.signal);
  const next = acquire("c", never);
  controller.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  await assert.rejects(acquire("d", controller.signal), /gone/);
  release();
  (await next)();
  (await acquire("b", never))();
});

test("never exceeds its bounds and serves everyone", async () => {
  const jobs = fc.array(fc.record({ key: fc.constantFrom("a", "b", "c"), turns: fc.nat(3), abort: fc.boolean() }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      jobs,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (list, total, perKey) => {
        const acquire = createSlots(total, perKey);
        const held: string[] = [];
        await Promise.all(
          list.map(async ({ key, turns, abort }) => {
            const controller = new AbortController();
            if (abort) queueMicrotask(() => controller.abort());
            const release = await acquire(key, controller.signal).catch(() => undefined);
            if (release === undefined) return;
            held.push(key);
            assert.ok(held.length <= total);
            assert.ok(held.filter((other) => other === key).length <= perKey);
            for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
            held.splice(held.indexOf(key), 1);
            release();
          }),
        );
        (await acquire("a", never))();
      },
    ),
    { numRuns: 60 },
  );
});
