// JSON Schemas as real clients send them, and the few rewritings that Gemini needs (2.6).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { readJsonSchema, toResponseSchema } from "../../src/gemini/json-schema.ts";

const ORIGIN = { subject: "the parameters of f", field: "tools[0].function.parameters_json_schema" };

const parameters = (schema: unknown) => readJsonSchema(JSON.stringify(schema), ORIGIN, unexpected);

function unexpected(path: string, change: string): void {
  assert.fail(`${path}: ${change}`);
}

function response(schema: unknown) {
  const changes: string[] = [];
  const raise = (path: string): void => void changes.push(path);
  return { schema: toResponseSchema(readJsonSchema(JSON.stringify(schema), ORIGIN, raise), raise), changes };
}

/** Every keyword that clients are seen to send. */
const RICH = {
  type: "object",
  title: "T",
  additionalProperties: false,
  required: ["a"],
  properties: {
    a: { type: ["string", "null"], format: "date-time", pattern: "^x", default: null },
    b: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] },
    c: { const: "x" },
    d: { enum: ["p", 1], description: "D" },
    e: { type: "array", minItems: 1, items: { type: "integer" }, uniqueItems: true },
    f: { type: "object", propertyNames: { pattern: "^[a-z]+$" }, additionalProperties: { type: "number" } },
  },
  $defs: { Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } } },
};

describe("OpenAPI's nullable", () => {
  const defs = { $defs: { D: { type: "string" } } };
  for (const [given, expected] of [
    [{ type: "string", nullable: true }, { type: ["string", "null"] }],
    [{ type: "string", nullable: false }, { type: "string" }],
    [{ type: ["string", "null"], nullable: true }, { type: ["string", "null"] }],
    [{ type: "string", enum: ["a"], nullable: true }, { anyOf: [{ type: "string", enum: ["a"] }, { type: "null" }] }],
    [{ $ref: "#/$defs/D", nullable: true }, { anyOf: [{ $ref: "#/$defs/D" }, { type: "null" }] }],
    [{ anyOf: [{ type: "string" }], nullable: true }, { anyOf: [{ type: "string" }, { type: "null" }] }],
    [{ anyOf: [{ type: "null" }], nullable: true }, { anyOf: [{ type: "null" }] }],
  ]) {
    test(`${JSON.stringify(given)} is ${JSON.stringify(expected)}, in parameters and answers alike`, () => {
      const schema = { type: "object", properties: { a: given, nullable: { type: "boolean" } }, ...defs };
      const read = { ...schema, properties: { a: expected, nullable: { type: "boolean" } } };
      assert.deepEqual(parameters(schema), read);
      assert.deepEqual(response(schema), { schema: read, changes: [] });
    });
  }
});

describe("parameters", () => {
  test("are passed on as they are, circles included", () => {
    assert.deepEqual(parameters(RICH), RICH);
  });

  test("lose `$schema` at every level, but not a property of that name", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { $schema: { $schema: "x", type: "string" }, e: { enum: [{ $schema: 1 }] } },
    };
    assert.deepEqual(parameters(schema), {
      type: "object",
      properties: { $schema: { type: "string" }, e: { enum: [{ $schema: 1 }] } },
    });
  });

  test("have `definitions` renamed to `$defs`, with the references, but not a property of that name", () => {
    const schema = {
      type: "object",
      properties: {
        a: { $ref: "#/definitions/A" },
        definitions: { type: "string" },
        list: { type: "array", items: [{ $ref: "#/definitions/A" }] },
      },
      definitions: { A: { $ref: "#/definitions/B" }, B: { type: "string" }, C: { type: "null" } },
      $defs: { C: { type: "number" } },
    };
    assert.deepEqual(parameters(schema), {
      type: "object",
      properties: {
        a: { $ref: "#/$defs/A" },
        definitions: { type: "string" },
        list: { type: "array", items: [{ $ref: "#/$defs/A" }] },
      },
      $defs: { A: { $ref: "#/$defs/B" }, B: { type: "string" }, C: { type: "number" } },
    });
  });

  test("keep the order of their keys, and keys such as __proto__", () => {
    const text = '{"type":"object","properties":{"z":{},"__proto__":{"type":"string"},"a":{}}}';
    assert.equal(JSON.stringify(readJsonSchema(text, ORIGIN, unexpected)), text);
  });

  test("may refer by escaped pointers and to the whole", () => {
    const schema = {
      $defs: { "a/b c~d": { type: "string" } },
      anyOf: [{ $ref: "#/$defs/a~1b%20c~0d" }, { $ref: "#" }],
    };
    assert.deepEqual(parameters(schema), schema);
  });
});

describe("response schemas", () => {
  test("have `const` as an enum of one, everywhere a schema stands", () => {
    const { schema, changes } = response({
      anyOf: [{ const: "a" }, { type: "integer", const: 2 }],
      properties: { const: { const: "x", description: "X" } },
      default: { const: 1 },
    });
    assert.deepEqual(schema, {
      anyOf: [
        { type: "string", enum: ["a"] },
        { type: "integer", enum: [2] },
      ],
      properties: { const: { type: "string", description: "X", enum: ["x"] } },
      default: { const: 1 },
    });
    assert.deepEqual(changes, []);
  });

  test("lose constants that no enum can hold, and tell it", () => {
    const { schema, changes } = response({
      properties: { t: { const: true }, n: { const: null }, o: { const: { a: 1 } } },
    });
    assert.deepEqual(schema, { properties: { t: { type: "boolean" }, n: { type: "null" }, o: {} } });
    assert.deepEqual(changes, ["#/properties/t", "#/properties/n", "#/properties/o"]);
  });

  test("have `$ref` stand alone, and tell what was left out", () => {
    const { schema, changes } = response({
      $defs: { A: { type: "string" } },
      properties: { a: { $ref: "#/$defs/A", description: "An A", $comment: "kept" } },
    });
    assert.deepEqual(schema, {
      $defs: { A: { type: "string" } },
      properties: { a: { $ref: "#/$defs/A", $comment: "kept" } },
    });
    assert.deepEqual(changes, ["#/properties/a"]);
  });
});

describe("allOf, which Gemini reads over", () => {
  const base = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
  const cases: [string, unknown, unknown, string[]][] = [
    [
      "of a lone reference is that reference, with the words beside it",
      { allOf: [{ $ref: "#/$defs/Base" }], description: "D" },
      { $ref: "#/$defs/Base", description: "D" },
      [],
    ],
    [
      "of several is one that demands what all demand",
      { allOf: [{ $ref: "#/$defs/Base" }, { properties: { n: { type: "number" } }, required: ["n"] }] },
      { ...base, properties: { n: { type: "number" }, id: { type: "string" } }, required: ["id", "n"] },
      [],
    ],
    [
      "keeps the narrower bounds, types and values",
      {
        allOf: [
          { type: "number", minimum: 1, maximum: 9 },
          { type: "integer", minimum: 3 },
        ],
      },
      { type: "integer", minimum: 3, maximum: 9 },
      [],
    ],
    ["keeps the common values", { allOf: [{ enum: ["a", "b"] }, { enum: ["b", "c"] }] }, { enum: ["b"] }, []],
    [
      "that contradicts itself keeps the first demand, and tells it",
      { allOf: [{ pattern: "^a" }, { pattern: "^b" }] },
      { pattern: "^a" },
      ["#/properties/a/pattern"],
    ],
    [
      "that is part of itself is left out, and told",
      { allOf: [{ $ref: "#/properties/a" }, { minLength: 1 }] },
      { minLength: 1 },
      ["#/properties/a/allOf/0"],
    ],
  ];
  for (const [title, given, expected, changes] of cases) {
    test(title, () => {
      const told = new Set<string>();
      const schema = { type: "object", properties: { a: given }, $defs: { Base: base } };
      const read = readJsonSchema(JSON.stringify(schema), ORIGIN, (path) => told.add(path)) as typeof schema;
      assert.deepEqual(read.properties.a, expected);
      assert.deepEqual([...told], changes);
    });
  }
});

describe("a broken schema", () => {
  const nested = (levels: number): unknown => (levels === 0 ? {} : { properties: { p: nested(levels - 1) } });
  const listed = (levels: number): unknown => (levels === 0 ? {} : { items: listed(levels - 1) });
  const cases: [string, string, RegExp][] = [
    ["no JSON", "{", /not valid JSON/],
    ["no object", "true", /not a JSON object/],
    ["nothing", "", /not valid JSON/],
    ["too deep", JSON.stringify(nested(40)), /nested deeper than 32 levels/],
    ["too deep by a level", JSON.stringify(nested(32)), /nested deeper than 32 levels/],
    ["too deep by its lists", JSON.stringify(listed(32)), /nested deeper than 32 levels/],
    ["too deep in its data", `{"default":${"[".repeat(64)}${"]".repeat(64)}}`, /values deeper than 64 levels/],
    [
      "a property of a long name",
      JSON.stringify({ properties: { ["k".repeat(257)]: {} } }),
      /more than 256 characters/,
    ],
    ["too long", JSON.stringify({ description: "x".repeat(300_000) }), /longer than/],
    [
      "a reference into nowhere",
      '{"properties":{"a":{"$ref":"#/$defs/X"}}}',
      /refers to #\/\$defs\/X, which it does not have/,
    ],
    [
      "a reference to a page, which is not fetched",
      '{"properties":{"a":{"$ref":"https://x.test/s.json"}}}',
      /refers to https:\/\/x\.test\/s\.json, outside of itself/,
    ],
    ["a reference to a file", '{"items":{"$ref":"file:///etc/passwd"}}', /outside of itself/],
    ["a reference badly escaped", '{"$ref":"#/%zz"}', /does not have/],
  ];
  for (const [title, text, message] of cases) {
    test(`is refused naming its origin: ${title}`, () => {
      assert.throws(() => readJsonSchema(text, ORIGIN, unexpected), {
        reason: "INVALID_VALUE",
        field: ORIGIN.field,
        message,
      });
    });
  }

  test("is none that has the word $ref among its data or names", () => {
    const schema = { type: "object", properties: { $ref: { type: "string" } }, default: { $ref: "https://x.test" } };
    assert.deepEqual(parameters(schema), schema);
  });

  test("is told apart from one that is only as deep as allowed", () => {
    assert.doesNotThrow(() => parameters(nested(31)));
    assert.doesNotThrow(() => parameters(listed(31)));
    assert.doesNotThrow(() => parameters({ properties: { ["k".repeat(256)]: { description: "x".repeat(1_000) } } }));
  });

  test("never fails otherwise, whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        try {
          toResponseSchema(
            readJsonSchema(text, ORIGIN, () => {}),
            () => {},
          );
        } catch (error) {
          assert.ok(error instanceof Failure && error.reason === "INVALID_VALUE", String(error));
        }
      }),
    );
  });
});
