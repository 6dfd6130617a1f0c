// Goal: the soak's own parts run, and hold what they count, at a hundredth of their size; times are the soak's to judge.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hold } from "./hold.ts";
import { roll } from "./restarts.ts";
import { type Figure } from "./figures.ts";
import { startRig } from "./rig.ts";

function assertCounts(figures: readonly Figure[]): void {
  const missed = figures.filter(({ held, value }) => held === false && !value.endsWith(" ms"));
  assert.deepEqual(missed, []);
  assert.ok(figures.some(({ held }) => held === true));
}

describe("at a hundredth of its size", { concurrency: 2 }, () => {
  test("BP-4: of 50 streams of an event a second none loses one", async () => {
    await using rig = await startRig();
    assertCounts(await hold(rig, 50, 3_000));
  });

  test("DR-2: a rolling restart of two gateways under load loses no request", async () => {
    assertCounts(await roll(2, 50));
  });
});
