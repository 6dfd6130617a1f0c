// Goal: bodies together stay within their budget, and what a request took comes back however it ends.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { BodyBudget } from "../../src/rpc/body-budget.ts";

test("what goes beyond the budget is refused as busy, and fits once another request has closed", () => {
  const budget = new BodyBudget(100);
  const first = new EventEmitter();
  budget.lease(first).take(80);
  const lease = budget.lease(new EventEmitter());
  assert.throws(() => lease.take(21), { reason: "SERVER_BUSY", retryAfterMs: 1_000 });
  first.emit("close");
  lease.take(100);
  assert.equal(budget.usedBytes, 100);
});

test("a refused piece takes nothing, and a closed request gives back once", () => {
  const budget = new BodyBudget(10);
  const response = new EventEmitter();
  const lease = budget.lease(response);
  lease.take(6);
  assert.throws(() => lease.take(5));
  assert.equal(budget.usedBytes, 6);
  response.emit("close");
  response.emit("close");
  assert.equal(budget.usedBytes, 0);
});

test("what comes for a request that has closed takes nothing, since nobody would give it back", () => {
  const budget = new BodyBudget(10);
  const response = new EventEmitter();
  const lease = budget.lease(response);
  lease.take(6);
  response.emit("close");
  lease.take(6);
  assert.equal(budget.usedBytes, 0);
});
