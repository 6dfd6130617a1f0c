// Every field of a request and what becomes of it: the table that decides which fields are told as not read, that the OpenAPI description
// takes its notes from, and that docs/compatibility.md shows. A test holds it against the shape of requests and against what they become.
import { BODY_FIELDS } from "./fields/body.ts";
import type { Field } from "./fields/field.ts";
import { GOOGLE_FIELDS } from "./fields/google.ts";
import { MESSAGE_FIELDS } from "./fields/messages.ts";
import { TOOL_FIELDS } from "./fields/tools.ts";

export const FIELDS: readonly Field[] = [...BODY_FIELDS, ...GOOGLE_FIELDS, ...MESSAGE_FIELDS, ...TOOL_FIELDS];

const BY_PATH: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.path, field]));
const PARENTS: ReadonlySet<string> = new Set(FIELDS.flatMap(({ path }) => parentsOf(path)));

/** The row of a path; undefined when it has none. */
export function fieldAt(path: string): Field | undefined {
  return BY_PATH.get(path);
}

/** Whether fields below a path have rows. */
export function isParent(path: string): boolean {
  return PARENTS.has(path);
}

/** "a.b[].c" → "a.b[]", "a.b", "a" */
function parentsOf(path: string): string[] {
  const steps = [...path.matchAll(/\.|\[\]/g)].map(({ index, 0: step }) =>
    path.slice(0, index + (step === "." ? 0 : 2)),
  );
  const lists = steps.filter((step) => step.endsWith("[]"));
  return [...steps, ...lists.map((list) => list.slice(0, -2))];
}
