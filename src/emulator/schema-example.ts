// Makes a value that conforms to a JSON schema (or Google's Schema), taking from the prompt what fits.

import { exampleString } from "./string-example.ts";

type Schema = Readonly<Record<string, unknown>>;

interface Making {
  /** Resolves `#/…` references. */
  readonly root: Schema;
  readonly prompt: string;
  /** Numbers of the prompt, handed out in order. */
  readonly numbers: number[];
}

/** A recursive schema is followed this deep; beyond, optional properties and array items are left out. */
const MAX_DEPTH = 6;

/** Below that, a cycle through required properties is given up with null. */
const GIVE_UP_DEPTH = 24;

/** A schema may demand more; an example of it would only fill memory. */
const MAX_ITEMS = 1_000;

/** Beside the required properties this many optional scalars are filled in. */
const OPTIONAL_LIMIT = 2;

/** An example value of the schema; anything may come out for a schema that accepts everything. */
export function exampleOf(schema: unknown, prompt: string): unknown {
  const root = toSchema(schema);
  const numbers = (prompt.match(/(?<![\w.])-?\d+(\.\d+)?(?![\w])/g) ?? []).map(Number);
  return makeValue(root, "", { root, prompt, numbers }, 0);
}

function makeValue(given: Schema, name: string, making: Making, depth: number): unknown {
  if (depth > GIVE_UP_DEPTH) return null;
  const schema = resolve(given, making.root);
  if (schema["const"] !== undefined) return schema["const"];
  const choices = list(schema["enum"]);
  if (choices.length > 0) return chooseFrom(choices, making.prompt);
  switch (typeOf(schema)) {
    case "object":
      return makeObject(schema, making, depth);
    case "array":
      return makeArray(schema, name, making, depth);
    case "integer":
    case "number":
      return makeNumber(schema, making);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return exampleString(schema, name, making.prompt);
  }
}

/** The choice whose word stands in the prompt, else the first. */
function chooseFrom(choices: readonly unknown[], prompt: string): unknown {
  const text = prompt.toLowerCase();
  return choices.find((choice) => typeof choice === "string" && text.includes(choice.toLowerCase())) ?? choices[0];
}

/** Follows `$ref`, picks the first branch of a union that is not null, and merges `allOf`. */
function resolve(schema: Schema, root: Schema, hops = 0): Schema {
  if (hops > MAX_DEPTH) return {};
  const reference = schema["$ref"];
  if (typeof reference === "string") return resolve(lookUp(reference, root), root, hops + 1);
  const { allOf, anyOf, oneOf, ...own } = schema;
  const branches = list(anyOf ?? oneOf).map(toSchema);
  const chosen = branches.find((branch) => typeOf(resolve(branch, root, hops + 1)) !== "null") ?? branches[0];
  const merged = list(allOf).map((branch) => resolve(toSchema(branch), root, hops + 1));
  return [own, ...merged, ...(chosen === undefined ? [] : [resolve(chosen, root, hops + 1)])].reduce(mergeSchemas);
}

function mergeSchemas(left: Schema, right: Schema): Schema {
  const properties = { ...toSchema(left["properties"]), ...toSchema(right["properties"]) };
  const required = [...list(left["required"]), ...list(right["required"])];
  return {
    ...left,
    ...right,
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  };
}

/** `#`, `#/$defs/x` and any other pointer into the schema itself; what is not there accepts everything. */
function lookUp(reference: string, root: Schema): Schema {
  const steps = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((step) => step !== "");
  const decode = (step: string) =>
    step
      .replaceAll(/%[0-7][0-9A-Fa-f]/g, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)))
      .replaceAll("~1", "/")
      .replaceAll("~0", "~");
  return toSchema(steps.reduce<unknown>((value, step) => toSchema(value)[decode(step)], root));
}

/** The type in lower case; the first that is not null of a list; guessed from other keywords when missing. */
function typeOf(schema: Schema): string {
  const types = list(schema["type"] ?? [])
    .filter(isText)
    .map((type) => type.toLowerCase());
  const named = types.find((type) => type !== "null") ?? types[0];
  if (named !== undefined && named !== "type_unspecified") return named;
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  if (schema["items"] !== undefined || schema["prefixItems"] !== undefined) return "array";
  return schema["minimum"] !== undefined || schema["maximum"] !== undefined ? "number" : "string";
}

function makeObject(schema: Schema, making: Making, depth: number): Record<string, unknown> {
  const properties = toSchema(schema["properties"]);
  const required = list(schema["required"]).filter(isText);
  const names = Object.keys(properties);
  const optional = names.filter(
    (name) => !required.includes(name) && isScalar(resolve(toSchema(properties[name]), making.root)),
  );
  const minimum = Math.min(toCount(schema["minProperties"], 0), MAX_ITEMS);
  const extra = depth > MAX_DEPTH ? [] : optional.slice(0, Math.max(OPTIONAL_LIMIT, minimum - required.length));
  const chosen = names.filter((name) => required.includes(name) || extra.includes(name));
  const undeclared = required.filter((name) => !names.includes(name));
  const additional = toSchema(schema["additionalProperties"]);
  const result: Record<string, unknown> = {};
  for (const name of chosen) result[name] = makeValue(toSchema(properties[name]), name, making, depth + 1);
  for (const name of undeclared) result[name] = makeValue(additional, name, making, depth + 1);
  for (let index = 1; Object.keys(result).length < minimum; index += 1) {
    result[`key${index}`] ??= makeValue(additional, "", making, depth + 1);
  }
  return result;
}

const isScalar = (schema: Schema) => !["object", "array"].includes(typeOf(schema));

function makeArray(schema: Schema, name: string, making: Making, depth: number): unknown[] {
  const prefix = list(schema["prefixItems"]).map(toSchema);
  const minimum = toCount(schema["minItems"], depth > MAX_DEPTH ? 0 : 1);
  const length = Math.min(Math.max(minimum, prefix.length), toCount(schema["maxItems"], MAX_ITEMS), MAX_ITEMS);
  const items = toSchema(schema["items"]);
  const values = Array.from({ length }, (_, index) => makeValue(prefix[index] ?? items, name, making, depth + 1));
  return schema["uniqueItems"] === true ? makeUnique(values, resolve(items, making.root)) : values;
}

/** Repeated enum values, numbers and strings are replaced by the next ones that still differ. */
function makeUnique(values: readonly unknown[], items: Schema): unknown[] {
  const choices = list(items["enum"]);
  return values.map((value, index) => {
    if (choices.length > 0) return choices[index] ?? value;
    if (typeof value === "number") return value + index;
    return typeof value === "string" && index > 0 ? `${value}${index + 1}` : value;
  });
}

/** The first number of the prompt that conforms, else one tried near the bounds. */
function makeNumber(schema: Schema, making: Making): number {
  const conforms = numberRule(schema);
  const found = making.numbers.findIndex(conforms);
  if (found >= 0) return making.numbers.splice(found, 1)[0] ?? 0;
  const low = toNumber(schema["minimum"]) ?? toNumber(schema["exclusiveMinimum"]);
  const high = toNumber(schema["maximum"]) ?? toNumber(schema["exclusiveMaximum"]);
  const step = toNumber(schema["multipleOf"]) ?? 1;
  const near = [low, high].flatMap((bound) => (bound === undefined ? [] : [bound, bound + step, bound - step]));
  const between = low === undefined || high === undefined ? [] : [(low + high) / 2];
  const rounded = near.flatMap((value) => [Math.ceil(value / step) * step, Math.floor(value / step) * step]);
  return [1, ...near, ...rounded, ...between, step, 0].find(conforms) ?? low ?? high ?? 0;
}

function numberRule(schema: Schema): (value: number) => boolean {
  const step = toNumber(schema["multipleOf"]) ?? (typeOf(schema) === "integer" ? 1 : undefined);
  return (value) =>
    value >= (toNumber(schema["minimum"]) ?? -Infinity) &&
    value <= (toNumber(schema["maximum"]) ?? Infinity) &&
    value > (toNumber(schema["exclusiveMinimum"]) ?? -Infinity) &&
    value < (toNumber(schema["exclusiveMaximum"]) ?? Infinity) &&
    (step === undefined || Number.isInteger(value / step)) &&
    (typeOf(schema) !== "integer" || Number.isInteger(value));
}

const toNumber = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Counts may be strings: int64 fields are in proto JSON. */
const toCount = (value: unknown, otherwise: number) => (isText(value) ? Number(value) : (toNumber(value) ?? otherwise));

/** Schemas of callers hold anything; what is not of the right type counts as missing. */
const isText = (value: unknown): value is string => typeof value === "string";

const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const toSchema = (value: unknown): Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
