// JSON Schemas of callers as Gemini takes them: ordinary JSON Schema, with the few things rewritten that it refuses or reads over.
// The keywords it honours: $id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum
// anyOf oneOf properties additionalProperties required propertyOrdering; others go up as they are, and are read over.
import { Failure } from "../chat/failures.ts";
import { NAME_MAX_LENGTH } from "../chat/json-scan.ts";
import { hasKey, isDeeperThan } from "./json.ts";
import { withNullType } from "./nullable-schema.ts";
import { flattenAllOf } from "./schema-all-of.ts";
import { SchemaGrowth } from "./schema-growth.ts";
import { isSchema, mapSubschemas, type Schema } from "./schema-positions.ts";
import { referencesOf, resolverOf } from "./schema-references.ts";

/** Deeper schemas make Gemini answer a bare 400 ("Request contains an invalid argument"). */
const MAX_DEPTH = 32;

/** As deep as objects and lists nest in a schema of MAX_DEPTH: `properties` and the like take a level of their own. */
const MAX_JSON_DEPTH = 2 * MAX_DEPTH;

/** Far above any real schema; bounds the work on one that is none. In UTF-16 units. */
const MAX_LENGTH = 262_144;

/** Where a schema comes from, for failures: `the parameters of get_weather`, `tools[0].function.parameters_json_schema`. */
export interface SchemaOrigin {
  readonly subject: string;
  readonly field: string;
}

/** Tells of a change that loses something; `path` is a JSON pointer into the schema. */
export type RaiseSchemaChange = (path: string, change: string) => void;

/**
 * A schema as parametersJsonSchema takes it: passed on but for `$schema`, `definitions` renamed, `nullable` as a type and `allOf` merged.
 * Throws INVALID_VALUE naming its origin, also for one that grows too large, and for references to anything outside: nothing is fetched.
 */
export function readJsonSchema(
  text: string,
  origin: SchemaOrigin,
  raise: RaiseSchemaChange,
  growth: SchemaGrowth = new SchemaGrowth(),
): Schema {
  const given = parseSchema(text, origin);
  const schema = rewrite(given, "#", origin, 1);
  if (isDeeperThan(given, MAX_JSON_DEPTH)) throw broken(origin, `holds values deeper than ${MAX_JSON_DEPTH} levels`);
  if (hasKey(given, isTooLong)) throw broken(origin, `has a name of more than ${NAME_MAX_LENGTH} characters`);
  checkReferences(schema, origin);
  return flattenAllOf(schema, raise, (length) => {
    if (growth.admitsCopy(length)) return;
    throw broken(origin, "grows too large when the references of its allOf are followed");
  });
}

/** The same for responseJsonSchema, where also `const` and keywords beside `$ref` are refused. */
export function toResponseSchema(schema: Schema, raise: RaiseSchemaChange): Schema {
  return toResponseDialect(schema, "#", raise);
}

/** Whether a schema of parameters says no more than that there are none. */
export function isEmptyParameters(schema: Schema): boolean {
  const { type, properties = {}, required = [], additionalProperties, ...rest } = schema;
  const says = Object.keys(rest).filter((key) => key !== "title" && key !== "description");
  const open = isSchema(additionalProperties);
  return type === "object" && isEmpty(properties) && isEmpty(required) && says.length === 0 && !open;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function parseSchema(text: string, origin: SchemaOrigin): Schema {
  if (text.length > MAX_LENGTH) throw broken(origin, `is longer than ${MAX_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(origin, "is not valid JSON");
  }
  if (!isSchema(value)) throw broken(origin, "is not a JSON object");
  return value;
}

function broken({ subject, field }: SchemaOrigin, problem: string): Failure {
  return new Failure("INVALID_VALUE", `The schema of ${subject} ${problem}.`, { field });
}

function isTooLong(name: string): boolean {
  return name.length > NAME_MAX_LENGTH;
}

/** `level`: how many schemas stand inside of one another here. */
function rewrite(schema: Schema, path: string, origin: SchemaOrigin, level: number): Schema {
  if (level > MAX_DEPTH) throw broken(origin, `is nested deeper than ${MAX_DEPTH} levels`);
  const { $schema: _, ...plain } = mapSubschemas(schema, path, (inner, at) => rewrite(inner, at, origin, level + 1));
  const { $ref } = plain;
  const renamed = typeof $ref === "string" ? { ...plain, $ref: $ref.replace(/^#\/definitions\//, "#/$defs/") } : plain;
  // The whole answer, or all parameters together, are never null.
  return path === "#" ? mergeDefinitions(renamed) : withNullType(renamed);
}

/** `definitions` is the older name of `$defs`, which alone Gemini knows; a name in both is that of `$defs`. */
function mergeDefinitions(schema: Schema): Schema {
  const { definitions, $defs, ...others } = schema;
  if (!isSchema(definitions)) return schema;
  return { ...others, $defs: { ...definitions, ...(isSchema($defs) ? $defs : {}) } };
}

/** `const` is refused and becomes an enum of one; beside `$ref` only other `$` keywords may stand. */
function toResponseDialect(schema: Schema, path: string, raise: RaiseSchemaChange): Schema {
  const plain = mapSubschemas(schema, path, (inner, at) => toResponseDialect(inner, at, raise));
  if (typeof plain["$ref"] === "string") {
    const kept = Object.entries(plain).filter(([key]) => key.startsWith("$"));
    if (kept.length < Object.keys(plain).length) raise(path, "keywords beside $ref were left out");
    return Object.fromEntries(kept);
  }
  return Object.hasOwn(plain, "const") ? withoutConst(plain, path, raise) : plain;
}

function withoutConst({ const: value, ...rest }: Schema, path: string, raise: RaiseSchemaChange): Schema {
  if (typeof value === "string" || typeof value === "number") return { type: typeof value, ...rest, enum: [value] };
  raise(path, "a const that is no string or number was left out");
  if (value === null) return { type: "null", ...rest };
  return typeof value === "boolean" ? { type: "boolean", ...rest } : rest;
}

/** A reference into nowhere would be a 400 that names neither tool nor place. Circles are fine: they stay in `$defs`. */
function checkReferences(schema: Schema, origin: SchemaOrigin): void {
  const resolve = resolverOf(schema);
  for (const reference of referencesOf(schema)) {
    if (resolve(reference) !== undefined) continue;
    const outside = !reference.startsWith("#") && ", outside of itself: only references within the schema are followed";
    throw broken(origin, `refers to ${reference.slice(0, 200)}${outside || ", which it does not have"}`);
  }
}
