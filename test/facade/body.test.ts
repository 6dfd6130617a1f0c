// Goal: a body becomes a JSON value that is safe to walk, or a clear 400.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { parseJson } from "../../src/facade/body.ts";

const refuses = (text: string | Buffer, words: RegExp) =>
  assert.throws(
    () => parseJson(Buffer.from(text)),
    (error) => error instanceof Failure && error.reason === "INVALID_JSON" && words.test(error.message),
  );

test("any JSON of ordinary depth is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      assert.deepEqual(parseJson(Buffer.from(JSON.stringify(value))), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("brackets, quotes and backslashes inside strings do not count as depth", () => {
  const value = { text: '[[[{{{"\\'.repeat(50), tail: "\\" };
  assert.deepEqual(parseJson(Buffer.from(JSON.stringify(value))), value);
});

test("nesting beyond 64 levels is refused before it is parsed", () => {
  refuses("[".repeat(5_000), /64 levels/);
  refuses("[".repeat(65) + "]".repeat(65), /64 levels/);
  assert.ok(parseJson(Buffer.from("[".repeat(64) + "]".repeat(64))));
});

test("more than 100 000 values are refused", () => {
  refuses(`[${"1,".repeat(100_001)}1]`, /100000 values/);
});

test("malformed UTF-8 is refused instead of being replaced", () => {
  refuses(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/);
});

test("no bytes and broken JSON are refused", () => {
  refuses("", /no body/);
  for (const text of ["{", "{'a':1}", '{"a":1,}', "nope", '"unterminated', '"\\']) refuses(text, /not valid JSON/);
});

test("PL-3: a name of 256 characters is read, a longer one refused by its place, however it is written", () => {
  const refused = (json: string, field: string): void =>
    assert.throws(() => parseJson(Buffer.from(json)), { reason: "INVALID_VALUE", field, message: /256 characters/ });
  for (const letter of ["k", "é", "€", "\\u00e9", '\\"']) {
    const name = letter.repeat(256);
    assert.ok(parseJson(Buffer.from(`{"${name}":1,"a":[{"${name}" :"${letter.repeat(300)}"}]}`)));
    const told = `${(JSON.parse(`"${letter}"`) as string).repeat(64)}…`;
    refused(`{"${name}${letter}":1}`, told);
    refused(`{"a":1,"b":[2,{"c":{"${name}${letter}"\n\t :1}}]}`, `b[1].c.${told}`);
  }
  refused(`{"a":{"${"QUJD".repeat(20_000)}":1}}`, `a.${"QUJD".repeat(16)}…`);
  refuses(`{"${"k".repeat(300)}":1`, /not valid JSON/);
});

test("long strings are read as JSON.parse reads them, media or not", () => {
  const word = fc.constantFrom(
    "QUJD",
    "-_8=",
    "ä",
    "\\n",
    " ",
    "\u0001",
    "data:image/png;base64,",
    "data:,",
    "\\u0041",
    "=",
  );
  const long = fc
    .tuple(
      fc.array(word, { maxLength: 3 }),
      fc.constantFrom("QUJD", "a b ", "ü", "\\t"),
      fc.array(word, { maxLength: 2 }),
    )
    .map(([before, filling, after]) => before.join("") + filling.repeat(12_000) + after.join(""));
  const text = fc
    .tuple(long, long, fc.constantFrom("", " ", "\n\t "))
    .map(([one, other, space]) => `{"a":"${one}"${space},"b"${space}:["${other}",1]}`);
  const outcome = (read: () => unknown): unknown => {
    try {
      return { value: read() };
    } catch {
      return "refused";
    }
  };
  fc.assert(
    fc.property(text, (json) => {
      assert.deepEqual(
        outcome(() => parseJson(Buffer.from(json))),
        outcome(() => JSON.parse(json)),
      );
    }),
    { numRuns: 300 },
  );
});

test("no bytes make anything but a value or a refusal", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        parseJson(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof Failure && error.reason === "INVALID_JSON");
      }
    }),
  );
});
