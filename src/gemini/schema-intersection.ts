// Two JSON Schemas as one that demands what both demand, as far as one can say it.
import type { RaiseSchemaChange } from "./json-schema.ts";
import { isSchema, pointerSegment, type Schema } from "./schema-positions.ts";

/** Words about a schema, which demand nothing: those of the first count. */
const ANNOTATIONS: ReadonlySet<string> = new Set(
  "title description default example examples deprecated readOnly writeOnly $comment $id $anchor $schema".split(" "),
);
const UNIONS: ReadonlySet<string> = new Set(["required", "propertyOrdering"]);
const MAPS: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs"]);
const SCHEMAS: ReadonlySet<string> = new Set(["items", "additionalProperties", "propertyNames"]);

/** Whether a keyword only describes. */
export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/** Keywords of both; where they contradict each other the first counts, and `raise` tells where. */
export function intersect(first: Schema, second: Schema, path: string, raise: RaiseSchemaChange): Schema {
  const both = new Map(Object.entries(first));
  for (const [key, value] of Object.entries(second)) {
    const earlier = both.get(key);
    both.set(key, both.has(key) ? intersectKeyword(key, earlier, value, `${path}/${key}`, raise) : value);
  }
  return Object.fromEntries(both);
}

function intersectKeyword(key: string, first: unknown, second: unknown, path: string, raise: RaiseSchemaChange) {
  if (ANNOTATIONS.has(key) || isEqual(first, second)) return first;
  if (UNIONS.has(key) && Array.isArray(first) && Array.isArray(second)) return [...new Set([...first, ...second])];
  if (MAPS.has(key) && isSchema(first) && isSchema(second)) return intersectMaps(first, second, path, raise);
  if (SCHEMAS.has(key)) return intersectSchemas(first, second, path, raise);
  const narrowed = narrow(key, first, second);
  if (narrowed !== undefined) return narrowed;
  raise(path, "it is demanded twice, and only the first demand was kept");
  return first;
}

/** Properties of both; one of that name in both must obey both. */
function intersectMaps(first: Schema, second: Schema, path: string, raise: RaiseSchemaChange): Schema {
  const both = new Map(Object.entries(first));
  for (const [name, schema] of Object.entries(second)) {
    const earlier = both.get(name);
    const at = `${path}/${pointerSegment(name)}`;
    both.set(name, both.has(name) ? intersectSchemas(earlier, schema, at, raise) : schema);
  }
  return Object.fromEntries(both);
}

/** `true` demands nothing, `false` accepts nothing. */
function intersectSchemas(first: unknown, second: unknown, path: string, raise: RaiseSchemaChange): unknown {
  if (first === false || second === false) return false;
  if (!isSchema(first)) return second;
  return isSchema(second) ? intersect(first, second, path, raise) : first;
}

/** The narrower of two demands that can be compared; undefined: they cannot, or nothing would obey both. */
function narrow(key: string, first: unknown, second: unknown): unknown {
  if (key === "type") return commonTypes(first, second);
  if (key === "enum" && Array.isArray(first) && Array.isArray(second)) {
    const common = first.filter((value) => second.some((other) => isEqual(value, other)));
    return common.length > 0 ? common : undefined;
  }
  if (key === "uniqueItems") return true;
  if (key === "nullable") return false;
  if (typeof first !== "number" || typeof second !== "number") return undefined;
  if (/^(exclusiveM|m)in/.test(key)) return Math.max(first, second);
  return /^(exclusiveM|m)ax/.test(key) ? Math.min(first, second) : undefined;
}

function commonTypes(first: unknown, second: unknown): unknown {
  const others = toList(second);
  const common = toList(first).flatMap((type) => {
    if (others.includes(type)) return [type];
    // Every integer is a number.
    const pair = type === "number" ? "integer" : type === "integer" ? "number" : undefined;
    return pair !== undefined && others.includes(pair) ? ["integer"] : [];
  });
  return common.length > 1 ? common : common[0];
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isEqual(first: unknown, second: unknown): boolean {
  return first === second || JSON.stringify(first) === JSON.stringify(second);
}
