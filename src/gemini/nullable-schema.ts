// OpenAPI's `nullable`, which JSON Schema does not know and Gemini's schemas of JSON therefore read over, as a type of its own.
import type { Schema } from "./schema-positions.ts";

/** The schema without `nullable`; where that was true, null is one of its types or the last of its alternatives. */
export function withNullType(schema: Schema): Schema {
  if (typeof schema["nullable"] !== "boolean") return schema;
  const { nullable, ...plain } = schema;
  return nullable ? orNull(plain) : plain;
}

function orNull(schema: Schema): Schema {
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: anyOf.some(isNull) ? anyOf : [...anyOf, NULL] };
  // Values that are listed are all there are, so null beside them is an alternative.
  const listed = Object.hasOwn(schema, "enum") || Object.hasOwn(schema, "const");
  if (type === undefined || listed) return { anyOf: [schema, NULL] };
  const types = Array.isArray(type) ? type : [type];
  return { ...schema, type: types.includes("null") ? type : [...types, "null"] };
}

const NULL = { type: "null" };

function isNull(alternative: unknown): boolean {
  return typeof alternative === "object" && alternative !== null && (alternative as Schema)["type"] === "null";
}
