// The OpenAPI subset that schemas are sent in once Gemini refused them as JSON Schema.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { findModel } from "../../src/emulator/models.ts";
import { readRequest } from "../../src/emulator/proto-reader.ts";
import { checkRequest } from "../../src/emulator/rules/check-request.ts";
import { readJsonSchema } from "../../src/gemini/json-schema.ts";
import { type OpenApiSchema, toOpenApiParameters, toOpenApiSchema } from "../../src/gemini/openapi-schema.ts";
import type { Schema } from "../../src/gemini/schema-positions.ts";
import { anySchema } from "./schema-arbitrary.ts";

const ORIGIN = { subject: "the parameters of f", field: "tools[0].function.parameters_json_schema" };

function clean(schema: unknown): { schema: OpenApiSchema; changes: string[] } {
  const changes: string[] = [];
  const raise = (path: string): void => void changes.push(path);
  return { schema: toOpenApiSchema(readJsonSchema(JSON.stringify(schema), ORIGIN, raise), raise), changes };
}

/** One property of an object, cleaned. */
function property(schema: unknown, more: object = {}) {
  const { schema: cleaned, changes } = clean({ type: "object", properties: { a: schema }, ...more });
  return { a: cleaned.properties?.["a"], changes: changes.map((path) => path.replace("#/properties/a", "a")) };
}

describe("what the subset can say", () => {
  const cases: [string, unknown, OpenApiSchema][] = [
    ["types are upper case", { type: "string" }, { type: "STRING" }],
    ["null among the types is nullable", { type: ["string", "null"] }, { type: "STRING", nullable: true }],
    [
      "null among the alternatives is nullable",
      { anyOf: [{ type: "null" }, { type: "integer" }] },
      { type: "INTEGER", nullable: true },
    ],
    [
      "a list of types is alternatives",
      { type: ["string", "integer"], minimum: 1 },
      { anyOf: [{ type: "STRING" }, { type: "INTEGER", minimum: 1 }] },
    ],
    [
      "oneOf is anyOf",
      { oneOf: [{ type: "string" }, { type: "boolean" }] },
      { anyOf: [{ type: "STRING" }, { type: "BOOLEAN" }] },
    ],
    ["const is an enum of one", { const: "x" }, { type: "STRING", enum: ["x"] }],
    [
      "an enum without a type has that of its values",
      { enum: ["x", null] },
      { type: "STRING", enum: ["x"], nullable: true },
    ],
    [
      "counts are text, as int64 is",
      { type: "array", items: { type: "string" }, maxItems: 3 },
      { type: "ARRAY", items: { type: "STRING" }, maxItems: "3" },
    ],
    [
      "an excluded bound of an integer is the next one",
      { type: "integer", exclusiveMinimum: 0 },
      { type: "INTEGER", minimum: 1 },
    ],
    [
      "what stands beside alternatives holds for each",
      { type: "object", properties: { p: { type: "string" } }, anyOf: [{ required: ["p"] }, { description: "D" }] },
      {
        anyOf: [
          { type: "OBJECT", properties: { p: { type: "STRING" } }, required: ["p"] },
          { type: "OBJECT", description: "D", properties: { p: { type: "STRING" } } },
        ],
      },
    ],
    [
      "allOf is merged",
      { allOf: [{ type: "object", properties: { p: { type: "string" } } }, { required: ["p"] }] },
      { type: "OBJECT", properties: { p: { type: "STRING" } }, required: ["p"] },
    ],
    [
      "closed objects are closed anyway",
      { type: "object", properties: { p: { type: "string" } }, additionalProperties: false },
      { type: "OBJECT", properties: { p: { type: "STRING" } } },
    ],
  ];
  for (const [title, given, expected] of cases) {
    test(`${title}, and nothing is told as lost`, () => {
      assert.deepEqual(property(given), { a: expected, changes: [] });
    });
  }

  test("references are inlined, with the words beside them", () => {
    const more = { $defs: { "A/B": { type: "string", description: "Theirs." } } };
    assert.deepEqual(property({ $ref: "#/$defs/A~1B", description: "Mine." }, more), {
      a: { type: "STRING", description: "Mine." },
      changes: [],
    });
  });
});

describe("what the subset cannot say goes into the description, and is told with its place", () => {
  const cases: [string, unknown, OpenApiSchema, string[]][] = [
    [
      "values that are no strings",
      { enum: [1, 2], description: "D." },
      { type: "INTEGER", description: "D. enum: [1,2]." },
      ["a/enum"],
    ],
    [
      "formats Gemini does not know",
      { type: "string", format: "uri" },
      { type: "STRING", description: 'format: "uri".' },
      ["a/format"],
    ],
    [
      "high counts, which make too many states",
      { type: "string", maxLength: 5_000 },
      { type: "STRING", description: "maxLength: 5000." },
      ["a/maxLength"],
    ],
    [
      "multiples",
      { type: "integer", multipleOf: 5 },
      { type: "INTEGER", description: "multipleOf: 5." },
      ["a/multipleOf"],
    ],
    [
      "free names",
      { type: "object", additionalProperties: { type: "number" } },
      { type: "OBJECT", description: 'additionalProperties: {"type":"number"}.' },
      ["a/additionalProperties"],
    ],
    [
      "names that are demanded but not there",
      { type: "object", required: ["x"] },
      { type: "OBJECT", description: 'required: ["x"].' },
      ["a/required"],
    ],
    [
      "tuples",
      { type: "array", prefixItems: [{ type: "string" }, { type: "string" }] },
      { type: "ARRAY", description: 'prefixItems: [{"type":"string"},{"type":"string"}].', items: { type: "STRING" } },
      ["a/prefixItems"],
    ],
  ];
  for (const [title, given, expected, changes] of cases) {
    test(title, () => {
      assert.deepEqual(property(given), { a: expected, changes });
    });
  }

  test("what contains itself ends in an open object that says so", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/Node" } } };
    assert.deepEqual(property({ $ref: "#/$defs/Node" }, { $defs: { Node: node } }), {
      a: { type: "OBJECT", properties: { next: { type: "OBJECT", description: "Again like Node." } } },
      changes: ["a/properties/next"],
    });
  });

  test("keywords too long for words are left out", () => {
    const { a, changes } = property({ type: "string", pattern: "x".repeat(1_000) });
    assert.deepEqual([a, changes], [{ type: "STRING" }, ["a/pattern"]]);
  });
});

describe("parameters are one object", () => {
  test("put together from alternatives, demanding what all of them demand", () => {
    const schema = {
      anyOf: [
        { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a", "b"] },
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      ],
    };
    const changes: string[] = [];
    const raise = (path: string): void => void changes.push(path);
    assert.deepEqual(toOpenApiParameters(readJsonSchema(JSON.stringify(schema), ORIGIN, raise), raise), {
      type: "OBJECT",
      properties: { a: { type: "STRING" }, b: { type: "STRING" } },
      required: ["a"],
    });
    assert.deepEqual(changes, ["#"]);
  });
});

describe("any schema", () => {
  test("is taken by the emulator, keeps Google's rules, and is bounded", () => {
    const model = findModel("gemini-3.8-flash");
    assert.ok(model);
    fc.assert(
      fc.property(anySchema, (given) => {
        const parameters = cleanParameters(given);
        if (parameters === undefined) return;
        const schema = toOpenApiSchema(given as Schema, () => {});
        assertKeepsRules(parameters);
        assertKeepsRules(schema);
        const functionDeclarations = [{ name: "f", description: "", parameters, response: schema }];
        const body = JSON.stringify({
          contents: [{ role: "user", parts: [{ text: "Hi" }] }],
          tools: [{ functionDeclarations }],
        });
        checkRequest(model, readRequest("GenerateContentRequest", body), { streaming: false, project: "p" });
      }),
      { numRuns: 300 },
    );
  });

  test("that was cleaned stays as it is", () => {
    fc.assert(
      fc.property(anySchema, (given) => {
        const once = cleanParameters(given);
        if (once === undefined) return;
        const twice = toOpenApiParameters(once as Schema, () => {});
        assert.deepEqual(twice, once);
      }),
      { numRuns: 300 },
    );
  });

  test("that would grow without end by its references is cut", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, level) => [
        `L${level}`,
        {
          type: "object",
          properties: { left: { $ref: `#/$defs/L${level + 1}` }, right: { $ref: `#/$defs/L${level + 1}` } },
        },
      ]),
    );
    const { schema, changes } = clean({ $ref: "#/$defs/L0", $defs: { ...$defs, L30: { type: "string" } } });
    assert.ok(JSON.stringify(schema).length < 400_000);
    assert.ok(changes.length > 0);
  });

  test("PL-7: with many alternatives that are null, beside much else, is cut and says so", () => {
    const beside = Object.fromEntries(Array.from({ length: 7_000 }, (_, index) => [`k${index}`, 1]));
    const anyOf = Array.from({ length: 8_000 }, () => ({ type: "null" }));
    const startedMs = performance.now();
    const { changes } = property({ ...beside, anyOf });
    // It took 27 s.
    assert.ok(performance.now() - startedMs < 3_000);
    assert.ok(changes.some((path) => path.startsWith("a/anyOf/")));
  });

  test("PL-7: that grows without end by allOf is refused", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, level) => [
        `L${level}`,
        {
          properties: Object.fromEntries(
            ["a", "b", "c"].map((name) => [name, { allOf: [{ $ref: `#/$defs/L${level + 1}` }, { minProperties: 1 }] }]),
          ),
        },
      ]),
    );
    assert.throws(() => clean({ $ref: "#/$defs/L0", $defs: { ...$defs, L30: { type: "string" } } }), {
      reason: "INVALID_VALUE",
      field: ORIGIN.field,
      message: /grows too large/,
    });
  });
});

/** undefined: refused as broken, by a Failure. */
function cleanParameters(given: unknown): OpenApiSchema | undefined {
  try {
    return toOpenApiParameters(
      readJsonSchema(JSON.stringify(given), ORIGIN, () => {}),
      () => {},
    );
  } catch (error) {
    assert.ok(error instanceof Failure && error.reason === "INVALID_VALUE", String(error));
    return undefined;
  }
}

/** What Gemini refuses beyond the shape of the message (gemini-wire §2.6). */
function assertKeepsRules(schema: OpenApiSchema, depth = 0): void {
  assert.ok(depth <= 30, "not too deep");
  if (schema.anyOf !== undefined) {
    assert.deepEqual(Object.keys(schema), ["anyOf"], "anyOf stands alone");
    assert.ok(schema.anyOf.length > 1);
    for (const alternative of schema.anyOf) assertKeepsRules(alternative, depth + 1);
    return;
  }
  assert.ok(schema.type, "a type");
  if (schema.enum !== undefined) {
    assert.equal(schema.type, "STRING");
    assert.ok(schema.enum.length > 0 && schema.enum.every((value) => typeof value === "string" && value !== ""));
  }
  if (schema.type === "ARRAY") assert.ok(schema.items, "lists say what is in them");
  if (schema.items !== undefined) assertKeepsRules(schema.items, depth + 1);
  const { properties = {}, required = [] } = schema;
  for (const name of required) assert.ok(Object.hasOwn(properties, name), "only what is there is demanded");
  for (const inner of Object.values(properties)) assertKeepsRules(inner, depth + 1);
}
