// Schemas of `parametersJsonSchema` and `responseJsonSchema`: local references, no endless ones, within bounds.

import { invalidArgument, plainError, type ApiError } from "../errors.ts";
import { schemaReferences } from "./schema-references.ts";

/** A property or title of this name makes the emulator refuse the schema as Google refuses one it cannot serve. */
const REFUSED_NAME = "emulator_refuses_json_schema";

/** Not documented; deeper schemas were answered with a bare 400. */
const MAX_DEPTH = 32;

/** Characters of names and enum values, multiplied by nested maxItems: what makes up a constraint's states. */
const MAX_STATES = 500_000;

const TOO_MANY_STATES =
  "The specified schema produces a constraint that has too many states for serving. Typical causes of this error " +
  "are schemas with lots of text (for example, very long property or enum names), schemas with long array length " +
  "limits (especially when nested), or schemas using complex value matchers (for example, integers or numbers with " +
  "minimum/maximum bounds or strings with complex formats like date-time).";

type Schema = Readonly<Record<string, unknown>>;

/** What a schema constrains: the answer as a whole, or the arguments of a call. */
export type SchemaUse = "response" | "parameters";

/** Throws the 400 (or, for a schema that refers to itself before Gemini 3, the recorded 500) a schema deserves. */
export function checkJsonSchema(schema: unknown, use: SchemaUse, generation: number): void {
  if (!isSchema(schema)) throw bareRefusal();
  if (depthOf(schema) > MAX_DEPTH || names(schema).includes(REFUSED_NAME)) throw bareRefusal();
  const { broken, recursive, endless } = schemaReferences(schema);
  if (broken || endless) throw bareRefusal();
  if (recursive && use === "response" && generation < 3) throw plainError(500);
  if (use === "response") checkResponseSchema(schema);
}

function checkResponseSchema(schema: Schema): void {
  if (statesOf(schema, 1) > MAX_STATES) throw invalidArgument(TOO_MANY_STATES);
  for (const inner of subschemas(schema)) {
    // `const` is not supported, and beside `$ref` only keywords that begin with $ may stand (Google's documentation).
    const besideRef = "$ref" in inner && Object.keys(inner).some((key) => !key.startsWith("$"));
    if ("const" in inner || besideRef) throw bareRefusal();
  }
}

const bareRefusal = (): ApiError => invalidArgument("Request contains an invalid argument.");

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keywords that hold one schema, a list of them, or schemas by name. */
const SINGLE = ["items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames"];
const LISTS = ["anyOf", "oneOf", "allOf", "prefixItems"];
const NAMED = ["properties", "$defs", "definitions", "patternProperties"];

/** The schemas directly inside one. */
function innerSchemas(schema: Schema): readonly Schema[] {
  const values = [
    ...SINGLE.map((keyword) => schema[keyword]),
    ...LISTS.flatMap((keyword) => (Array.isArray(schema[keyword]) ? (schema[keyword] as unknown[]) : [])),
    ...NAMED.flatMap((keyword) => (isSchema(schema[keyword]) ? Object.values(schema[keyword]) : [])),
  ];
  return values.filter(isSchema);
}

/** A schema and all within it; JSON cannot hold itself, so this ends. */
export function subschemas(schema: Schema): readonly Schema[] {
  return [schema, ...innerSchemas(schema).flatMap(subschemas)];
}

const depthOf = (schema: Schema): number => 1 + Math.max(0, ...innerSchemas(schema).map(depthOf));

/** Names of properties, and titles. */
const names = (schema: Schema): readonly unknown[] =>
  subschemas(schema).flatMap(({ properties, title }) => [
    ...(isSchema(properties) ? Object.keys(properties) : []),
    title,
  ]);

function statesOf(schema: Schema, times: number): number {
  const { maxItems, properties } = schema;
  const repeated = typeof maxItems === "number" && maxItems > 1 ? times * maxItems : times;
  const values = Array.isArray(schema["enum"]) ? (schema["enum"] as unknown[]) : [];
  const words = [...(isSchema(properties) ? Object.keys(properties) : []), ...values.map(String)];
  const own = words.reduce((sum, word) => sum + word.length, 0) * repeated;
  return innerSchemas(schema).reduce((sum, inner) => sum + statesOf(inner, repeated), own);
}
