// Goal: what the upstream refuses is corrected once of each kind, in any combination, and everything else is left alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { correctionOf, type Correction } from "../../src/chat/corrections.ts";
import { Failure, FAILURES, type FailureReason } from "../../src/chat/failures.ts";

const RETIRED = "gemini-2.5-flash";
const refused = (reason: FailureReason, field?: string): Failure => new Failure(reason, "no", { field });
const correct = (error: unknown, made: Correction = {}, model = RETIRED): Correction | undefined =>
  correctionOf(error, made, model, []);

test("a model that is gone has its successor called, a signature or a schema that is refused is sent in another form", () => {
  assert.deepEqual(correct(refused("MODEL_NOT_FOUND")), { retired: RETIRED });
  assert.deepEqual(correct(refused("THOUGHT_SIGNATURE_INVALID")), { unsigned: true });
  assert.deepEqual(correct(refused("SCHEMA_REJECTED", "tools[0]")), { plainSchemas: { field: "tools[0]" } });
  assert.deepEqual(correct(refused("SCHEMA_REJECTED")), { plainSchemas: { field: "" } });
});

test("corrections add up in any order, each once", () => {
  const kinds = ["MODEL_NOT_FOUND", "THOUGHT_SIGNATURE_INVALID", "SCHEMA_REJECTED"] as const;
  for (const [one, two, three] of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ] as const) {
    let made: Correction = {};
    for (const at of [one, two, three]) {
      const next = correct(refused(kinds[at]), made);
      assert.ok(next);
      made = next;
    }
    assert.deepEqual(Object.keys(made).toSorted(), ["plainSchemas", "retired", "unsigned"]);
    for (const kind of kinds) assert.equal(correct(refused(kind), made), undefined, kind);
  }
});

test("a model without successor, any other failure and what is no failure are not corrected", () => {
  assert.equal(correct(refused("MODEL_NOT_FOUND"), {}, "gemini-99-flash"), undefined);
  for (const reason of Object.keys(FAILURES) as FailureReason[]) {
    if (["MODEL_NOT_FOUND", "THOUGHT_SIGNATURE_INVALID", "SCHEMA_REJECTED"].includes(reason)) continue;
    assert.equal(correct(refused(reason)), undefined, reason);
  }
  assert.equal(correct(new Error("MODEL_NOT_FOUND")), undefined);
});
