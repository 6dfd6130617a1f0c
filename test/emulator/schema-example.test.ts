// Examples of schemas: whatever schema is asked for, the value conforms to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import Schema from "typebox/schema";
import { exampleOf } from "../../src/emulator/schema-example.ts";

const conforms = (schema: object, prompt = "") => {
  const value = exampleOf(schema, prompt);
  assert.ok(Schema.Check(schema, value), `${JSON.stringify(value)} for ${JSON.stringify(schema)}`);
  return value;
};

test("takes enums, constants and defaults from the schema", () => {
  assert.equal(exampleOf({ enum: ["celsius", "fahrenheit"] }, ""), "celsius");
  assert.equal(exampleOf({ enum: ["celsius", "fahrenheit"] }, "in Fahrenheit please"), "fahrenheit");
  assert.equal(exampleOf({ const: 7 }, ""), 7);
  assert.equal(exampleOf({ type: "string", default: "x" }, ""), "x");
});

test("takes places, numbers and texts from the prompt", () => {
  const place = { type: "string", description: "The city and state, e.g. San Francisco, CA" };
  const locate = (prompt: string) => exampleOf({ properties: { location: place }, required: ["location"] }, prompt);
  assert.deepEqual(locate("What is the weather like in Boston today?"), { location: "Boston" });
  assert.deepEqual(locate("How warm is it in New York, NY now?"), { location: "New York, NY" });
  const sum = { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } }, required: ["a", "b"] };
  assert.deepEqual(exampleOf(sum, "Add 2 and 3"), { a: 2, b: 3 });
  assert.deepEqual(exampleOf({ properties: { query: { type: "string" } }, required: ["query"] }, "find 猫 🐈"), {
    query: "find 猫 🐈",
  });
});

test("understands Google's upper-case types and int64 strings", () => {
  const schema = {
    type: "OBJECT",
    properties: { tags: { type: "ARRAY", minItems: "2", items: { type: "STRING" } } },
    required: ["tags"],
  };
  assert.deepEqual(exampleOf(schema, ""), { tags: ["tags", "tags"] });
});

test("conforms with references, unions, merges and recursion", () => {
  conforms({
    $defs: {
      node: {
        type: "object",
        properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#/$defs/node" } } },
        required: ["value", "children"],
        additionalProperties: false,
      },
    },
    $ref: "#/$defs/node",
  });
  conforms({ anyOf: [{ type: "null" }, { type: "object", properties: { a: { type: "string" } }, required: ["a"] }] });
  conforms({
    oneOf: [
      { type: "string", minLength: 30 },
      { type: "number", minimum: 1e6 },
    ],
  });
  conforms({
    allOf: [
      { properties: { a: { type: "boolean" } }, required: ["a"] },
      { properties: { b: { type: "null" } }, required: ["b"] },
    ],
  });
  conforms({ type: ["string", "null"], format: "date-time" });
  conforms({ type: "object", minProperties: 3, additionalProperties: { type: "integer" } });
  conforms({ type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2 });
  conforms({ type: "array", uniqueItems: true, minItems: 3, items: { enum: ["a", "b", "c"] } });
  conforms({ type: "string", pattern: "^[A-Z]{3}$" });
  conforms({ type: "string", pattern: "^\\d{4}$" });
});

test("ends even where a schema cannot", () => {
  const endless = { type: "object", properties: { self: { $ref: "#" } }, required: ["self"] };
  assert.equal(typeof exampleOf(endless, ""), "object");
  assert.equal((exampleOf({ type: "array", minItems: 1e9 }, "") as unknown[]).length, 1000);
  const branches = Array.from({ length: 10 }, () => ({ $ref: "#" }));
  exampleOf({ anyOf: branches }, "");
  exampleOf({ $ref: "#/nowhere/at~1all" }, "");
  exampleOf({ type: "string", pattern: "([" }, "");
});

const leaf = fc.oneof(
  fc.record({ type: fc.constant("string"), minLength: fc.nat(20) }),
  fc.record({ type: fc.constant("string"), maxLength: fc.nat(20) }),
  fc
    .constantFrom("date", "date-time", "time", "email", "uuid", "uri", "ipv4", "ipv6", "hostname")
    .map((format) => ({ type: "string", format })),
  fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50))
    .map(([minimum, span]) => ({ type: "integer", minimum, maximum: minimum + span })),
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 50 })).map(([exclusiveMinimum, span]) => ({
    type: "number",
    exclusiveMinimum,
    exclusiveMaximum: exclusiveMinimum + span,
  })),
  fc.integer({ min: 2, max: 9 }).map((multipleOf) => ({ type: "integer", multipleOf, minimum: multipleOf })),
  fc.constant({ type: "boolean" }),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
);

const { schema: anySchema } = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie("schema"), { maxKeys: 4 })
      .chain((properties) =>
        fc
          .subarray(Object.keys(properties))
          .map((required) => ({ type: "object", properties, required, additionalProperties: false })),
      ),
    fc.record({
      type: fc.constant("array"),
      items: tie("schema"),
      minItems: fc.nat(3),
      maxItems: fc.integer({ min: 3, max: 5 }),
    }),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));

test("conforms for any schema and prompt", () => {
  fc.assert(
    fc.property(anySchema, fc.string(), (schema, prompt) => void conforms(schema, prompt)),
    { numRuns: 400 },
  );
});
