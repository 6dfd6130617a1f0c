// Every spelling of a request that is not OpenAI's, in one table: what other gateways, older APIs and Google itself call the same things.
// A body goes through it once, before validation; no other file knows a dialect.
import type { RaiseWarning } from "../chat/warnings.ts";
import { GOOGLE_ROWS } from "./dialects/google.ts";
import { rewriteMessages } from "./dialects/messages.ts";
import { MODEL_ROWS } from "./dialects/model.ts";
import { OUTPUT_ROWS } from "./dialects/output.ts";
import { type Json } from "./json-object.ts";
import { applyRows, tableOf, type Renamed, type Row } from "./dialects/row.ts";
import { THINKING_ROWS } from "./dialects/thinking.ts";
import { TOOL_ROWS } from "./dialects/tools.ts";

/** Rows of the body's own fields, in the order they are applied: Google's block early, because the others fill it. */
export const BODY_ROWS: readonly Row[] = [
  ...MODEL_ROWS,
  ...GOOGLE_ROWS,
  ...THINKING_ROWS,
  ...OUTPUT_ROWS,
  ...TOOL_ROWS,
];

const BODY = tableOf(BODY_ROWS);

export { withQuery } from "./dialects/query.ts";
export type { Renamed } from "./dialects/row.ts";

/**
 * The body as plain OpenAI JSON with Gemini's options under `extra_body.google`; unknown fields stay. Does not change its argument.
 * `renamed` is told where the caller wrote what is told about under plain names later.
 * Throws a Failure when a foreign field has a value of the wrong kind; what is wrong with plain fields is left to the schema.
 */
export function toPlainBody(body: Json, raise: RaiseWarning, renamed: Renamed): Json {
  const place = { at: "", raise, renamed };
  const plain = applyRows(BODY, body, place);
  const messages = rewriteMessages(plain["messages"], place);
  return messages === plain["messages"] ? plain : { ...plain, messages };
}
