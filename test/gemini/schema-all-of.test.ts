// `allOf` of schemas that are large or hostile: merged once, in time that grows with the schema, and bounded however it refers to itself.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readJsonSchema } from "../../src/gemini/json-schema.ts";
import { toOpenApiSchema } from "../../src/gemini/openapi-schema.ts";
import { SchemaGrowth } from "../../src/gemini/schema-growth.ts";
import type { Schema } from "../../src/gemini/schema-positions.ts";

const ORIGIN = { subject: "the parameters of f", field: "tools[0].function.parameters_json_schema" };

const ignore = (): void => {};
const read = (schema: unknown, raise: (path: string) => void = ignore): Schema =>
  readJsonSchema(JSON.stringify(schema), ORIGIN, raise);

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const strings = (count: number): Schema =>
  Object.fromEntries(times(count, (index) => [`p${index}`, { type: "string" }]));

const small = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }));
const { member } = fc.letrec<{ member: Schema }>((tie) => ({
  member: fc.record(
    {
      type: fc.constantFrom("number", "integer", ["number", "string"], ["integer", "null"]),
      description: small,
      enum: fc.uniqueArray(small, { minLength: 1, maxLength: 4 }),
      minimum: fc.integer(),
      maxItems: fc.nat(),
      uniqueItems: fc.boolean(),
      pattern: fc.constantFrom("a", "b"),
      required: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
      properties: fc.dictionary(fc.constantFrom("a", "b"), fc.oneof({ maxDepth: 2 }, fc.boolean(), tie("member"))),
      items: fc.oneof({ maxDepth: 2 }, fc.boolean(), tie("member")),
    },
    { requiredKeys: [] },
  ),
}));

describe("PL-7: allOf", () => {
  test("of many is what they are two by two, wherever they do not contradict each other", () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 2, maxLength: 5 }), (members) => {
        let contradicts = false;
        const merge = (all: readonly unknown[]): Schema =>
          read({ allOf: all, pattern: "a" }, () => (contradicts = true));
        const whole = merge(members);
        const pairwise = members.slice(1).reduce<Schema>((merged, next) => merge([merged, next]), members[0] ?? {});
        fc.pre(!contradicts);
        assert.deepEqual(whole, pairwise);
      }),
    );
  });

  test("inside of allOf is one list", () => {
    fc.assert(
      fc.property(member, member, member, (a, b, c) => {
        assert.deepEqual(read({ allOf: [a, { allOf: [b, { allOf: [c, {}] }] }] }), read({ allOf: [a, b, c] }));
      }),
    );
  });

  test("that says nothing leaves a reference beside it as it is", () => {
    const $defs = { A: { type: "object", properties: { a: { allOf: [{}], $ref: "#/$defs/A" } } } };
    const changes: string[] = [];
    const schema = read({ allOf: [], $ref: "#/$defs/A", $defs }, (path) => changes.push(path));
    assert.deepEqual(schema, {
      $ref: "#/$defs/A",
      $defs: { A: { type: "object", properties: { a: { $ref: "#/$defs/A" } } } },
    });
    assert.deepEqual(changes, []);
  });

  test("keeps a property called __proto__", () => {
    const named = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as Schema;
    assert.equal(JSON.stringify(read({ allOf: [named, named] })), JSON.stringify(named));
  });

  test("of lists without a common value keeps the first and tells it, and goes on with the others", () => {
    const told: string[] = [];
    const schema = read({ allOf: [{ enum: ["a", "b"] }, { enum: ["c"] }, { enum: ["b"] }] }, (path) => told.push(path));
    assert.deepEqual([schema, told], [{ enum: ["b"] }, ["#/enum"]]);
  });

  test("that follows a reference twice demands nothing twice", () => {
    const base = { type: "object", properties: strings(3), required: ["p0"] };
    const $defs = { Base: base, Child: { allOf: [{ $ref: "#/$defs/Base" }, { required: ["p1"] }] } };
    const { $defs: _, ...whole } = read({ $defs, allOf: [{ $ref: "#/$defs/Base" }, { $ref: "#/$defs/Child" }] });
    assert.deepEqual(whole, { ...base, required: ["p0", "p1"] });
  });
});

/** A converter may take 50 ms; this is for a machine that is busy. What was quadratic took seconds. */
const PATIENCE_MS = 1_000;

describe("PL-7: a hostile schema is merged or refused at once", () => {
  const ring = (size: number, make: (next: (step: number) => Schema) => Schema): Schema => ({
    $defs: Object.fromEntries(
      times(size, (at) => [`A${at}`, make((step) => ({ $ref: `#/$defs/A${(at + step) % size}` }))]),
    ),
    allOf: [{ $ref: "#/$defs/A0" }, { title: "x" }],
  });
  const large = { a: { type: "object", properties: strings(3_000) } };
  const many = { a: { type: "object", properties: strings(1_000) } };
  const refusal = /grows too large when the references of its allOf are followed/;
  const cases: [string, Schema, RegExp | undefined][] = [
    [
      "5,200 members",
      { allOf: times(5_200, (at) => ({ properties: { [`p${at}`]: {} }, required: [`p${at}`] })) },
      undefined,
    ],
    [
      "a tower over 6,000 properties",
      times(14, (at) => at).reduce<Schema>((inner) => ({ allOf: [inner, { properties: { x: {} } }] }), {
        properties: strings(6_000),
      }),
      undefined,
    ],
    [
      "two lists of 6,000 objects",
      { allOf: [0, 1].map((first) => ({ enum: times(6_000, (at) => ({ k: at + first })) })) },
      undefined,
    ],
    [
      "a long list and 7,000 without a common value",
      { allOf: [{ enum: times(12_000, (at) => `a${at}`) }, ...times(7_000, (at) => ({ enum: [`b${at}`] }))] },
      undefined,
    ],
    [
      "7,000 contradicting types",
      { allOf: [{ type: times(9_000, (at) => `a${at}`) }, ...times(7_000, (at) => ({ type: `b${at}` }))] },
      undefined,
    ],
    [
      "7,000 contradicting patterns",
      { allOf: [{ pattern: "x".repeat(90_000) }, ...times(7_000, (at) => ({ pattern: `b${at}` }))] },
      undefined,
    ],
    [
      "1,000 references to 3,000 properties",
      { $defs: large, allOf: times(1_000, () => ({ $ref: "#/$defs/a" })) },
      refusal,
    ],
    [
      "1,500 copies of 1,000 properties",
      {
        $defs: many,
        properties: Object.fromEntries(
          times(1_500, (at) => [`q${at}`, { allOf: [{ $ref: "#/$defs/a" }, { title: "x" }] }]),
        ),
      },
      refusal,
    ],
    [
      "3,000 copies of the whole",
      { properties: Object.fromEntries(times(3_000, (at) => [`q${at}`, { allOf: [{ $ref: "#" }, { title: "x" }] }])) },
      refusal,
    ],
    ["circles by two ways", ring(60, (next) => ({ allOf: [next(1), next(2)] })), refusal],
    ["circles by all ways", ring(60, (next) => ({ allOf: times(60, next) })), refusal],
    [
      "doubling",
      ring(60, (next) => ({
        properties: { a: { allOf: [next(1), { title: "y" }] }, b: { allOf: [next(1), { title: "x" }] } },
      })),
      refusal,
    ],
  ];
  for (const [title, schema, message] of cases) {
    test(title, () => {
      const startedMs = performance.now();
      const work = (): Schema => read(schema);
      if (message) assert.throws(work, { reason: "INVALID_VALUE", field: ORIGIN.field, message });
      else assert.ok(JSON.stringify(toOpenApiSchema(work(), ignore)).length < 4 * JSON.stringify(schema).length);
      assert.ok(performance.now() - startedMs < PATIENCE_MS, `${performance.now() - startedMs} ms`);
    });
  }
});

describe("PL-7: many schemas of one request", () => {
  const $defs = Object.fromEntries(
    times(14, (at) => {
      const $ref = at === 13 ? "#/$defs/Leaf" : `#/$defs/L${at + 1}`;
      return [`L${at}`, { type: "object", properties: { a: { $ref }, b: { $ref } } }];
    }),
  );
  const tree: Schema = { $defs: { ...$defs, Leaf: { type: "string" } }, properties: { x: { $ref: "#/$defs/L0" } } };
  const copies: Schema = {
    $defs: { a: { properties: strings(100) } },
    properties: Object.fromEntries(
      times(20, (at) => [`q${at}`, { allOf: [{ $ref: "#/$defs/a" }, { properties: { [`x${at}`]: {} } }] }]),
    ),
  };

  test("are refused when their copies are too much together", () => {
    const growth = new SchemaGrowth();
    const text = JSON.stringify(copies);
    const readNext = (): Schema => readJsonSchema(text, ORIGIN, ignore, growth);
    readNext();
    readNext();
    assert.throws(() => times(500, readNext), { reason: "INVALID_VALUE", message: /grows too large/ });
  });

  test("are open objects in the subset of OpenAPI, and said to be, when they are too many together", () => {
    const growth = new SchemaGrowth();
    const startedMs = performance.now();
    const told: string[] = [];
    const cleaned = times(512, () => toOpenApiSchema(read(tree), (_, change) => told.push(change), growth));
    assert.ok(JSON.stringify(cleaned[0]).length > 10_000);
    assert.deepEqual(cleaned.at(-1), { type: "OBJECT", description: "Any object." });
    assert.match(told.at(-1) ?? "", /any object may stand there/);
    assert.ok(performance.now() - startedMs < PATIENCE_MS, `${performance.now() - startedMs} ms`);
  });
});
