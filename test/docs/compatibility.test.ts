// The page of features claims nothing without a test: each row that is not "no" names one that is there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ANSWER_FEATURES, PLATFORM_FEATURES, REQUEST_FEATURES } from "../../docs/compatibility.ts";
import { hasTest } from "./titles.ts";

const FEATURES = [...REQUEST_FEATURES, ...ANSWER_FEATURES, ...PLATFORM_FEATURES];
describe("the page of features", () => {
  for (const { name, stand, shown, note } of FEATURES) {
    test(`${name}: ${stand}`, () => {
      if (stand === "no") return assert.equal(shown, undefined);
      const [file, title] = shown ?? assert.fail("no test is named");
      assert(hasTest(file, title), `test/${file} has no test "${title}"`);
      if (stand === "partly") assert.notEqual(note, "", "what is missing is not said");
    });
  }
  test("has every feature once", () => assert.equal(new Set(FEATURES.map(({ name }) => name)).size, FEATURES.length));
  test("is not fooled by a title that stands nowhere", () =>
    assert(!hasTest("docs/compatibility.test.ts", "is there")));
});
