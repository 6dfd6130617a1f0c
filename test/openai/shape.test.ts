// Our builders against typebox's: what the shapes are, and what `Static` and typebox's own compiler believe they are.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Type as Typebox } from "typebox";
import { Type } from "../../src/openai/shape.ts";

/** Each kind, alone and with options, inside each other where they can be. */
function shapesOf(build: typeof Type): Record<string, object> {
  const options = { description: "What it is.", "x-hint": "A hint." };
  const pair = build.Object({ a: build.String(), b: build.Optional(build.Integer()) });
  return {
    array: build.Array(build.String(), { minItems: 1, maxItems: 2 }),
    boolean: build.Boolean(options),
    enum: build.Enum(["a", "b"], options),
    integer: build.Integer({ minimum: 0, ...options }),
    literals: build.Union([build.Literal("a"), build.Literal(1), build.Literal(true, options)]),
    null: build.Null(options),
    number: build.Number({ exclusiveMinimum: 0 }),
    "object without fields": build.Object({}),
    "object of optional fields": build.Object({ a: build.Optional(build.Null()) }, options),
    "object of both": pair,
    "object of an object's fields": build.Object({ ...pair.properties, c: pair }),
    partial: build.Partial(pair),
    record: build.Record(build.String(), build.Number(), { maxProperties: 2 }),
    string: build.String({ minLength: 1, maxLength: 2, pattern: "^a" }),
    union: build.Union([pair, build.Null()], { discriminator: { propertyName: "a" } }),
    unknown: build.Unknown(options),
  };
}

describe("the builders of shapes", () => {
  const theirs = shapesOf(Typebox as unknown as typeof Type);
  for (const [kind, shape] of Object.entries(shapesOf(Type))) {
    it(`make typebox's JSON Schema: ${kind}`, () => {
      assert.deepEqual(JSON.parse(JSON.stringify(shape)), JSON.parse(JSON.stringify(theirs[kind])));
    });
  }

  it("leave what they are given as it was", () => {
    const shared = Type.String();
    Type.Optional(shared);
    assert.deepEqual(Type.Object({ shared }), {
      type: "object",
      required: ["shared"],
      properties: { shared: { type: "string" } },
    });
  });
});
