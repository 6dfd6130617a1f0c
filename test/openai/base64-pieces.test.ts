// Base64 in pieces: joining gives the same bytes, aligning gives pieces that can be joined as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Base64Aligner, joinBase64 } from "../../src/openai/base64-pieces.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 6 });
const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

test("joined pieces are the base64 of all bytes", () => {
  fc.assert(
    fc.property(chunks, (pieces) => assert.equal(joinBase64(pieces.map(encode)), encode(Buffer.concat(pieces)))),
  );
});

test("aligned pieces hold multiples of 6 bytes but the last, and join as text", () => {
  fc.assert(
    fc.property(chunks, (pieces) => {
      const aligner = new Base64Aligner();
      const aligned = pieces.map((piece) => aligner.push(encode(piece)));
      for (const piece of aligned) assert.equal(Buffer.from(piece, "base64").length % 6, 0);
      assert.equal(aligned.join("") + aligner.end(), encode(Buffer.concat(pieces)));
    }),
  );
});
