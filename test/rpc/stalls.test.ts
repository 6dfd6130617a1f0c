// Goal: an awaited peer that stands still for the limit is dropped, once and never sooner, and no other. Method: peers that do as told,
// under the real clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StallWatch, type Peer } from "../../src/rpc/stalls.ts";

const LIMIT_MS = 400;

class ToldPeer implements Peer {
  awaited = true;
  steps = 0;
  readonly droppedAtMs: number[] = [];

  isAwaited(): boolean {
    return this.awaited;
  }

  progress(): number {
    return this.steps;
  }

  drop(): void {
    this.droppedAtMs.push(performance.now());
  }

  /** As a stream that closes does. */
  watchedBy(watch: StallWatch): this {
    const unwatch = watch.add(this);
    this.drop = () => {
      this.droppedAtMs.push(performance.now());
      unwatch();
    };
    return this;
  }

  async dropped(): Promise<number> {
    for (let tries = 0; tries < 1_000 && this.droppedAtMs.length === 0; tries++) await sleep(10);
    return this.droppedAtMs[0] ?? Number.NaN;
  }
}

test("BP-3: a peer that stands still is dropped after the limit, and never before", async () => {
  const watch = new StallWatch(LIMIT_MS);
  const startedMs = performance.now();
  const peer = new ToldPeer().watchedBy(watch);
  const ms = (await peer.dropped()) - startedMs;
  assert.ok(ms >= LIMIT_MS && ms < 10 * LIMIT_MS, `${ms} ms`);
  await sleep(LIMIT_MS / 4);
  assert.equal(peer.droppedAtMs.length, 1);
});

test("BP-3: the limit counts from the last step, however small, and from when the peer was awaited", async () => {
  const watch = new StallWatch(LIMIT_MS);
  const [steps, waits] = [new ToldPeer().watchedBy(watch), new ToldPeer().watchedBy(watch)];
  waits.awaited = false;
  for (let times = 0; times < 6; times++) {
    await sleep(LIMIT_MS / 4);
    steps.steps += 1;
  }
  waits.awaited = true;
  const sinceMs = performance.now();
  assert.deepEqual([steps.droppedAtMs, waits.droppedAtMs], [[], []]);
  for (const peer of [steps, waits]) {
    const ms = (await peer.dropped()) - sinceMs;
    assert.ok(ms >= LIMIT_MS, `${ms} ms`);
  }
});

test("BP-3: the time for which the process itself stands still is not held against a peer", async () => {
  const peer = new ToldPeer().watchedBy(new StallWatch(LIMIT_MS));
  await sleep(LIMIT_MS / 8);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * LIMIT_MS);
  await sleep(LIMIT_MS / 8);
  assert.deepEqual(peer.droppedAtMs, []);
  assert.ok((await peer.dropped()) > 0);
});

test("a peer that is gone is not looked at, and one that comes after all are gone is", async () => {
  const watch = new StallWatch(LIMIT_MS);
  const gone = new ToldPeer();
  watch.add(gone)();
  await sleep(LIMIT_MS / 4);
  const next = new ToldPeer().watchedBy(watch);
  assert.ok((await next.dropped()) > 0);
  assert.deepEqual(gone.droppedAtMs, []);
});
