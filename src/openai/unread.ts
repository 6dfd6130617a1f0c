// Fields of a body that are not read: those that the table of fields knows to have no counterpart, and those nobody knows.
import type { RaiseWarning } from "../chat/warnings.ts";
import { fieldAt, isParent } from "./fields.ts";
import type { Field } from "./fields/field.ts";
import { quoteForMessage } from "./quote.ts";

/** More unknown fields than this are told as one: a body may have hundreds of thousands, and a header has no place for them. */
const UNKNOWN_MAX = 16;

/**
 * Warns about everything in a plain body that is not read. Messages and tools are not looked into: clients send whole answers back, with
 * whatever fields those had.
 */
export function warnUnread(body: object, raise: RaiseWarning): void {
  const unknown: string[] = [];
  visitLeaves(body, "", (path, field) => {
    if (field === undefined) unknown.push(path);
    else if (field.standing === "warned" && field.code === undefined) {
      raise("parameter_ignored", path, `Gemini has nothing like '${path}'; it was not sent.`);
    }
  });
  for (const path of unknown.slice(0, UNKNOWN_MAX)) {
    const name = quoteForMessage(path);
    raise("parameter_unknown", name.slice(1, -1), `Unknown parameter: ${name}. It was not read.`);
  }
  if (unknown.length > UNKNOWN_MAX) {
    raise("parameter_unknown", "others", `${unknown.length - UNKNOWN_MAX} more unknown parameters were not read.`);
  }
}

/** Takes the path of a field that says something, and its row; undefined: nobody knows it. */
type Visit = (path: string, field: Field | undefined) => void;

/** Visits the fields that are not the parents of other fields. */
function visitLeaves(value: object, at: string, visit: Visit): void {
  for (const key of Object.keys(value)) {
    const item = (value as Readonly<Record<string, unknown>>)[key];
    if (item === null || item === undefined) continue;
    const path = at === "" ? key : `${at}.${key}`;
    // A name with a dot in it only looks like a path.
    if (key.includes(".")) visit(path, undefined);
    else if (!isParent(path)) visit(path, fieldAt(path));
    else if (typeof item === "object" && !Array.isArray(item)) visitLeaves(item, path, visit);
  }
}
