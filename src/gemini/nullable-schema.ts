// OpenAPI's `nullable`, which JSON Schema does not know and Gemini's schemas of JSON therefore read over, as a type of its own.

type Schema = Readonly<Record<string, unknown>>;

/** The converted schema without `nullable`; where that was true, null is one of its types or the last of its alternatives. */
export function withNullType(schema: Schema, convert: (plain: Schema) => Schema): Schema {
  if (typeof schema["nullable"] !== "boolean") return convert(schema);
  const { nullable, ...plain } = schema;
  return nullable ? orNull(convert(plain)) : convert(plain);
}

function orNull(schema: Schema): Schema {
  const { type, anyOf, enum: values } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: anyOf.some(isNull) ? anyOf : [...anyOf, NULL] };
  // Values that are listed are all there are, so null beside them is an alternative.
  if (type === undefined || values !== undefined) return { anyOf: [schema, NULL] };
  const types = Array.isArray(type) ? type : [type];
  return { ...schema, type: types.includes("null") ? type : [...types, "null"] };
}

const NULL = { type: "null" };

function isNull(alternative: unknown): boolean {
  return typeof alternative === "object" && alternative !== null && (alternative as Schema)["type"] === "null";
}
