// JSON Schemas of callers as Gemini takes them: ordinary JSON Schema, with the few things rewritten that it refuses.
// The keywords it honours: $id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum
// anyOf oneOf properties additionalProperties required propertyOrdering; others are read over.
import { Failure } from "../chat/failures.ts";
import { isDeeperThan, isJsonObject } from "./json.ts";
import { withNullType } from "./nullable-schema.ts";

/** Deeper schemas make Gemini answer a bare 400 ("Request contains an invalid argument"). */
const MAX_DEPTH = 32;

/** As deep as objects and lists nest in a schema of MAX_DEPTH: `properties` and the like take a level of their own. */
const MAX_JSON_DEPTH = 2 * MAX_DEPTH;

/** Far above any real schema; bounds the work on one that is none. In UTF-16 units. */
const MAX_LENGTH = 262_144;

type Schema = Readonly<Record<string, unknown>>;

/** Where a schema comes from, for failures: `the parameters of get_weather`, `tools[0].function.parameters_json_schema`. */
export interface SchemaOrigin {
  readonly subject: string;
  readonly field: string;
}

/** Tells of a change that loses something; `path` is a JSON pointer into the schema. */
export type RaiseSchemaChange = (path: string, change: string) => void;

/** A schema for parametersJsonSchema: passed on but for `$schema`, `definitions` renamed and `nullable` as a type. Throws INVALID_VALUE naming its origin. */
export function toParametersSchema(text: string, origin: SchemaOrigin): object {
  const schema = readSchema(text, origin);
  return checkReferences(rewrite(schema, "#", { response: false, raise: () => {} }), origin);
}

/** A schema for responseJsonSchema, where also `const` and keywords beside `$ref` are refused. Throws INVALID_VALUE naming its origin. */
export function toResponseSchema(text: string, origin: SchemaOrigin, raise: RaiseSchemaChange): object {
  const schema = readSchema(text, origin);
  return checkReferences(rewrite(schema, "#", { response: true, raise }), origin);
}

/** Whether a schema of parameters says no more than that there are none. */
export function isEmptyParameters(schema: object): boolean {
  const { type, properties = {}, required = [], additionalProperties, ...rest } = schema as Schema;
  const says = Object.keys(rest).filter((key) => key !== "title" && key !== "description");
  const open = isJsonObject(additionalProperties);
  return type === "object" && isEmpty(properties) && isEmpty(required) && says.length === 0 && !open;
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function readSchema(text: string, origin: SchemaOrigin): Schema {
  if (text.length > MAX_LENGTH) throw broken(origin, `is longer than ${MAX_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(origin, "is not valid JSON");
  }
  if (!isJsonObject(value)) throw broken(origin, "is not a JSON object");
  if (isDeeperThan(value, MAX_JSON_DEPTH)) throw broken(origin, `is nested deeper than ${MAX_DEPTH} levels`);
  return value as Schema;
}

function broken({ subject, field }: SchemaOrigin, problem: string): Failure {
  return new Failure("INVALID_VALUE", `The schema of ${subject} ${problem}.`, { field });
}

interface Rewriting {
  readonly response: boolean;
  readonly raise: RaiseSchemaChange;
}

/** Keywords whose values are maps from free names to schemas, lists of schemas, and schemas. All others hold data. */
const MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
const LISTS: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const SCHEMAS: ReadonlySet<string> = new Set([
  "items",
  "additionalProperties",
  "propertyNames",
  "contains",
  "not",
  "if",
  "then",
  "else",
  "unevaluatedItems",
  "unevaluatedProperties",
]);

function rewrite(schema: Schema, path: string, rewriting: Rewriting): Schema {
  const entries = Object.entries(schema)
    .filter(([key]) => key !== "$schema")
    .map(([key, value]): [string, unknown] => rewriteKeyword(key, value, path, rewriting));
  const merged = path === "#" ? mergeDefinitions(entries) : entries;
  // fromEntries keeps a property called `__proto__` as what it is.
  const rewritten: Schema = Object.fromEntries(merged);
  const convert = (plain: Schema): Schema =>
    rewriting.response ? toResponseDialect(plain, path, rewriting.raise) : plain;
  // The whole answer, or all parameters together, are never null.
  return path === "#" ? convert(rewritten) : withNullType(rewritten, convert);
}

function rewriteKeyword(key: string, value: unknown, path: string, rewriting: Rewriting): [string, unknown] {
  const at = `${path}/${key}`;
  const child = (item: unknown, name: string | number): unknown =>
    isJsonObject(item) ? rewrite(item as Schema, `${at}/${name}`, rewriting) : item;
  if (key === "$ref" && typeof value === "string") return [key, value.replace(/^#\/definitions\//, "#/$defs/")];
  if (MAPS.has(key) && isJsonObject(value)) {
    return [key, Object.fromEntries(Object.entries(value).map(([name, item]) => [name, child(item, name)]))];
  }
  if (Array.isArray(value) && (LISTS.has(key) || key === "items")) return [key, value.map(child)];
  return [key, SCHEMAS.has(key) && isJsonObject(value) ? rewrite(value as Schema, at, rewriting) : value];
}

/** `definitions` is the older name of `$defs`, which alone Gemini knows; a name in both is that of `$defs`. */
function mergeDefinitions(entries: readonly [string, unknown][]): [string, unknown][] {
  const older = entries.find(([key]) => key === "definitions")?.[1];
  if (!isJsonObject(older)) return [...entries];
  const others = entries.filter(([key]) => key !== "definitions" && key !== "$defs");
  const newer = entries.find(([key]) => key === "$defs")?.[1];
  const both = [...Object.entries(older), ...(isJsonObject(newer) ? Object.entries(newer) : [])];
  return [...others, ["$defs", Object.fromEntries(both)]];
}

/** `const` is refused and becomes an enum of one; beside `$ref` only other `$` keywords may stand. */
function toResponseDialect(schema: Schema, path: string, raise: RaiseSchemaChange): Schema {
  if (typeof schema["$ref"] === "string") {
    const kept = Object.entries(schema).filter(([key]) => key.startsWith("$"));
    if (kept.length < Object.keys(schema).length) raise(path, "keywords beside $ref were left out");
    return Object.fromEntries(kept);
  }
  if (!Object.hasOwn(schema, "const")) return schema;
  const { const: value, ...rest } = schema;
  const type = JSON_TYPES[typeof value];
  if (type === undefined) {
    raise(path, "a const that is no string or number was left out");
    return value === null
      ? { type: "null", ...rest }
      : typeof value === "boolean"
        ? { type: "boolean", ...rest }
        : rest;
  }
  return { type, ...rest, enum: [value] };
}

const JSON_TYPES: Readonly<Record<string, string>> = { string: "string", number: "number" };

/** A reference into nowhere would be a 400 that names neither tool nor place. Circles are fine: they stay in `$defs`. */
function checkReferences(schema: Schema, origin: SchemaOrigin): Schema {
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === "string" && $ref.startsWith("#/") && !resolves(schema, $ref)) {
      throw broken(origin, `refers to ${$ref}, which it does not have`);
    }
    Object.values(value).forEach(visit);
  };
  visit(schema);
  return schema;
}

function resolves(root: Schema, pointer: string): boolean {
  let at: unknown = root;
  for (const segment of pointer.slice(2).split("/")) {
    const key = decodeSegment(segment);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Schema)[key];
  }
  return true;
}

/** A segment of a JSON pointer in a URI fragment; one that is wrongly escaped is taken as it stands. */
function decodeSegment(segment: string): string {
  return decodeUri(segment).replaceAll("~1", "/").replaceAll("~0", "~");
}

function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
