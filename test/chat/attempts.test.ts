// Goal: the attempt loop goes to the right keys in the right order, reports every attempt, and stops when the call ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tryAttempts, type AttemptWishes } from "../../src/chat/attempts.ts";
import { startDeadline } from "../../src/chat/deadline.ts";
import { Failure, type FailureReason } from "../../src/chat/failures.ts";
import type { AttemptOutcome, CallContext, Clock, KeyHandle, KeyPool } from "../../src/chat/ports.ts";

const KEYS: readonly KeyHandle[] = [
  { index: 0, project: "a" },
  { index: 1, project: "a" },
  { index: 2, project: "b" },
];

/** A pool that gives the first key that is not excluded, and a clock whose sleeps are noted instead of slept. */
function setUp(
  signal: AbortSignal = new AbortController().signal,
  maxAttempts = 3,
  /** How long each attempt takes. */
  attemptMs = (): number => 0,
) {
  const outcomes: AttemptOutcome[] = [];
  const reports: [number, string][] = [];
  const sleeps: number[] = [];
  const keys: KeyPool = {
    pick: ({ projects, keys: tried }) => KEYS.find(({ index, project }) => !projects.has(project) && !tried.has(index)),
    report: ({ index }, outcome) => reports.push([index, outcome === "ok" ? "ok" : outcome.reason]),
    usable: () => true,
  };
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, wall: () => 0, random: () => 1, sleep: async (ms) => void sleeps.push(ms) };
  const telemetry = {
    callStarted() {},
    mediaPlaced() {},
    callFinished() {},
    attemptFinished: (outcome: AttemptOutcome) => outcomes.push(outcome),
  };
  const context: CallContext = {
    caller: { licenceId: "l", name: "n" },
    requestId: "request-1",
    signal,
    deadlineMs: 60_000,
    maxAttempts,
  };
  const target = { model: "m", wish: { firstProjectOnly: false, conversation: "" } };
  const tried: number[] = [];
  const run = (script: (FailureReason | "ok" | "flawed")[], wishes: AttemptWishes<string> = {}) => {
    const deadline = startDeadline(clock, context, 60_000);
    const attempt = async (key: KeyHandle): Promise<string> => {
      tried.push(key.index);
      nowMs += attemptMs();
      const step = script.shift() ?? "ok";
      if (step !== "ok" && step !== "flawed") throw new Failure(step, step);
      return step === "ok" ? "answer" : `flawed ${tried.length}`;
    };
    const ports = { keys, clock, telemetry };
    return tryAttempts(ports, context, target, deadline, { attempts: 0 }, attempt, wishes).finally(() =>
      deadline[Symbol.dispose](),
    );
  };
  return { run, outcomes, reports, sleeps, tried };
}

test("a first success needs one attempt and is reported when it ends", async () => {
  const { run, outcomes, reports } = setUp();
  const live = await run(["ok"]);
  assert.equal(live.result, "answer");
  assert.deepEqual(outcomes, []);
  live.finish("OK");
  assert.deepEqual(
    outcomes.map(({ outcome, keyIndex, retried }) => [outcome, keyIndex, retried]),
    [["OK", 0, false]],
  );
  assert.deepEqual(reports, [[0, "ok"]]);
});

test("a 429 skips the other keys of its project, for quota is per project", async () => {
  const { run, tried, sleeps } = setUp();
  await run(["RATE_LIMIT_EXCEEDED", "ok"]);
  assert.deepEqual(tried, [0, 2]);
  assert.deepEqual(sleeps, []);
});

test("an overloaded model is asked again after a wait, and three attempts are all", async () => {
  const { run, outcomes, sleeps } = setUp();
  await assert.rejects(run(["OVERLOADED", "OVERLOADED", "OVERLOADED", "ok"]), { reason: "OVERLOADED" });
  assert.deepEqual(sleeps, [250, 500]);
  assert.deepEqual(
    outcomes.map(({ retried }) => retried),
    [true, true, false],
  );
});

test("a single attempt is made for a caller that is itself retrying", async () => {
  const { run, tried } = setUp(undefined, 1);
  await assert.rejects(run(["OVERLOADED"]), { reason: "OVERLOADED" });
  assert.equal(tried.length, 1);
});

test("a caller's mistake is passed on at once and leaves the keys alone", async () => {
  const { run, tried } = setUp();
  await assert.rejects(run(["UPSTREAM_INVALID_ARGUMENT"]), { reason: "UPSTREAM_INVALID_ARGUMENT" });
  assert.deepEqual(tried, [0]);
});

test("a call that was left makes no further attempt", async () => {
  const controller = new AbortController();
  const { run, tried } = setUp(controller.signal);
  controller.abort(new Failure("CANCELLED", "gone"));
  await assert.rejects(run(["OVERLOADED", "ok"]), { reason: "CANCELLED" });
  assert.deepEqual(tried, []);
});

test("an attempt that is cut short because the call ends is reported as well", async () => {
  const controller = new AbortController();
  const { run, outcomes } = setUp(controller.signal, 3, () => {
    controller.abort(new Failure("CANCELLED", "gone"));
    return 0;
  });
  await assert.rejects(run(["UPSTREAM_ERROR", "ok"]), { reason: "CANCELLED" });
  assert.deepEqual(
    outcomes.map(({ outcome, retried }) => [outcome, retried]),
    [["CANCELLED", false]],
  );
});

const flawOf = (result: string): string | undefined => (result.startsWith("flawed") ? "FLAW" : undefined);

test("a flawed result is had once more, on the same key and without a wait", async () => {
  const { run, outcomes, reports, sleeps, tried } = setUp();
  const live = await run(["flawed", "ok"], { flawOf });
  live.finish("OK");
  assert.equal(live.result, "answer");
  assert.deepEqual([tried, sleeps], [[0, 0], []]);
  assert.deepEqual(
    outcomes.map(({ outcome, retried }) => [outcome, retried]),
    [
      ["FLAW", true],
      ["OK", false],
    ],
  );
  assert.deepEqual(
    reports.map(([, outcome]) => outcome),
    ["ok", "ok"],
    "the key is not to blame",
  );
});

test("the second flawed result is taken, and reported as what it is", async () => {
  const { run, outcomes } = setUp();
  const live = await run(["flawed", "flawed", "ok"], { flawOf });
  live.finish("OK");
  assert.equal(live.result, "flawed 2");
  assert.deepEqual(
    outcomes.map(({ outcome, retried }) => [outcome, retried]),
    [
      ["FLAW", true],
      ["FLAW", false],
    ],
  );
});

test("a flawed result is taken when nothing better comes, and reported once", async () => {
  const { run, outcomes } = setUp();
  const live = await run(["flawed", "OVERLOADED", "INVALID_VALUE"], { flawOf });
  live.finish("OK");
  assert.equal(live.result, "flawed 1");
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ["FLAW", "OVERLOADED", "INVALID_VALUE"],
  );
});

test("a flawed result is taken where no further attempt is allowed, or no time is left for one", async () => {
  const single = setUp(undefined, 1);
  assert.equal((await single.run(["flawed", "ok"], { flawOf })).result, "flawed 1");
  const late = setUp(undefined, 3, () => 31_000);
  assert.equal((await late.run(["flawed", "ok"], { flawOf })).result, "flawed 1");
  assert.equal(late.tried.length, 1);
});

test("a call that goes on begins with the key it is told, and leaves it when it must", async () => {
  const { run, tried } = setUp();
  const live = await run(["RATE_LIMIT_EXCEEDED", "ok"], { key: KEYS[1] as KeyHandle });
  assert.deepEqual([tried, live.key.index], [[1, 2], 2]);
});
