// Plain JSON for the upstream: objects read from text, and objects without absent fields.
import { parseWellFormed } from "./well-formed.ts";

/** The JSON object that a text holds; undefined when it holds none. Takes what a JsonBudget has let pass. */
export function parseJsonObject(text: string): object | undefined {
  // Most texts are no JSON at all: seeing that must not cost an exception.
  if (!beginsObject(text)) return undefined;
  try {
    const value = parseWellFormed(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text can hold a JSON object. */
export function beginsObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

export function isJsonObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether any object inside, at whatever depth, has a key that fits. */
export function hasKey(value: unknown, fits: (key: string) => boolean): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasKey(item, fits));
  return Object.entries(value).some(([key, item]) => fits(key) || hasKey(item, fits));
}

/** Whether objects and lists are nested deeper than `depth`; never looks further down than that. */
export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((item) => isDeeperThan(item, depth - 1));
}

/** T with its undefined fields left out. */
export type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same object without the fields that are undefined; itself undefined when none is left. */
export function present<T extends object>(fields: T): Present<T> | undefined {
  const kept: Partial<T> = {};
  let isEmpty = true;
  for (const key in fields) {
    if (fields[key] === undefined) continue;
    kept[key] = fields[key];
    isEmpty = false;
  }
  return isEmpty ? undefined : (kept as Present<T>);
}
