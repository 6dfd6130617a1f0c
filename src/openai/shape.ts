// The builders of our shapes: typebox's own types and JSON Schema, without the 373 modules that come with them, which were a seventh of
// the start and 10 MB (measured). A test holds each against typebox's.
import type * as Typebox from "typebox";

type Builders = Pick<
  typeof Typebox.Type,
  | "Array"
  | "Boolean"
  | "Enum"
  | "Integer"
  | "Literal"
  | "Null"
  | "Number"
  | "Object"
  | "Optional"
  | "Partial"
  | "Record"
  | "String"
  | "Union"
  | "Unknown"
>;
type Shape = Readonly<Record<string, unknown>>;
type Shapes = Readonly<Record<string, Shape>>;

/** Whether a field may be left out is said by the object that has it. */
const optional = new WeakSet<Shape>();

function toOptional(shape: Shape): Shape {
  const copy = { ...shape };
  optional.add(copy);
  return copy;
}

function toObject(properties: Shapes, options?: Shape): Shape {
  const required = Object.entries(properties).flatMap(([field, shape]) => (optional.has(shape) ? [] : [field]));
  return { type: "object", ...(required.length > 0 && { required }), properties, ...options };
}

/** JSON Schema of what `Static` says. */
export const Type = {
  Array: (items: Shape, options?: Shape) => ({ type: "array", items, ...options }),
  Boolean: (options?: Shape) => ({ type: "boolean", ...options }),
  Enum: (words: readonly unknown[], options?: Shape) => ({ enum: words, ...options }),
  Integer: (options?: Shape) => ({ type: "integer", ...options }),
  Literal: (value: unknown, options?: Shape) => ({ type: typeof value, const: value, ...options }),
  Null: (options?: Shape) => ({ type: "null", ...options }),
  Number: (options?: Shape) => ({ type: "number", ...options }),
  Object: toObject,
  Optional: toOptional,
  Partial: ({ properties }: { properties: Shapes }, options?: Shape) =>
    toObject(Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, toOptional(shape)])), options),
  Record: (_: Shape, value: Shape, options?: Shape) => ({
    type: "object",
    patternProperties: { "^.*$": value },
    ...options,
  }),
  String: (options?: Shape) => ({ type: "string", ...options }),
  Union: (anyOf: readonly Shape[], options?: Shape) => ({ anyOf, ...options }),
  Unknown: (options?: Shape) => ({ ...options }),
} as unknown as Builders;
