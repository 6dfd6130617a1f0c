// Reads proto JSON as Google's front end does: both spellings of a key, lenient scalars, and its error texts.

import { ENUMS } from "./proto-enums.ts";
import { MESSAGES, ONEOFS, type MessageName } from "./proto-tables.ts";
import { invalidArgument, type ApiError } from "./errors.ts";

/** Proto JSON parsers stop at 100 levels; deeper input would also overflow our own recursion. */
const MAX_DEPTH = 100;

/** One error names at most this many fields. */
const MAX_VIOLATIONS = 16;

interface Violation {
  readonly field?: string;
  readonly description: string;
}

type JsonObject = Record<string, unknown>;

/**
 * Parses a request body into the camelCase tree of `message`: enums upper-case, bytes as Buffers, int64 as numbers,
 * `null` dropped. Throws a 400 with one BadRequest violation per unknown key or wrong type.
 */
export function readRequest<T>(message: MessageName, body: string): T {
  const value = parseJson(body);
  if (!isObject(value)) {
    throw violationError([
      { description: 'Invalid JSON payload received. Unknown name "": Root element must be a message.' },
    ]);
  }
  const violations: Violation[] = [];
  const result = readMessage(message, value, "", violations);
  if (violations.length > 0) throw violationError(violations.slice(0, MAX_VIOLATIONS));
  // The table decides the shape; request.ts spells the same shape out as types.
  return result as T;
}

function parseJson(body: string): unknown {
  let value: unknown;
  try {
    value = body.trim() === "" ? {} : JSON.parse(body);
  } catch (error) {
    throw invalidArgument(`Invalid JSON payload received. ${(error as Error).message}`);
  }
  if (isTooDeep(value)) throw invalidArgument("Invalid JSON payload received. Nesting is too deep.");
  return value;
}

function isTooDeep(root: unknown): boolean {
  let level = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

function violationError(violations: readonly Violation[]): ApiError {
  return invalidArgument(violations.map(({ description }) => description).join("\n"), [
    { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations },
  ]);
}

function readMessage(name: MessageName, value: unknown, path: string, violations: Violation[]): JsonObject {
  const result: JsonObject = {};
  if (!isObject(value)) {
    violations.push(wrongValue(path, `type.googleapis.com/google.ai.generativelanguage.v1beta.${name}`, value));
    return result;
  }
  const fields: Readonly<Record<string, string>> = MESSAGES[name];
  for (const [key, field] of Object.entries(value)) {
    const camel = toCamel(key);
    const snake = toSnake(camel);
    // One spelling or the other, no mixture of both.
    const type = (key === camel || key === snake) && Object.hasOwn(fields, camel) ? fields[camel] : undefined;
    if (type === undefined) violations.push(unknownName(key, path));
    else if (Array.isArray(field) && !takesList(type)) violations.push(unknownName(key, path, NOT_REPEATING));
    else if (field !== null) result[camel] = readField(type, field, joinPath(path, snake), violations);
  }
  checkOneof(name, result, path, violations);
  return result;
}

const NOT_REPEATING = "Proto field is not repeating, cannot start list.";

/** Free JSON may be a list too. */
const takesList = (type: string) => type.endsWith("[]") || type === "any";

function checkOneof(name: MessageName, message: JsonObject, path: string, violations: Violation[]): void {
  const oneof = ONEOFS[name];
  const second = oneof?.fields.filter((field) => message[field] !== undefined)[1];
  if (oneof === undefined || second === undefined) return;
  const description = `Invalid value at '${path}' (oneof), oneof field '${oneof.name}' is already set. Cannot set '${second}'`;
  violations.push({ field: path, description });
}

function readField(type: string, value: unknown, path: string, violations: Violation[]): unknown {
  if (type.endsWith("[]")) return readRepeated(type.slice(0, -2), value, path, violations);
  if (type.startsWith("map<")) return readMap(type.slice(4, -1), value, path, violations);
  if (type in MESSAGES) return readMessage(type as MessageName, value, path, violations);
  if (type in ENUMS) return readEnum(type as keyof typeof ENUMS, value, path, violations);
  return readScalar(type, value, path, violations);
}

function readRepeated(type: string, value: unknown, path: string, violations: Violation[]): unknown[] {
  // A lone object stands for a list of one: recorded requests with `"parts": {"text": ""}` were answered 200.
  const items = Array.isArray(value) ? value : [value];
  return items.map((item, index) => readField(type, item, `${path}[${index}]`, violations));
}

function readMap(type: string, value: unknown, path: string, violations: Violation[]): JsonObject {
  if (!isObject(value)) {
    violations.push(wrongValue(path, "map", value));
    return {};
  }
  const entries = Object.entries(value).map(([key, item], index): [string, unknown] => [
    key,
    readField(type, item, `${path}[${index}].value`, violations),
  ]);
  return Object.fromEntries(entries);
}

function readEnum(name: keyof typeof ENUMS, value: unknown, path: string, violations: Violation[]): unknown {
  const values: readonly string[] = ENUMS[name];
  const word = typeof value === "number" ? values[value] : typeof value === "string" ? value.toUpperCase() : undefined;
  if (word !== undefined && values.includes(word)) return word;
  violations.push(wrongValue(path, `type.googleapis.com/google.ai.generativelanguage.v1beta.${name}`, value));
  return undefined;
}

const isIntegerOf = (bits: number) => (number: number) =>
  Number.isInteger(number) && number >= -(2 ** (bits - 1)) && number < 2 ** (bits - 1);

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function readScalar(type: string, value: unknown, path: string, violations: Violation[]): unknown {
  const read = readKnownScalar(type, value);
  if (read !== undefined) return read;
  if (type === "bytes" && typeof value === "string") {
    const description = `Invalid value at '${path}' (TYPE_BYTES), Base64 decoding failed for "${shorten(value)}"`;
    violations.push({ field: path, description });
  } else {
    violations.push(wrongValue(path, `TYPE_${type.toUpperCase()}`, value));
  }
  return undefined;
}

/** The value as its type, or undefined when it is no such thing. */
function readKnownScalar(type: string, value: unknown): unknown {
  switch (type) {
    case "any":
      return value;
    case "struct":
      return isObject(value) ? value : undefined;
    case "string":
      return typeof value === "string" ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "bytes":
      return typeof value === "string" ? decodeBase64(value) : undefined;
    case "duration":
      return typeof value === "string" && /^-?\d+(\.\d{1,9})?s$/.test(value) ? value : undefined;
    case "timestamp":
      return typeof value === "string" && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
    case "int32":
      return readNumber(value, isIntegerOf(32));
    case "int64":
      return readNumber(value, isIntegerOf(64));
    case "float":
    case "double":
      return readNumber(value, Number.isFinite);
    default:
      throw new Error(`No such field type: ${type}`);
  }
}

/** Numbers may come as JSON strings (int64 always does in Google's own output). */
function readNumber(value: unknown, accepts: (number: number) => boolean): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && accepts(number) ? number : undefined;
}

/** Standard or URL-safe base64, padded or not; undefined when it is neither. */
function decodeBase64(text: string): Buffer | undefined {
  const body = text.replace(/={1,2}$/, "");
  if (body.length % 4 === 1 || !/^[A-Za-z0-9+/_-]*$/.test(body)) return undefined;
  return Buffer.from(body, "base64");
}

function unknownName(key: string, path: string, reason = "Cannot find field."): Violation {
  const where = path === "" ? "" : ` at '${path}'`;
  const description = `Invalid JSON payload received. Unknown name "${key}"${where}: ${reason}`;
  return path === "" ? { description } : { field: path, description };
}

function wrongValue(path: string, type: string, value: unknown): Violation {
  const shown = typeof value === "object" ? "Starting an object on a scalar field" : shorten(JSON.stringify(value));
  return { field: path, description: `Invalid value at '${path}' (${type}), ${shown}` };
}

/** A wrong value may be megabytes long; an error quotes its beginning. */
const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const joinPath = (path: string, field: string) => (path === "" ? field : `${path}.${field}`);
const toCamel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const toSnake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
