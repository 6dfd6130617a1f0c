// Goal: whatever warnings there are, the header stays short and plain.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { warningsHeader } from "../../src/rpc/warnings-header.ts";

test("warnings stand as code:param, in their order", () => {
  const warnings = [
    { code: "value_clamped", param: "temperature" },
    { code: "media_ignored", param: "messages[0].content[1]" },
  ];
  assert.equal(warningsHeader(warnings), "value_clamped:temperature, media_ignored:messages[0].content[1]");
});

test("without warnings there is no header", () => {
  assert.equal(warningsHeader([]), undefined);
});

test("any params make at most twenty entries of visible ASCII, two kilobytes in all", () => {
  const warning = fc.record({
    code: fc.constant("parameter_unknown"),
    param: fc.string({ unit: "binary", maxLength: 500 }),
  });
  fc.assert(
    fc.property(fc.array(warning, { minLength: 1, maxLength: 60 }), (warnings) => {
      const header = warningsHeader(warnings) ?? "";
      const entries = header.split(", ");
      assert.equal(entries.length, Math.min(20, warnings.length));
      for (const entry of entries) assert.match(entry, /^parameter_unknown:[!-~]{0,100}$/);
      assert.ok(header.length <= 2_500);
    }),
  );
});
