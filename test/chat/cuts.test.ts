// Goal: a JSON text with cuts in it means what the whole text means. Method: values with long texts in any place, beside plain JSON.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cuts } from "../../src/chat/cuts.ts";

const LONG = "QUJD".repeat(10_000);

/** Values in which some strings stand for long texts. */
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("LONG", 'ä"\\\n', "", "0;"),
    fc.integer(),
    fc.dictionary(fc.constantFrom("a", "__proto__", "LONG"), tie("node"), { maxKeys: 3 }),
    fc.array(tie("node"), { maxLength: 3 }),
  ),
})).node;

function replaceLong(value: unknown, by: (text: string) => string): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) => (item === "LONG" ? by(LONG) : item));
}

test("parse puts the texts back where their tokens stand", () => {
  fc.assert(
    fc.property(value, (plain) => {
      const cuts = new Cuts();
      const json = JSON.stringify(replaceLong(plain, (text) => cuts.hold(text)));
      assert.deepEqual(
        cuts.parse(json),
        replaceLong(plain, (text) => text),
      );
    }),
  );
});

test("the pieces have them in their places too, also in the middle of other strings", () => {
  fc.assert(
    fc.property(value, (plain) => {
      const cuts = new Cuts();
      const json = JSON.stringify(replaceLong(plain, (text) => `ü](${cuts.hold(text)})`));
      const whole = JSON.stringify(replaceLong(plain, (text) => `ü](${text})`));
      assert.equal(Buffer.concat(cuts.pieces(json)).toString(), whole);
    }),
  );
});

test("without cuts a text stays as it is", () => {
  const cuts = new Cuts();
  assert.equal(Buffer.concat(cuts.pieces(`{"a":"ä"}`)).toString(), `{"a":"ä"}`);
  assert.deepEqual(cuts.parse('{"a":"ä"}'), { a: "ä" });
});

test("broken JSON is a SyntaxError with cuts as without", () => {
  const cuts = new Cuts();
  assert.throws(() => cuts.parse(`{"a":"${cuts.hold(LONG)}"`), SyntaxError);
  assert.throws(() => new Cuts().parse("{"), SyntaxError);
});

test("a token of one text means nothing in another", () => {
  const token = new Cuts().hold(LONG);
  assert.deepEqual(new Cuts().parse(JSON.stringify({ token })), { token });
});
