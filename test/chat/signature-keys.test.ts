// Goal: a text that comes in pieces is remembered under the same name as the whole text, however it was cut and however long it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TextDigest, textKey } from "../../src/chat/signature-keys.ts";

const digestOf = (pieces: readonly string[]): TextDigest => {
  const digest = new TextDigest();
  for (const piece of pieces) digest.add(piece);
  return digest;
};

/** Pieces of any cut: also of 30,000 characters, so that a few are more than waits, and with halves of surrogate pairs. */
const anyPieces = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.constantFrom("\ud83d", "\ude00", "é", "x".repeat(30_000), `${"ü".repeat(30_000)}\ud83d`),
  ),
  { maxLength: 12 },
);

test("the key of pieces is the key of their text", () => {
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      const text = pieces.join("");
      const digest = digestOf(pieces);
      assert.equal(digest.length, text.length);
      assert.equal(digest.key(), textKey(text));
      assert.equal(digest.key(), textKey(text), "asked again");
    }),
    { examples: [[[`${"x".repeat(65_536)}\ud83d`, "\ude00"]]] },
  );
});

test("a copy goes on without the original", () => {
  fc.assert(
    fc.property(anyPieces, anyPieces, anyPieces, (before, one, other) => {
      const digest = digestOf(before);
      const copy = digest.copy();
      for (const piece of one) digest.add(piece);
      for (const piece of other) copy.add(piece);
      assert.equal(digest.key(), textKey([...before, ...one].join("")));
      assert.equal(copy.key(), textKey([...before, ...other].join("")));
    }),
  );
});
