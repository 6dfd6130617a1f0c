// What Gemini's JSON says beyond the fields of the contract: kept as JSON text beside them, so that nothing is lost on the way.

type Json = Readonly<Record<string, unknown>>;

/** The members that are not `known`, empty ones left out; undefined when there are none. */
export function restOf(json: object, known: ReadonlySet<string>): Json | undefined {
  const rest = Object.entries(json).filter(([key, value]) => !known.has(key) && !saysNothing(value));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** The text of an object without its undefined members; "" when nothing is left. */
export function toNativeJson(rest: Json | undefined): string {
  const text = rest === undefined ? "" : JSON.stringify(rest);
  return text === "{}" ? "" : text;
}

/** Gemini often sends `{}`, such as for retrievalMetadata. */
function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
