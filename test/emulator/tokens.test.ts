// Tokens and pieces of text: cutting loses nothing and never splits a character.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitText } from "../../src/emulator/split-text.ts";
import { countTokens, cutToTokens } from "../../src/emulator/tokens.ts";

const text = fc.string({ unit: "grapheme", maxLength: 400 });

test("a text is at least as long in tokens as four characters each", () => {
  assert.equal(countTokens(""), 0);
  assert.equal(countTokens("abcdefgh"), 2);
  assert.equal(countTokens("你好"), 2);
  assert.equal(countTokens("ab你cd"), 3);
});

test("cutting to a number of tokens gives a prefix of exactly that many", () => {
  fc.assert(
    fc.property(text, fc.nat(50), (whole, limit) => {
      const cut = cutToTokens(whole, limit);
      assert.ok(whole.startsWith(cut));
      assert.ok(cut.isWellFormed());
      assert.equal(countTokens(cut), Math.min(limit, countTokens(whole)));
    }),
  );
});

test("pieces join to the text and are whole characters, several unless the text is tiny", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (whole, first) => {
      const pieces = splitText(whole, first);
      assert.equal(pieces.join(""), whole);
      assert.ok(pieces.every((piece) => piece !== "" && piece.isWellFormed()));
    }),
  );
  assert.deepEqual(splitText("Hello you", 40), ["Hello", " yo", "u"]);
  assert.equal(splitText("你好吗", 40).length, 3);
});
