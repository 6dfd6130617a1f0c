// `$ref` inside a JSON Schema: whether each leads somewhere within it, in a circle, or in one without an end.

type Schema = Readonly<Record<string, unknown>>;

/** What the references of a schema are like. */
interface References {
  /** One leads outside or nowhere. */
  readonly broken: boolean;
  /** One leads back to a schema it stands in. */
  readonly recursive: boolean;
  /** One does so by required properties alone: no value could ever end. */
  readonly endless: boolean;
}

/** Looks at every reference that is reachable from the root. */
export function schemaReferences(root: Schema): References {
  const found = { broken: false, recursive: false, endless: false };
  const done = new Set<string>();
  const visit = (value: unknown, open: readonly string[]): void => {
    if (typeof value !== "object" || value === null) return;
    const target = (value as Schema)["$ref"];
    for (const [key, inner] of Object.entries(value)) if (key !== "$defs" && key !== "definitions") visit(inner, open);
    if (typeof target !== "string") return;
    if (open.includes(target)) found.recursive = true;
    if (open.includes(target) || done.has(target)) return;
    const referred = resolve(root, target);
    if (referred === undefined) found.broken = true;
    else visit(referred, [...open, target]);
    done.add(target);
  };
  visit(root, ["#"]);
  found.endless = isEndless(root, root, []);
  return found;
}

/** Whether every value of a schema must hold another value of itself. */
function isEndless(schema: unknown, root: Schema, open: readonly string[]): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  const { $ref: target, properties, required } = schema as Schema;
  if (typeof target === "string") {
    return open.includes(target) || isEndless(resolve(root, target), root, [...open, target]);
  }
  if (!Array.isArray(required) || typeof properties !== "object" || properties === null) return false;
  const names = required.filter((name) => typeof name === "string");
  return names.some((name) => isEndless((properties as Schema)[name], root, open));
}

/** `#`, `#/$defs/Name` and other pointers, and `#anchor`; undefined for what is not there or not local. */
function resolve(root: Schema, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return reference.startsWith("#") ? findAnchor(root, reference.slice(1)) : undefined;
  const steps = reference.slice(2).split("/");
  return steps.reduce<unknown>((at, step) => {
    const key = decodeStep(step);
    return typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Schema)[key] : undefined;
  }, root);
}

const decodeStep = (step: string) => step.replaceAll("~1", "/").replaceAll("~0", "~");

function findAnchor(value: unknown, anchor: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if ((value as Schema)["$anchor"] === anchor) return value;
  for (const inner of Object.values(value)) {
    const found = findAnchor(inner, anchor);
    if (found !== undefined) return found;
  }
  return undefined;
}
