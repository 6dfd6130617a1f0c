// `allOf`, which Gemini reads over on every path: its members and what stands beside them, as one schema.
// Example: {allOf: [{$ref: Base}, {properties: {b}}], description} → {description, ...Base, properties: {...Base's, b}}.
import type { RaiseSchemaChange } from "./json-schema.ts";
import { isAnnotation, intersect } from "./schema-intersection.ts";
import { isSchema, mapSubschemas, type Schema } from "./schema-positions.ts";
import { type Resolve, resolverOf } from "./schema-references.ts";

/** References that are copied into the place of a member. Far more than any real schema has; bounds the work on one that is none. */
const MAX_COPIES = 500;

/** References copied inside of one another; the stack grows with them. */
const MAX_OPEN = 16;

interface Flattening {
  readonly resolve: Resolve;
  readonly raise: RaiseSchemaChange;
  copies: number;
}

/** The schema without any `allOf`. What one schema cannot say of several is left out and told. Returns its argument when it has none. */
export function flattenAllOf(root: Schema, raise: RaiseSchemaChange): Schema {
  return flatten(root, "#", [], { resolve: resolverOf(root), raise, copies: 0 });
}

/** `open`: references whose targets are being flattened. */
function flatten(schema: Schema, path: string, open: readonly string[], work: Flattening): Schema {
  const inner = mapSubschemas(schema, path, (child, at) => flatten(child, at, open, work));
  if (!Array.isArray(inner["allOf"])) return inner;
  const { allOf, $ref, ...rest } = inner;
  const members = [...($ref === undefined ? [] : [{ $ref }]), ...(allOf as unknown[])]
    .map((member, index): [unknown, string] => [member, `${path}/allOf/${index}`])
    .filter((entry): entry is [Schema, string] => isSchema(entry[0]) && Object.keys(entry[0]).length > 0);
  const [only] = members;
  // Words beside a lone reference stay beside it.
  if (only !== undefined && members.length === 1 && Object.keys(rest).every(isAnnotation)) {
    return { ...only[0], ...rest };
  }
  return members.reduce(
    (merged, [member, at]) => intersect(merged, expand(member, at, open, work), path, work.raise),
    rest,
  );
}

/** A member with what its reference leads to in place of it. */
function expand(member: Schema, path: string, open: readonly string[], work: Flattening): Schema {
  const { $ref: reference, ...beside } = member;
  if (typeof reference !== "string") return member;
  const target = work.resolve(reference);
  if (target === undefined || open.includes(reference) || open.length >= MAX_OPEN || work.copies >= MAX_COPIES) {
    work.raise(path, "a schema that is part of itself was left out");
    return beside;
  }
  work.copies++;
  const { $defs: _, ...flat } = flatten(target, reference, [...open, reference], work);
  const whole = flat["$ref"] === undefined ? flat : expand(flat, path, [...open, reference], work);
  return intersect(beside, whole, path, work.raise);
}
