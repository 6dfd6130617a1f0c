// Goal: texts that come in pieces are whole as long as they are kept, and have the length of the whole when they are not.
// Method: texts with characters of 1 to 4 bytes and halves of surrogate pairs, cut anywhere, also where the limit is crossed.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KEPT_TEXT_MAX_LENGTH, KeptTexts } from "../../src/chat/kept-texts.ts";

const HIGH = "\ud83d";
const LOW = "\ude00";
const FULL = "é".repeat(KEPT_TEXT_MAX_LENGTH);

function textsOf(...pieces: readonly (readonly [part: number, piece: string])[]): KeptTexts {
  const texts = new KeptTexts();
  for (const [part, piece] of pieces) texts.add(part, piece);
  return texts;
}

test("up to the limit all texts are kept", () => {
  const texts = textsOf([0, FULL.slice(3)], [2, "ab"], [2, "c"], [5, ""]);
  assert.equal(texts.areLetGo, false);
  assert.deepEqual(texts.parts, [0, 2, 5]);
  assert.deepEqual(
    [texts.text(0).length, texts.text(2), texts.text(5), texts.text(1)],
    [FULL.length - 3, "abc", "", ""],
  );
  assert.deepEqual(
    [0, 1, 2, 5].map((part) => texts.byteLength(part)),
    [2 * (FULL.length - 3), 0, 3, 0],
  );
});

test("one character more and none is, but the bytes of all are known", () => {
  const texts = textsOf([0, FULL.slice(3)], [2, "ab"], [2, "c"], [2, "é"], [0, "d"], [7, "€"]);
  assert.equal(texts.areLetGo, true);
  assert.deepEqual(texts.parts, [0, 2, 7]);
  assert.deepEqual(
    [0, 2, 7].map((part) => [texts.text(part), texts.byteLength(part)]),
    [
      ["", 2 * (FULL.length - 3) + 1],
      ["", 5],
      ["", 3],
    ],
  );
});

test("a surrogate pair cut in two has 4 bytes, before the limit, beyond it and across it; a half alone has 3", () => {
  const bytes = (...pieces: string[]): number => textsOf(...pieces.map((piece) => [0, piece] as const)).byteLength(0);
  const full = 2 * FULL.length;
  assert.equal(bytes(HIGH, LOW), 4);
  assert.equal(bytes(HIGH, "", LOW), 4);
  assert.equal(bytes(FULL.slice(1) + HIGH, LOW), full - 2 + 4);
  assert.equal(bytes(FULL.slice(1) + HIGH, "", LOW), full - 2 + 4);
  assert.equal(bytes(FULL, HIGH, LOW), full + 4);
  assert.equal(bytes(FULL, HIGH, "", LOW), full + 4);
  assert.equal(bytes(FULL, LOW, HIGH, "a"), full + 3 + 3 + 1);
  assert.equal(bytes(FULL, HIGH, HIGH, LOW, LOW), full + 3 + 4 + 3);
});

test("halves of a surrogate pair in two parts are no pair, even when another part comes between", () => {
  const texts = textsOf([0, FULL], [0, HIGH], [1, LOW], [0, LOW], [1, HIGH]);
  assert.deepEqual([texts.byteLength(0), texts.byteLength(1)], [2 * FULL.length + 4, 3 + 3]);
});

test("however a text is cut, its length is that of the whole", () => {
  const unit = fc.constantFrom("a", "é", "€", HIGH, LOW, HIGH + LOW);
  const piece = fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.array(unit, { maxLength: 4 }).map((units) => units.join("")),
  );
  const pieces = fc.array(piece, { maxLength: 20 });
  /** Units that still fit when the pieces begin: 0 to more than all of them have. */
  const room = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(pieces, room, (small, left) => {
      const all = [[0, FULL.slice(left)] as const, ...small];
      const texts = textsOf(...all);
      const whole = [0, 1, 2].map((part) => all.flatMap(([of, text]) => (of === part ? [text] : [])).join(""));
      const isTooLong = whole.join("").length > KEPT_TEXT_MAX_LENGTH;
      assert.equal(texts.areLetGo, isTooLong);
      for (const [part, text] of whole.entries()) {
        assert.equal(texts.byteLength(part), Buffer.byteLength(text));
        assert.ok(texts.text(part) === (isTooLong ? "" : text));
      }
    }),
  );
});
