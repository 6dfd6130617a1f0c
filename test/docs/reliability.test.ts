// The page of promises claims nothing without a test: each row names tests that are there, or says what is open.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PROMISES } from "../../docs/reliability.ts";
import { hasTest } from "./titles.ts";

describe("the page of promises", () => {
  for (const { id, shown, open } of PROMISES) {
    test(`${id} is shown, or said to be open`, () => {
      for (const [file, title] of shown) assert(hasTest(file, title), `test/${file} has no test "${title}"`);
      if (shown.length === 0) assert.ok(open, "neither shown nor said to be open");
    });
  }
  test("has every promise once", () => assert.equal(new Set(PROMISES.map(({ id }) => id)).size, PROMISES.length));
});
