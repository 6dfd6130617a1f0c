// Goal: bytes in pieces of any size come out as they went in, in few pieces. Method: any pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BytePile } from "../../src/chat/byte-pile.ts";

test("what was added comes out, in order and in all", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.integer({ min: 16_000, max: 70_000 }).map((size) => new Uint8Array(size).fill(size % 251)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const pile = new BytePile();
      for (const each of pieces) pile.add(Buffer.from(each));
      const all = Buffer.concat(pieces);
      assert.equal(pile.size, all.length);
      assert.ok(Buffer.concat(pile.pieces()).equals(all));
      assert.ok(pile.whole().equals(all));
      pile.add(Buffer.from("more"));
      assert.ok(Buffer.concat(pile.pieces()).equals(Buffer.concat([all, Buffer.from("more")])));
    }),
  );
});

test("a byte at a time costs no piece for each", () => {
  const pile = new BytePile();
  for (let count = 0; count < 200_000; count += 1) pile.add(Buffer.of(count & 0xff));
  assert.ok(pile.pieces().length <= 5);
});

test("a piece that came alone is not copied", () => {
  const piece = Buffer.from("alone");
  const pile = new BytePile();
  pile.add(piece);
  assert.equal(pile.whole(), piece);
});
