// Several JSON Schemas as one that demands what all demand, as far as one can say it.
// All at once and never two by two: that would copy and compare what was merged so far for each of them, and an `allOf` of 5,200 members
// would hold the process for seven seconds (measured).
import type { RaiseSchemaChange } from "./json-schema.ts";
import { isSchema, pointerSegment, type Schema } from "./schema-positions.ts";

/** Words about a schema, which demand nothing: those of the first count. */
const ANNOTATIONS: ReadonlySet<string> = new Set(
  "title description default example examples deprecated readOnly writeOnly $comment $id $anchor $schema".split(" "),
);

/** There are seven types, written in lower or in upper case. */
const MAX_TYPES = 14;

/** How the demands that one keyword makes become one. */
interface Rule {
  /** Whether a value is of the form that `merge` reads. */
  readonly fits: (value: unknown) => boolean;
  /** Of several values that fit; undefined: nothing obeys all. */
  readonly merge: (values: readonly unknown[], path: string, raise: RaiseSchemaChange) => unknown;
}

const isNumber = (value: unknown): boolean => typeof value === "number";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

const UNION: Rule = { fits: Array.isArray, merge: (lists) => [...new Set((lists as unknown[][]).flat())] };
const MAP: Rule = { fits: isSchema, merge: (maps, path, raise) => intersectMaps(maps as Schema[], path, raise) };
const SCHEMA: Rule = { fits: () => true, merge: intersectSchemas };
const LOWER_BOUND: Rule = { fits: isNumber, merge: (bounds) => (bounds as number[]).reduce((a, b) => Math.max(a, b)) };
const UPPER_BOUND: Rule = { fits: isNumber, merge: (bounds) => (bounds as number[]).reduce((a, b) => Math.min(a, b)) };

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["required", UNION],
  ["propertyOrdering", UNION],
  ["properties", MAP],
  ["patternProperties", MAP],
  ["$defs", MAP],
  ["items", SCHEMA],
  ["additionalProperties", SCHEMA],
  ["propertyNames", SCHEMA],
  ["enum", { fits: Array.isArray, merge: (lists, path, raise) => commonValues(lists as unknown[][], path, raise) }],
  ["type", { fits: (value) => toList(value).length <= MAX_TYPES, merge: commonTypes }],
  ["uniqueItems", { fits: isBoolean, merge: (demands) => demands.includes(true) }],
  ["nullable", { fits: isBoolean, merge: (demands) => !demands.includes(false) }],
  ...["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"].map(
    (keyword): [string, Rule] => [keyword, LOWER_BOUND],
  ),
  ...["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"].map(
    (keyword): [string, Rule] => [keyword, UPPER_BOUND],
  ),
]);

/** Whether a keyword only describes. */
export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/** Keywords of all; where they contradict each other the first counts, and `raise` tells where. Takes time in proportion to the schemas. */
export function intersect(schemas: readonly Schema[], path: string, raise: RaiseSchemaChange): Schema {
  return merge(schemas, path, (values, key, at) => intersectKeyword(key, values, at, raise));
}

/** Members of several objects by their names; those that only one has are taken as they are. */
function merge(
  objects: readonly Schema[],
  path: string,
  mergeValues: (values: readonly unknown[], name: string, path: string) => unknown,
): Schema {
  const valuesOf = new Map<string, unknown[]>();
  // One object may stand there many times, because references lead to it; it demands nothing new.
  for (const object of new Set(objects)) {
    for (const [name, value] of Object.entries(object)) valuesOf.getOrInsertComputed(name, () => []).push(value);
  }
  return Object.fromEntries(
    Array.from(valuesOf, ([name, values]) => [
      name,
      values.length === 1 ? values[0] : mergeValues(values, name, `${path}/${pointerSegment(name)}`),
    ]),
  );
}

function intersectKeyword(key: string, values: readonly unknown[], path: string, raise: RaiseSchemaChange): unknown {
  const [first] = values;
  if (ANNOTATIONS.has(key)) return first;
  const rule = RULES.get(key);
  const fitting = rule?.fits(first) ? values.filter(rule.fits) : undefined;
  if (fitting === undefined ? !areEqual(values) : fitting.length < values.length) tellContradiction(path, raise);
  return fitting === undefined || rule === undefined ? first : rule.merge(fitting, path, raise);
}

function tellContradiction(path: string, raise: RaiseSchemaChange): void {
  raise(path, "it is demanded twice, and only the first demand was kept");
}

/** Properties of all; one of that name in several must obey all. */
function intersectMaps(maps: readonly Schema[], path: string, raise: RaiseSchemaChange): Schema {
  return merge(maps, path, (values, _, at) => intersectSchemas(values, at, raise));
}

/** `true` demands nothing, `false` accepts nothing. */
function intersectSchemas(values: readonly unknown[], path: string, raise: RaiseSchemaChange): unknown {
  if (values.includes(false)) return false;
  const schemas = values.filter(isSchema);
  return schemas.length === 0 ? values.at(-1) : intersect(schemas, path, raise);
}

/** The values of the first list that are in all; a list that has none of them is passed over. */
function commonValues(lists: readonly (readonly unknown[])[], path: string, raise: RaiseSchemaChange): unknown[] {
  const [first = [], ...others] = lists;
  const texts = first.map(toText);
  let common: ReadonlySet<string> = new Set(texts);
  for (const list of others) {
    const inBoth = new Set(list.map(toText).filter((text) => common.has(text)));
    if (inBoth.size > 0) common = inBoth;
    else tellContradiction(path, raise);
  }
  return first.filter((_, index) => common.has(texts[index] ?? ""));
}

function commonTypes(values: readonly unknown[], path: string, raise: RaiseSchemaChange): unknown {
  return values.reduce((first, second) => {
    const common = typesOfBoth(toList(first), toList(second));
    if (common.length > 0) return common.length > 1 ? common : common[0];
    tellContradiction(path, raise);
    return first;
  });
}

function typesOfBoth(types: readonly unknown[], others: readonly unknown[]): unknown[] {
  return types.flatMap((type) => {
    if (others.includes(type)) return [type];
    // Every integer is a number.
    const pair = type === "number" ? "integer" : type === "integer" ? "number" : undefined;
    return pair !== undefined && others.includes(pair) ? ["integer"] : [];
  });
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function areEqual([first, ...others]: readonly unknown[]): boolean {
  const text = toText(first);
  return others.every((other) => toText(other) === text);
}

function toText(value: unknown): string {
  return JSON.stringify(value);
}
