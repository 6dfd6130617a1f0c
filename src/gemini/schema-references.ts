// `$ref` inside a JSON Schema: what it leads to, whether it leads anywhere, and whether it leads in a circle. Nothing is ever fetched.
import { isSchema, type Schema, subschemas } from "./schema-positions.ts";

/** Finds what references of one schema lead to; undefined: nothing in it. */
export type Resolve = (reference: string) => Schema | undefined;

/** `#`, pointers (`#/$defs/A`), anchors (`#node`) and `$id`s of the schema itself. */
export function resolverOf(root: Schema): Resolve {
  let named: ReadonlyMap<string, Schema> | undefined;
  return (reference) => {
    if (reference === "#") return root;
    if (reference.startsWith("#/")) return followPointer(root, reference);
    named ??= namedSchemas(root);
    return named.get(reference);
  };
}

/** Every reference of the schema, in the order it stands there. */
export function referencesOf(root: Schema): string[] {
  const references: string[] = [];
  const visit = (schema: Schema): void => {
    if (typeof schema["$ref"] === "string") references.push(schema["$ref"]);
    subschemas(schema).forEach(visit);
  };
  visit(root);
  return references;
}

/** A longer chain is taken for a circle: the stack grows with it. */
const MAX_CHAIN = 500;

/** Whether following references from the top ever leads back to one that is being followed. */
export function isRecursive(root: Schema): boolean {
  const resolve = resolverOf(root);
  const finished = new Set<Schema>();
  const open = new Set<Schema>();
  const leadsBack = (schema: Schema): boolean => {
    if (open.has(schema) || open.size > MAX_CHAIN) return true;
    if (finished.has(schema)) return false;
    open.add(schema);
    const { $ref, $defs: _, ...rest } = schema;
    const target = typeof $ref === "string" ? resolve($ref) : undefined;
    const recursive = (target !== undefined && leadsBack(target)) || subschemas(rest).some(leadsBack);
    open.delete(schema);
    finished.add(schema);
    return recursive;
  };
  return leadsBack(root);
}

function namedSchemas(root: Schema): ReadonlyMap<string, Schema> {
  const named = new Map<string, Schema>();
  const visit = (schema: Schema): void => {
    const { $anchor, $id } = schema;
    if (typeof $anchor === "string") named.set(`#${$anchor}`, schema);
    if (typeof $id === "string") named.set($id, schema);
    subschemas(schema).forEach(visit);
  };
  visit(root);
  return named;
}

function followPointer(root: Schema, pointer: string): Schema | undefined {
  let at: unknown = root;
  for (const segment of pointer.slice(2).split("/")) {
    const key = decodeSegment(segment);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Schema)[key];
  }
  // `true` accepts everything, as an empty schema does.
  return isSchema(at) ? at : at === true ? {} : undefined;
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
