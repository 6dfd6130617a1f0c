// `allOf`, which Gemini reads over on every path: its members and what stands beside them, as one schema.
// Example: {allOf: [{$ref: Base}, {properties: {b}}], description} → {description, ...Base, properties: {...Base's, b}}.
import type { RaiseSchemaChange } from "./json-schema.ts";
import { isAnnotation, intersect } from "./schema-intersection.ts";
import { isSchema, mapSubschemas, type Schema } from "./schema-positions.ts";
import { type Resolve, resolverOf } from "./schema-references.ts";

/** References copied inside of one another; the stack grows with them. */
const MAX_OPEN = 16;

/** What a reference leads to, without `allOf`: schemas that must all be obeyed. */
interface Target {
  readonly schemas: readonly Schema[];
  /** Of their JSON, in UTF-16 units. */
  readonly length: number;
}

interface Flattening {
  readonly resolve: Resolve;
  readonly raise: RaiseSchemaChange;
  /** Told of the length of every schema that is copied into the place of a member. */
  readonly spend: (length: number) => void;
  /** By reference, where it holds wherever the reference stands: nothing in it was left out. */
  readonly targets: Map<string, Target>;
  /** References that were left out so far. */
  leftOut: number;
}

/**
 * The schema without any `allOf`. What one schema cannot say of several is left out and told. Copies multiply: `spend` hears of the length
 * of each, and throws when it is too much.
 */
export function flattenAllOf(root: Schema, raise: RaiseSchemaChange, spend: (length: number) => void): Schema {
  return flatten(root, "#", [], { resolve: resolverOf(root), raise, spend, targets: new Map(), leftOut: 0 });
}

/** `open`: references whose targets are being flattened. */
function flatten(schema: Schema, path: string, open: readonly string[], work: Flattening): Schema {
  const { allOf, ...rest } = schema;
  const whole = (inner: Schema, at: string): Schema => flatten(inner, at, open, work);
  if (!Array.isArray(allOf)) return mapSubschemas(schema, path, whole);
  const [only, ...others] = membersOf(allOf, path);
  if (only === undefined) return mapSubschemas(rest, path, whole);
  // Words beside a lone reference stay beside it.
  if (others.length === 0 && Object.keys(rest).every(isAnnotation)) {
    return { ...whole(...only), ...rest };
  }
  return intersect(demandsOf(schema, path, open, work), path, work.raise);
}

/** What a schema demands together with the members of its `allOf`, theirs included, and with what references of all lead to. */
function demandsOf(schema: Schema, path: string, open: readonly string[], work: Flattening): readonly Schema[] {
  const { allOf, $ref: reference, ...rest } = schema;
  const own = mapSubschemas(rest, path, (inner, at) => flatten(inner, at, open, work));
  const members = Array.isArray(allOf) ? membersOf(allOf, path) : [];
  return [
    own,
    ...(typeof reference === "string" ? follow(reference, path, open, work) : []),
    ...members.flatMap(([member, at]) => demandsOf(member, at, open, work)),
  ];
}

function membersOf(allOf: readonly unknown[], path: string): [Schema, string][] {
  return allOf
    .map((member, index): [unknown, string] => [member, `${path}/allOf/${index}`])
    .filter((entry): entry is [Schema, string] => isSchema(entry[0]) && Object.keys(entry[0]).length > 0);
}

/** Each reference is followed once, unless it leads in a circle: then what is left out depends on where it stands. */
function follow(reference: string, path: string, open: readonly string[], work: Flattening): readonly Schema[] {
  const target = work.resolve(reference);
  if (target === undefined || open.includes(reference) || open.length >= MAX_OPEN) {
    work.raise(path, "a schema that is part of itself was left out");
    work.leftOut++;
    return [];
  }
  const known = work.targets.get(reference);
  work.spend(known?.length ?? lengthOf(target));
  if (known !== undefined) return known.schemas;
  const { leftOut } = work;
  const { $defs: _, ...plain } = target;
  const schemas = demandsOf(plain, reference, [...open, reference], work);
  if (work.leftOut === leftOut) work.targets.set(reference, { schemas, length: lengthOf(schemas) });
  return schemas;
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length;
}
