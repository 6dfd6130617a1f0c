// Goal: fetches that share a request's room take none of it for what does not fit into it. Method: fetches by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { collect } from "../../src/media/collect.ts";
import type { OpenedMedia } from "../../src/media/fetch.ts";
import { SNIFF_BYTES } from "../../src/media/sniff.ts";

function opened(length: number | undefined, pieces: AsyncIterable<Buffer>): OpenedMedia {
  return {
    length,
    validator: undefined,
    contentType: undefined,
    finalUrl: new URL("http://host/"),
    pieces,
    release: () => {},
    close: async () => {},
  };
}

async function* after<T>(gate: Promise<unknown>, ...values: T[]): AsyncGenerator<T> {
  await gate;
  yield* values;
}

test("what is announced as too large leaves the room to the others from the beginning", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const budget = { left: 100_000 };
  const large = collect(opened(1_000_000, after(gate, Buffer.alloc(SNIFF_BYTES))), budget, 1);
  const small = await collect(opened(1_000, after(Promise.resolve(), Buffer.alloc(1_000))), budget, 1);
  assert.ok("bytes" in small, "there was room for it");
  open();
  assert.ok("start" in (await large));
  assert.equal(budget.left, 99_000);
});

test("what shows to be too large gives all of the room back", async () => {
  const budget = { left: 100_000 };
  const pieces = after(Promise.resolve(), ...Array.from({ length: 3 }, () => Buffer.alloc(40_000)));
  const large = await collect(opened(undefined, pieces), budget, 1);
  assert.ok("start" in large);
  assert.equal(Buffer.concat(large.start).length, 120_000, "what was read is kept");
  assert.equal(budget.left, 100_000);
});
