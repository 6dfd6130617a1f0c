// Goal: work is done once for all who wait for it, and ends when the last one leaves. Method: promises in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSingleFlight } from "../../src/chat/single-flight.ts";

const nobody = new AbortController().signal;

test("who comes while work is under way gets its result, and who comes after it starts anew", async () => {
  const flights = createSingleFlight<number>();
  let runs = 0;
  const work = async () => ++runs;
  assert.deepEqual(await Promise.all([flights.run("a", nobody, work), flights.run("a", nobody, work)]), [1, 1]);
  assert.deepEqual(await Promise.all([flights.run("a", nobody, work), flights.run("b", nobody, work)]), [2, 3]);
});

test("an error reaches all who wait, and is not kept", async () => {
  const flights = createSingleFlight<number>();
  const fails = () => Promise.reject(new Error("no"));
  await Promise.all([1, 2].map(() => assert.rejects(flights.run("a", nobody, fails), /no/)));
  assert.equal(await flights.run("a", nobody, async () => 1), 1);
});

test("work is aborted when the last one has left; who comes then does not get what was aborted", async () => {
  const flights = createSingleFlight<string>();
  const signals: AbortSignal[] = [];
  const never = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(new Error("cut"))));
  };
  const [one, other] = [new AbortController(), new AbortController()];
  const first = flights.run("a", one.signal, never);
  const second = flights.run("a", other.signal, never);
  one.abort(new Error("one left"));
  await assert.rejects(first, /one left/);
  assert.equal(signals[0]?.aborted, false);
  other.abort(new Error("other left"));
  await assert.rejects(second, /other left/);
  assert.equal(signals[0]?.aborted, true);
  assert.equal(await flights.run("a", nobody, async () => "new"), "new");
  await assert.rejects(flights.run("a", AbortSignal.abort(new Error("gone")), never), /gone/);
  assert.equal(signals.length, 1);
});
