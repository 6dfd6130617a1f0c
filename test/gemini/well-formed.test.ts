// Goal: halves of surrogate pairs become U+FFFD wherever they stand in a body, and nothing else changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeRequest } from "../../src/gemini/long-base64.ts";
import { parseWellFormed, withoutHalves } from "../../src/gemini/well-formed.ts";

/** With what stands beside an escape, or looks like one. */
const unit = fc.constantFrom(
  "\\",
  "u",
  "d",
  "D",
  "8",
  "0",
  "f",
  '"',
  "\n",
  "é",
  "\ud800",
  "\udbff",
  "\udfff",
  "\u{1f600}",
);
const text = fc.string({ unit, maxLength: 40 });

test("each half becomes U+FFFD, in names and values, and all else stays", () => {
  fc.assert(
    fc.property(text, text, (name, value) => {
      const json = withoutHalves(JSON.stringify([{ [name]: value }]));
      assert.equal(
        json,
        JSON.stringify([{ [name.toWellFormed()]: value.toWellFormed() }]).replaceAll("\ufffd", escaped),
      );
      assert.deepEqual(JSON.parse(json), [{ [name.toWellFormed()]: value.toWellFormed() }]);
    }),
    { numRuns: 2_000 },
  );

  /** A replaced half is written as an escape; one that the caller wrote as the letter cannot be among these units. */
  function escaped(): string {
    return "\\ufffd";
  }
});

test("each half that a text of JSON holds becomes U+FFFD as it is read, however it is escaped", () => {
  fc.assert(
    fc.property(text, text, (name, value) => {
      const read = parseWellFormed(JSON.stringify([{ [name]: [value, 1, null] }]));
      assert.deepEqual(read, [{ [name.toWellFormed()]: [value.toWellFormed(), 1, null] }]);
    }),
    { numRuns: 2_000 },
  );
  // Callers may write a pair as two escapes, and in capitals.
  assert.deepEqual(
    parseWellFormed('{"__proto__":"\\ud83d\\uDE00 \\uDE00"}'),
    JSON.parse('{"__proto__":"\u{1f600} \ufffd"}'),
  );
});

test("HP-11: none is in the bytes that are sent, beside long media or not", () => {
  const halves = { "a\ud800": ["\udfff", "\ud800\ud800", "\\ud800", "\u{1f600}"] };
  const whole = { "a\ufffd": ["\ufffd", "\ufffd\ufffd", "\\ud800", "\u{1f600}"] };
  for (const length of [4, 40_000]) {
    const media = { inlineData: { mimeType: "image/png", data: "A".repeat(length) } };
    const part = { functionCall: { name: "f", args: halves } };
    const sent = Buffer.concat(encodeRequest({ contents: [{ role: "user", parts: [media, part] }] })).toString("utf8");
    assert.deepEqual(JSON.parse(sent), {
      contents: [{ role: "user", parts: [media, { functionCall: { name: "f", args: whole } }] }],
    });
  }
});
