// What was changed in one schema, told in one warning: hundreds of single ones would hide all others.
import type { RaiseWarning } from "../chat/warnings.ts";
import type { RaiseSchemaChange } from "./json-schema.ts";

/** Changes told with their place; of more only the number. */
const MAX_TOLD = 10;

/** Longest pointer that is told whole; in UTF-16 units. */
const MAX_POINTER_LENGTH = 200;

/** Maps a schema, then raises one `schema_adjusted` on its field when anything of it was lost. */
export function tellChanges<T>(field: string, raise: RaiseWarning, map: (raise: RaiseSchemaChange) => T): T {
  const changes = new Set<string>();
  const outcome = map((path, change) => changes.add(`In ${path.slice(0, MAX_POINTER_LENGTH)}: ${change}.`));
  if (changes.size > 0) {
    const told = [...changes].slice(0, MAX_TOLD);
    const more = changes.size > MAX_TOLD ? [`And ${changes.size - MAX_TOLD} more.`] : [];
    raise("schema_adjusted", field, [...told, ...more].join(" "));
  }
  return outcome;
}
