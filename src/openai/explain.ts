// Why a value does not fit a shape, as a Failure that names the parameter and says what was expected, in the words OpenAI uses.
// Slow and only for values that were already found not to fit.
import { Failure, type FailureReason } from "../chat/failures.ts";
import { quoteForMessage } from "./quote.ts";

/** The JSON Schema keywords our shapes use. */
interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly discriminator?: { readonly propertyName: string };
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  /** Ours: a sentence that is added to the message. */
  readonly "x-hint"?: string;
}

/** The first thing that is wrong, or undefined when the value fits after all. */
export function explainMismatch(shape: object, value: unknown, at: string): Failure | undefined {
  return explain(shape as Shape, value, at);
}

function explain(shape: Shape, value: unknown, at: string): Failure | undefined {
  if (shape.anyOf) return explainUnion(shape, shape.anyOf, value, at);
  const allowed = shape.enum ?? ("const" in shape ? [shape.const] : undefined);
  if (allowed) return allowed.includes(value) ? undefined : notAllowed(allowed, value, at);
  if (shape.type !== undefined && !isOfType(shape.type, value)) return wrongType(nameOf(shape), value, at);
  if (typeof value === "number") return explainNumber(shape, value, at);
  if (typeof value === "string") return explainString(shape, value, at);
  if (Array.isArray(value)) return explainArray(shape, value, at);
  if (typeof value === "object" && value !== null) return explainObject(shape, value as Record<string, unknown>, at);
  return undefined;
}

function explainUnion(shape: Shape, branches: readonly Shape[], value: unknown, at: string): Failure | undefined {
  const real = branches.filter((branch) => branch.type !== "null");
  if (value === null && real.length < branches.length) return undefined;
  const named = shape.discriminator && discriminate(shape.discriminator.propertyName, real, value, at);
  if (named instanceof Failure) return named;
  const failures = (named ? [named] : real.filter((branch) => couldBe(branch, value))).map((branch) =>
    explain(branch, value, at),
  );
  if (failures.length === 0) return wrongType(nameOf({ anyOf: real }), value, at);
  return failures.includes(undefined) ? undefined : failures[0];
}

/** The branch an object names itself; the first one when it names none, so that the missing name is what is complained about. */
function discriminate(
  key: string,
  branches: readonly Shape[],
  value: unknown,
  at: string,
): Shape | Failure | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const name = (value as Record<string, unknown>)[key] ?? undefined;
  if (name === undefined) return branches[0];
  const words = branches.map((branch) => wordsOf(branch.properties?.[key]));
  const index = words.findIndex((list) => list.includes(name));
  return branches[index] ?? notAllowed(words.flat(), name, join(at, key));
}

function wordsOf(shape: Shape | undefined): readonly unknown[] {
  if (shape?.anyOf) return shape.anyOf.flatMap(wordsOf);
  return shape?.enum ?? (shape && "const" in shape ? [shape.const] : []);
}

function couldBe(shape: Shape, value: unknown): boolean {
  if (shape.anyOf) return shape.anyOf.some((branch) => couldBe(branch, value));
  if (shape.enum) return shape.enum.some((word) => typeof word === typeof value);
  return (
    shape.type === undefined || isOfType(shape.type, value) || (shape.type === "integer" && typeof value === "number")
  );
}

function explainNumber(shape: Shape, value: number, at: string): Failure | undefined {
  const kind = shape.type === "integer" ? "integer" : "decimal";
  const low = shape.minimum ?? shape.exclusiveMinimum ?? -Infinity;
  const tooLow = shape.exclusiveMinimum === undefined ? value < low : value <= low;
  const sign = shape.exclusiveMinimum === undefined ? ">=" : ">";
  if (tooLow)
    return invalid(
      shape,
      at,
      `${kind} below minimum value. Expected a value ${sign} ${low}, but got ${value} instead.`,
    );
  const high = shape.maximum ?? Infinity;
  return value > high
    ? invalid(shape, at, `${kind} above maximum value. Expected a value <= ${high}, but got ${value} instead.`)
    : undefined;
}

function explainString(shape: Shape, value: string, at: string): Failure | undefined {
  if (shape.minLength === undefined && shape.maxLength === undefined && shape.pattern === undefined) return undefined;
  const length = countLetters(value);
  if (length < (shape.minLength ?? 0)) {
    const got = length === 0 ? "an empty string" : `a string with length ${length}`;
    const problem = length === 0 ? "empty string" : "string too short";
    return invalid(
      shape,
      at,
      `${problem}. Expected a string with minimum length ${shape.minLength}, but got ${got} instead.`,
    );
  }
  if (length > (shape.maxLength ?? Infinity)) {
    const expected = `Expected a string with maximum length ${shape.maxLength}`;
    return invalid(shape, at, `string too long. ${expected}, but got a string with length ${length} instead.`);
  }
  return shape.pattern !== undefined && !new RegExp(shape.pattern, "u").test(value)
    ? invalid(
        shape,
        at,
        `string does not match pattern. Expected a string that matches the pattern '${shape.pattern}'.`,
      )
    : undefined;
}

/** Code points, as JSON Schema counts; a loop, because a text may have megabytes. */
function countLetters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function explainArray(shape: Shape, value: readonly unknown[], at: string): Failure | undefined {
  if (value.length < (shape.minItems ?? 0)) {
    const got = value.length === 0 ? "an empty array" : `an array with length ${value.length}`;
    const problem = value.length === 0 ? "empty array" : "array too short";
    return invalid(
      shape,
      at,
      `${problem}. Expected an array with minimum length ${shape.minItems}, but got ${got} instead.`,
    );
  }
  if (value.length > (shape.maxItems ?? Infinity)) {
    const expected = `Expected an array with maximum length ${shape.maxItems}`;
    return invalid(shape, at, `array too long. ${expected}, but got an array with length ${value.length} instead.`);
  }
  const { items } = shape;
  return items && firstOf(value.entries(), ([index, item]) => explain(items, item, `${at}[${index}]`));
}

function explainObject(shape: Shape, value: Readonly<Record<string, unknown>>, at: string): Failure | undefined {
  // An object of another kind is that first of all; what it lacks to be of this kind would mislead.
  const constants = Object.entries(shape.properties ?? {}).filter(
    ([key, own]) => "const" in own && Object.hasOwn(value, key),
  );
  const otherKind = firstOf(constants, ([key, own]) => explain(own, value[key], join(at, key)));
  if (otherKind) return otherKind;
  const missing = (shape.required ?? []).find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) {
    const name = join(at, missing);
    return failure("MISSING_REQUIRED_PARAMETER", `Missing required parameter: '${name}'.`, name);
  }
  if (Object.keys(value).length > (shape.maxProperties ?? Infinity)) {
    return invalid(shape, at, `object too large. Expected an object with at most ${shape.maxProperties} entries.`);
  }
  const [every] = Object.values(shape.patternProperties ?? {});
  return firstOf(Object.entries(value), ([key, item]) => {
    const own = shape.properties && Object.hasOwn(shape.properties, key) ? shape.properties[key] : every;
    return own && explain(own, item, join(at, own === every ? quoteForMessage(key).slice(1, -1) : key));
  });
}

function firstOf<T>(values: Iterable<T>, explainOne: (value: T) => Failure | undefined): Failure | undefined {
  for (const value of values) {
    const found = explainOne(value);
    if (found) return found;
  }
  return undefined;
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

/** "a string", "an array of objects", "one of …" */
function nameOf(shape: Shape): string {
  if (shape.anyOf) return [...new Set(shape.anyOf.filter(({ type }) => type !== "null").map(nameOf))].join(" or ");
  if (shape.enum) return `one of ${shape.enum.map(quoteForMessage).join(", ")}`;
  if (shape.type !== "array") return withArticle(shape.type ?? "value");
  const item = shape.items && nameOf(shape.items).replace(/^an? /, "");
  return item === undefined || item.includes(" ") ? "an array" : `an array of ${item}s`;
}

function nameOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "number") return withArticle(typeof value);
  return Number.isFinite(value) ? (Number.isInteger(value) ? "an integer" : "a decimal") : "a number out of range";
}

function withArticle(noun: string): string {
  return `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
}

function wrongType(expected: string, value: unknown, at: string): Failure {
  const where = at === "" ? "Invalid type for the request body" : `Invalid type for '${at}'`;
  return failure("INVALID_TYPE", `${where}: expected ${expected}, but got ${nameOfValue(value)} instead.`, at);
}

function notAllowed(allowed: readonly unknown[], value: unknown, at: string): Failure {
  const words = allowed.map(quoteForMessage);
  if (!allowed.some((word) => typeof word === typeof value)) return wrongType(`one of ${words.join(", ")}`, value, at);
  const list =
    words.length > 1 ? `${words.slice(0, -1).join(", ")}${words.length > 2 ? "," : ""} and ${words.at(-1)}` : words[0];
  const supported = words.length > 1 ? `Supported values are: ${list}.` : `The supported value is: ${list}.`;
  return failure("INVALID_VALUE", `Invalid value: ${quoteForMessage(value)}. ${supported}`, at);
}

function invalid(shape: Shape, at: string, problem: string): Failure {
  const hint = shape["x-hint"];
  return failure("INVALID_VALUE", `Invalid '${at}': ${problem}${hint === undefined ? "" : ` ${hint}`}`, at);
}

function failure(reason: FailureReason, message: string, at: string): Failure {
  return new Failure(reason, message, { field: at === "" ? undefined : at });
}

function join(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}
