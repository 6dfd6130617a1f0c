// Taking long base64 around JSON.parse and JSON.stringify changes nothing of what is read and written.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Base64Bytes } from "../../src/chat/bytes.ts";
import { encodeRequest, parseAnswer, parseWholeAnswer } from "../../src/gemini/long-base64.ts";
import type { GenerateContentRequest } from "../../src/gemini/wire-request.ts";

const LONG = 40_000;

/** Long and short texts: base64, with escapes, with what looks like JSON, with foreign letters. */
const text = fc
  .tuple(
    fc.constantFrom("QUJD", "iVBORw0K", '","data":"', "\\", '"', "\n", "ä", "\u{1F408}", "/+=A"),
    fc.constantFrom(0, 1, LONG),
  )
  .map(([word, length]) => word.repeat(Math.ceil(length / word.length)));
const key = fc.constantFrom("data", "thoughtSignature", "text", "dat\\a", 'data": "x');
const json = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.dictionary(key, tie("node"), { maxKeys: 3 }),
    fc.array(tie("node"), { maxLength: 3 }),
  ),
})).node;

test("an answer is read as JSON.parse reads it, compact and indented", () => {
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
      const written = JSON.stringify({ data: "A".repeat(LONG), value }, null, indent);
      assert.deepEqual(parseAnswer(written), JSON.parse(written));
    }),
    { numRuns: 200 },
  );
});

test("a whole answer is read the same, its media as bytes that are text in JSON", () => {
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
      const written = JSON.stringify({ data: "A".repeat(LONG), value }, null, indent);
      const read = parseWholeAnswer(Buffer.from(written)) as { data: unknown };
      assert.ok(read.data instanceof Base64Bytes);
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(written));
    }),
    { numRuns: 200 },
  );
});

test("an answer that is cut off or broken is a SyntaxError", () => {
  const written = JSON.stringify({ data: "A".repeat(LONG), text: "x" });
  for (const broken of [written.slice(0, -1), written.slice(0, LONG / 2), `${written}x`, "", "{"]) {
    assert.throws(() => parseAnswer(broken), SyntaxError);
    assert.throws(() => parseWholeAnswer(Buffer.from(broken)), SyntaxError);
  }
});

test("a request is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ data: text, words: text }), { minLength: 1, maxLength: 4 }), (items) => {
      const parts = items.flatMap(({ data, words }) => [
        { inlineData: { mimeType: "image/png", data } },
        { text: words },
      ]);
      const request: GenerateContentRequest = { contents: [{ role: "user", parts }] };
      const bytes = { inlineData: { mimeType: "image/png", data: new Base64Bytes(Buffer.from("QUJD".repeat(LONG))) } };
      const withBytes = { contents: [...request.contents, { role: "user" as const, parts: [bytes] }] };
      for (const one of [request, withBytes])
        assert.equal(Buffer.concat(encodeRequest(one)).toString("utf8"), JSON.stringify(one));
    }),
    { numRuns: 200 },
  );
});
