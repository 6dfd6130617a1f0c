// Where schemas stand inside a JSON Schema, and walking over them. All other keywords hold data, which may look like a schema.
import { isJsonObject } from "./json.ts";

export type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose values are maps from free names to schemas, lists of schemas, and schemas. */
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

export function isSchema(value: unknown): value is Schema {
  return isJsonObject(value);
}

/** The schema with `change` made to every schema directly inside it; itself when there is none. `path` and what `change` is told are JSON pointers. */
export function mapSubschemas(schema: Schema, path: string, change: (inner: Schema, path: string) => unknown): Schema {
  // Most schemas are leaves.
  if (!Object.keys(schema).some(mayHoldSchemas)) return schema;
  // fromEntries keeps a property called `__proto__` as what it is.
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, mapKeyword(key, value, `${path}/${key}`, change)]),
  );
}

function mayHoldSchemas(key: string): boolean {
  return MAPS.has(key) || LISTS.has(key) || SCHEMAS.has(key);
}

function mapKeyword(
  key: string,
  value: unknown,
  path: string,
  change: (inner: Schema, path: string) => unknown,
): unknown {
  const child = (item: unknown, name: string | number): unknown =>
    isSchema(item) ? change(item, `${path}/${pointerSegment(name)}`) : item;
  if (MAPS.has(key) && isSchema(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, child(item, name)]));
  }
  // Before 2020 a list under `items` was what prefixItems is now.
  if (Array.isArray(value) && (LISTS.has(key) || key === "items")) return value.map(child);
  return SCHEMAS.has(key) && isSchema(value) ? change(value, path) : value;
}

/** The schemas directly inside. */
export function subschemas(schema: Schema): Schema[] {
  const inside: Schema[] = [];
  for (const [key, value] of Object.entries(schema)) {
    const items =
      MAPS.has(key) && isSchema(value)
        ? Object.values(value)
        : Array.isArray(value) && (LISTS.has(key) || key === "items")
          ? value
          : SCHEMAS.has(key)
            ? [value]
            : [];
    for (const item of items) if (isSchema(item)) inside.push(item);
  }
  return inside;
}

/** A name as a segment of a JSON pointer. */
export function pointerSegment(name: string | number): string {
  return String(name).replaceAll("~", "~0").replaceAll("/", "~1");
}
