// The seed's later parameters, which it takes in the query of the URL as well as in the body. Other query parameters mean nothing here.
import { Failure } from "../../chat/failures.ts";
import { quoteForMessage } from "../quote.ts";
import { type Json } from "../json-object.ts";
import { fill } from "./row.ts";

type Reader = (text: string) => unknown;

const INTEGER: Reader = (text) => (/^-?[0-9]{1,15}$/.test(text) ? Number(text) : undefined);
const FLAG: Reader = (text) => FLAGS.get(text.toLowerCase());
const TEXT: Reader = (text) => text;

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const PARAMETERS: readonly (readonly [name: string, read: Reader, expected: string])[] = [
  ["close_reasoning_content", FLAG, "true or false"],
  ["return_reasoning_content", FLAG, "true or false"],
  ["retry_attempt", INTEGER, "an integer"],
  ["thinking_budget", INTEGER, "an integer"],
  ["resolution", TEXT, "a text"],
  ["aspect_ratio", TEXT, "a text"],
];

/** The body with what only the query says; the body itself when that is nothing. Throws INVALID_VALUE that names the query parameter. */
export function withQuery(body: Json, query: Readonly<Record<string, unknown>> | undefined): Json {
  if (query === undefined) return body;
  let merged = body;
  for (const [name, read, expected] of PARAMETERS) {
    const given = query[name];
    if (given === undefined || given === "") continue;
    const value = typeof given === "string" ? read(given) : undefined;
    if (value === undefined) {
      const got = typeof given === "string" ? quoteForMessage(given) : "several values";
      const message = `Invalid value for the query parameter '${name}': expected ${expected}, but got ${got} instead.`;
      throw new Failure("INVALID_VALUE", message, { field: name });
    }
    if (merged === body) merged = { ...body };
    fill(merged, name, value);
  }
  return merged;
}
