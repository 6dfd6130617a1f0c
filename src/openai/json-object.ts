// JSON objects whose members are not known yet.

export type Json = Record<string, unknown>;

/** Lists are none. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
