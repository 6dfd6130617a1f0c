// The Markdown fence around a JSON answer, however the text is cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Unfencer } from "../../src/openai/unfence.ts";

function unfence(pieces: readonly string[]): string {
  const unfencer = new Unfencer();
  return pieces.map((piece) => unfencer.push(piece)).join("") + unfencer.end();
}

/** A text cut at random places, also within a character's surrogates. */
const cutText = (text: fc.Arbitrary<string>): fc.Arbitrary<{ text: string; pieces: string[] }> =>
  fc.tuple(text, fc.array(fc.nat(12), { maxLength: 40 })).map(([whole, sizes]) => {
    const pieces: string[] = [];
    let at = 0;
    for (const size of sizes) pieces.push(whole.slice(at, (at += size)));
    return { text: whole, pieces: [...pieces, whole.slice(at)] };
  });

const json = fc.jsonValue().map((value) => JSON.stringify(value, null, 2));
const opening = fc.constantFrom("```json\n", "```\n", "```JSON \r\n", "\n```json\n", "  ```\n");
const closing = fc.constantFrom("\n```", "\n```\n", "```", "\n``` \n\n", "");

test("a fence around JSON goes, and the JSON stays as it is", () => {
  const fenced = fc.tuple(opening, json, closing);
  fc.assert(
    fc.property(
      fenced.chain(([before, value, after]) =>
        cutText(fc.constant(before + value + after)).map((cut) => ({ ...cut, value })),
      ),
      ({ pieces, value }) => assert.equal(unfence(pieces), value),
    ),
  );
});

test("JSON without a fence passes as it came, also with backquotes and fences in its strings", () => {
  const quoted = json.map((value) => JSON.stringify("```json\n" + value + "\n```"));
  fc.assert(
    fc.property(
      cutText(
        fc.oneof(
          json,
          quoted,
          json.map((value) => ` \n${value}\n`),
        ),
      ),
      ({ text, pieces }) => assert.equal(unfence(pieces), text),
    ),
  );
});

test("text that only looks like the beginning of a fence is told in the end", () => {
  for (const text of ["", " ", "`", "``", "```", "```json", "`a`", "```json {}", "\n\n"]) {
    assert.equal(unfence([...text]), text);
    assert.equal(unfence([text]), text);
  }
});

test("what follows a closing fence is not lost", () => {
  assert.equal(unfence([..."```json\n{}\n```\nThat is all."]), "{}\n```\nThat is all.");
});

test("JSON is told as it comes, but for its first and last characters", () => {
  const unfencer = new Unfencer();
  assert.deepEqual(
    ['```json\n{"a', '":1,\n', '"b":2}', "\n``", "`"].map((piece) => unfencer.push(piece)),
    ['{"a', '":1,', '\n"b":2}', "", ""],
  );
  assert.equal(unfencer.end(), "");
});

test("megabytes of white space take no time", () => {
  const space = " ".repeat(4_000_000);
  const startedAtMs = performance.now();
  assert.equal(unfence([`\`\`\`json\n[${space}`, space, "]\n```"]).length, 2 * space.length + 2);
  assert.equal(unfence([space, space]).length, 2 * space.length);
  assert.ok(performance.now() - startedAtMs < 5_000);
});
