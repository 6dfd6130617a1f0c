// Goal: what a JSON text holds is known before it is parsed, and any other text is looked at without harm.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_DEPTH, scanJson } from "../../src/chat/json-scan.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Strings that end late, with many escapes or none. */
const text = fc
  .array(fc.constantFrom("a", '"', "\\", '\\"', "[{,", "ä", "\n", "x".repeat(100)), { maxLength: 20 })
  .map((words) => words.join(""));
const json = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.dictionary(text, tie("node"), { maxKeys: 4 }),
    fc.array(tie("node"), { maxLength: 4 }),
  ),
})).node;

/** Each list and object, and each member but the first. */
function valuesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const members = Object.values(value) as unknown[];
  return members.reduce((sum: number, member) => sum + valuesOf(member), 1 + Math.max(0, members.length - 1));
}

/** Names and values, in the order they are written. */
function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...stringsOf(member)]);
}

test("values are counted and strings are found, whatever stands in them", () => {
  fc.assert(
    fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, null, indent));
      const strings: unknown[] = [];
      const size = scanJson(bytes, NEVER, (start, end) =>
        strings.push(JSON.parse(bytes.toString("utf8", start, end + 1))),
      );
      assert.equal(size, valuesOf(value));
      assert.deepEqual(strings, stringsOf(value));
    }),
  );
});

test("too many values and levels end the look", () => {
  const list = Buffer.from("[1,2,3]");
  assert.equal(scanJson(list, 3), 3);
  assert.equal(scanJson(list, 2), "values");
  assert.equal(scanJson(Buffer.from("[".repeat(MAX_DEPTH)), NEVER), MAX_DEPTH);
  assert.equal(scanJson(Buffer.from("[".repeat(MAX_DEPTH + 1)), NEVER), "levels");
  assert.equal(scanJson(Buffer.from("[]".repeat(MAX_DEPTH + 1)), NEVER), MAX_DEPTH + 1);
});

test("no bytes make it throw", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void scanJson(Buffer.from(bytes), 10)));
  assert.equal(scanJson(Buffer.from('"\\'), NEVER), 0);
  assert.equal(scanJson(Buffer.from('"\\"'), NEVER), 0);
});
