// The key pool: fair turns, quarantine of bad keys with rare probes, and no hammering of projects that were told to wait.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { FAILURES, Failure, type FailureReason } from "../../src/chat/failures.ts";
import type { KeyHandle, KeyPool } from "../../src/chat/ports.ts";
import { createKeyPool } from "../../src/gemini/keys.ts";

const NONE = { projects: new Set<string>(), keys: new Set<number>() };
const MINUTE_MS = 60_000;

interface Rig {
  readonly pool: KeyPool;
  /** What the pool told, e.g. `quarantined 0 UPSTREAM_KEY_INVALID`. */
  readonly told: string[];
  advance(ms: number): void;
}

/** Keys by the names of their projects. */
function rig(...projects: string[]): Rig {
  let nowMs = 1_000;
  const told: string[] = [];
  const pool = createKeyPool(
    projects.map((project) => ({ project })),
    {
      clock: { now: () => nowMs },
      telemetry: {
        keyQuarantined: ({ keyIndex, reason }) => told.push(`quarantined ${keyIndex} ${reason}`),
        keyRestored: ({ keyIndex }) => told.push(`restored ${keyIndex}`),
      },
    },
  );
  return { pool, told, advance: (ms) => (nowMs += ms) };
}

function picks(pool: KeyPool, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => pool.pick(NONE)?.index);
}

function key(index: number, project: string): KeyHandle {
  return { index, project };
}

function fail(reason: FailureReason, retryAfterMs?: number): Failure {
  return new Failure(reason, "test", { retryAfterMs });
}

suite("turns", () => {
  test("projects take turns, and the keys of a project among themselves", () => {
    assert.deepEqual(picks(rig("a", "a", "b").pool, 8), [0, 2, 1, 2, 0, 2, 1, 2]);
  });

  test("every project gets its share", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 8 }), (projects) => {
        const { pool } = rig(...projects);
        const distinct = new Set(projects);
        const counts = new Map<string, number>();
        for (let turn = 0; turn < 1_000; turn++) {
          const { project = "" } = pool.pick(NONE) ?? {};
          counts.set(project, (counts.get(project) ?? 0) + 1);
        }
        for (const project of distinct) assert.ok(Math.abs((counts.get(project) ?? 0) - 1_000 / distinct.size) <= 1);
      }),
    );
  });

  test("excluded projects and keys are left out, and nothing is left when all are", () => {
    const { pool } = rig("a", "a", "b");
    assert.equal(pool.pick({ projects: new Set(["a"]), keys: new Set() })?.index, 2);
    assert.equal(pool.pick({ projects: new Set(["b"]), keys: new Set([0]) })?.index, 1);
    assert.equal(pool.pick({ projects: new Set(["a", "b"]), keys: new Set() }), undefined);
  });

  test("handles hold no secret", () => {
    const pool = createKeyPool([{ project: "a", key: "secret" } as { project: string }], {
      clock: { now: () => 0 },
      telemetry: { keyQuarantined() {}, keyRestored() {} },
    });
    assert.deepEqual(pool.pick(NONE), { index: 0, project: "a" });
  });
});

suite("quarantine", () => {
  test("a refused key is out before the next pick and told once", () => {
    const { pool, told } = rig("a", "b");
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    assert.deepEqual(picks(pool, 3), [1, 1, 1]);
    assert.deepEqual(told, ["quarantined 0 UPSTREAM_KEY_INVALID"]);
  });

  test("a refused project takes all its keys along", () => {
    const { pool, told } = rig("a", "a", "b");
    pool.report(key(0, "a"), fail("UPSTREAM_PROJECT_UNUSABLE"));
    assert.deepEqual(picks(pool, 2), [2, 2]);
    assert.equal(told.length, 2);
  });

  test("it gets one request after 1, 5 and 30 minutes, then every 30", () => {
    const { pool, advance } = rig("a", "b");
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    for (const minutes of [1, 5, 30, 30]) {
      advance(minutes * MINUTE_MS - 1);
      assert.deepEqual(picks(pool, 2), [1, 1], `before ${minutes} min`);
      advance(1);
      assert.deepEqual(picks(pool, 3), [0, 1, 1], `after ${minutes} min`);
      pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    }
  });

  test("a probe that goes well brings it back, and says so", () => {
    const { pool, told, advance } = rig("a", "b");
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    advance(MINUTE_MS);
    assert.deepEqual(picks(pool, 1), [0]);
    pool.report(key(0, "a"), "ok");
    assert.deepEqual(new Set(picks(pool, 2)), new Set([0, 1]));
    assert.equal(told.at(-1), "restored 0");
  });

  test("a second attempt is no probe while a good key is left", () => {
    const { pool, advance } = rig("a", "b", "c");
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    advance(MINUTE_MS);
    assert.equal(pool.pick({ projects: new Set(["b"]), keys: new Set() })?.index, 2);
    assert.equal(pool.pick({ projects: new Set(["b", "c"]), keys: new Set() })?.index, 0);
  });

  test("with all keys out there is none, and the pool is usable again only when a probe is due", () => {
    const { pool, advance } = rig("a");
    assert.equal(pool.usable(), true);
    pool.report(key(0, "a"), fail("UPSTREAM_KEY_INVALID"));
    assert.deepEqual([pool.usable(), pool.pick(NONE)], [false, undefined]);
    advance(MINUTE_MS);
    assert.equal(pool.usable(), true);
    assert.equal(pool.pick(NONE)?.index, 0);
    assert.deepEqual([pool.usable(), pool.pick(NONE)], [false, undefined]);
  });

  test("no other failure takes a key out", () => {
    const { pool, told } = rig("a");
    for (const reason of Object.keys(FAILURES) as FailureReason[]) {
      if (reason === "UPSTREAM_KEY_INVALID" || reason === "UPSTREAM_PROJECT_UNUSABLE") continue;
      for (let time = 0; time < 10; time++) pool.report(key(0, "a"), fail(reason));
    }
    assert.equal(pool.pick(NONE)?.index, 0);
    assert.deepEqual(told, []);
  });
});

suite("waits", () => {
  test("a project that was told to wait is asked again only afterwards, as long as there is another", () => {
    const { pool, advance } = rig("a", "b");
    pool.report(key(0, "a"), fail("RATE_LIMIT_EXCEEDED", 26_000));
    assert.deepEqual(picks(pool, 3), [1, 1, 1]);
    advance(26_000);
    assert.deepEqual(picks(pool, 2), [0, 1]);
  });

  test("the only project is asked all the same", () => {
    const { pool } = rig("a");
    pool.report(key(0, "a"), fail("RATE_LIMIT_EXCEEDED", 26_000));
    assert.equal(pool.pick(NONE)?.index, 0);
  });

  test("a bad request, an overload or a cancel change nothing", () => {
    const { pool } = rig("a", "b");
    for (const reason of ["UPSTREAM_INVALID_ARGUMENT", "OVERLOADED", "CANCELLED", "UPSTREAM_ERROR"] as const) {
      pool.report(key(0, "a"), fail(reason, 60_000));
    }
    assert.deepEqual(picks(pool, 4), [0, 1, 0, 1]);
  });

  test("no wait is endless", () => {
    const { pool, advance } = rig("a", "b");
    pool.report(key(0, "a"), fail("INSUFFICIENT_QUOTA", 86_400_000));
    advance(10 * MINUTE_MS);
    assert.deepEqual(picks(pool, 2), [0, 1]);
  });
});

suite("wishes", () => {
  const conversation = (text: string) => ({ firstProjectOnly: false, conversation: text });

  test("a conversation stays on one project, on its keys in turn, and goes elsewhere only while that must wait", () => {
    const { pool, advance } = rig("a", "b", "b", "c", "c", "d");
    const first = pool.pick(NONE, conversation("x"));
    assert.ok(first);
    const projects = () => new Set(Array.from({ length: 8 }, () => pool.pick(NONE, conversation("x"))?.project));
    assert.deepEqual(projects(), new Set([first.project]));
    pool.report(first, fail("RATE_LIMIT_EXCEEDED", 2_000));
    const [elsewhere, ...others] = projects();
    assert.deepEqual(others, []);
    assert.notEqual(elsewhere, first.project);
    advance(2_001);
    assert.deepEqual(projects(), new Set([first.project]));
  });

  test("many conversations use all projects", () => {
    const { pool } = rig("a", "b", "c");
    const projects = Array.from({ length: 60 }, (_, index) => pool.pick(NONE, conversation(`${index}`))?.project);
    assert.deepEqual(new Set(projects), new Set(["a", "b", "c"]));
  });

  test("the project that holds the files is asked first, on its keys in turn, whatever the conversation, unless it must wait", () => {
    for (const text of ["", "x", "y", "z"]) {
      const { pool } = rig("a", "b", "b", "c");
      const wish = { ...conversation(text), home: "b" };
      const picked = Array.from({ length: 4 }, () => pool.pick(NONE, wish));
      assert.deepEqual(new Set(picked.map((key) => key?.index)), new Set([1, 2]));
      assert.ok(picked[0]);
      pool.report(picked[0], fail("RATE_LIMIT_EXCEEDED", 2_000));
      assert.notEqual(pool.pick(NONE, wish)?.project, "b");
    }
  });

  test("what belongs to the first project gets its keys or none", () => {
    const { pool } = rig("a", "b", "a");
    const wish = { firstProjectOnly: true, conversation: "" };
    const indices = Array.from({ length: 4 }, () => pool.pick(NONE, wish)?.index);
    assert.deepEqual(indices, [0, 2, 0, 2]);
    assert.equal(pool.pick({ projects: new Set(["a"]), keys: new Set() }, wish), undefined);
  });
});
