// The explanation of a misfit must know every misfit that the compiled shape knows, and no other.
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Type, { type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { toPlainBody } from "../../src/openai/dialects.ts";
import { explainMismatch } from "../../src/openai/explain.ts";
import { ChatCompletionBody } from "../../src/openai/schema.ts";
import { anyBody, anyJson } from "./bodies.ts";

const reasonOf = (shape: TSchema, value: unknown): string | undefined => explainMismatch(shape, value, "x")?.message;

describe("the explanation of a misfit", () => {
  it("agrees with the compiled shape about every body", () => {
    const validator = Compile(ChatCompletionBody);
    const body = fc.oneof(anyBody, anyJson);
    fc.assert(
      fc.property(body, (value) => {
        const plain = plainOf(JSON.parse(JSON.stringify(value)));
        assert.equal(explainMismatch(ChatCompletionBody, plain, "") === undefined, validator.Check(plain));
      }),
      { numRuns: 2000 },
    );
  });

  const kinds = Type.Union(
    [
      Type.Object({ type: Type.Literal("a"), n: Type.Number() }),
      Type.Object({ type: Type.Literal("b"), s: Type.String() }),
    ],
    { discriminator: { propertyName: "type" } },
  );
  for (const [shape, value, message] of [
    [Type.Integer(), 1.5, "Invalid type for 'x': expected an integer, but got a decimal instead."],
    [Type.Number(), Infinity, "Invalid type for 'x': expected a number, but got a number out of range instead."],
    [Type.String(), null, "Invalid type for 'x': expected a string, but got null instead."],
    [Type.Object({ a: Type.String() }), {}, "Missing required parameter: 'x.a'."],
    [Type.Object({ a: Type.String() }), [], "Invalid type for 'x': expected an object, but got an array instead."],
    [Type.Enum(["a", "b"]), "c", "Invalid value: 'c'. Supported values are: 'a' and 'b'."],
    [Type.Enum(["a", "b", "d"]), 5, "Invalid type for 'x': expected one of 'a', 'b', 'd', but got an integer instead."],
    [Type.Literal("a"), "b", "Invalid value: 'b'. The supported value is: 'a'."],
    [
      Type.String({ minLength: 1 }),
      "",
      "Invalid 'x': empty string. Expected a string with minimum length 1, but got an empty string instead.",
    ],
    [
      Type.String({ maxLength: 2 }),
      "👨👨👨",
      "Invalid 'x': string too long. Expected a string with maximum length 2, but got a string with length 3 instead.",
    ],
    [
      Type.String({ pattern: "^a$" }),
      "b",
      "Invalid 'x': string does not match pattern. Expected a string that matches the pattern '^a$'.",
    ],
    [
      Type.Array(Type.Integer({ maximum: 3 })),
      [1, 4],
      "Invalid 'x[1]': integer above maximum value. Expected a value <= 3, but got 4 instead.",
    ],
    [
      Type.Number({ exclusiveMinimum: 0 }),
      0,
      "Invalid 'x': decimal below minimum value. Expected a value > 0, but got 0 instead.",
    ],
    [
      Type.Array(Type.String(), { maxItems: 1 }),
      ["a", "b"],
      "Invalid 'x': array too long. Expected an array with maximum length 1, but got an array with length 2 instead.",
    ],
    [
      Type.Record(Type.String(), Type.String()),
      { "a\nb": 1 },
      "Invalid type for 'x.a\\u000ab': expected a string, but got an integer instead.",
    ],
    [
      Type.Record(Type.String(), Type.String(), { maxProperties: 1 }),
      { a: "", b: "" },
      "Invalid 'x': object too large. Expected an object with at most 1 entries.",
    ],
    [
      Type.Union([Type.String(), Type.Array(Type.String())]),
      true,
      "Invalid type for 'x': expected a string or an array of strings, but got a boolean instead.",
    ],
    [
      Type.Union([Type.String({ maxLength: 1 }), Type.Null()]),
      "ab",
      "Invalid 'x': string too long. Expected a string with maximum length 1, but got a string with length 2 instead.",
    ],
    [kinds, { type: "b" }, "Missing required parameter: 'x.s'."],
    [kinds, { type: "c" }, "Invalid value: 'c'. Supported values are: 'a' and 'b'."],
    [kinds, { s: "" }, "Missing required parameter: 'x.type'."],
    [kinds, 5, "Invalid type for 'x': expected an object, but got an integer instead."],
  ] as const) {
    it(message, () => assert.equal(reasonOf(shape, value), message));
  }
  for (const [shape, value] of [
    [Type.String({ maxLength: 2 }), "👨👨"],
    [Type.Union([Type.String(), Type.Null()]), null],
    [kinds, { type: "a", n: 1 }],
    [Type.Object({ toString: Type.Optional(Type.String()) }), {}],
  ] as const) {
    it(`says nothing about ${JSON.stringify(value)}, which fits`, () =>
      assert.equal(reasonOf(shape, value), undefined));
  }
});

function plainOf(body: unknown): unknown {
  try {
    return typeof body === "object" && body !== null && !Array.isArray(body)
      ? toPlainBody(
          body as Record<string, unknown>,
          () => {},
          () => {},
        )
      : body;
  } catch {
    // A dialect has refused it already: then its original is as good.
    return body;
  }
}
