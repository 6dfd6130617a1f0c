// Guesses which setting a misspelt name meant.
import { settingRows, type Setting, type SettingName } from "./settings.ts";

/** One edit is forgiven per so many letters, so that `GRPC_HOST` is not taken for `GRPC_PORT`. */
const LETTERS_PER_EDIT = 6;
const MAX_EDITS = 2;

/** The setting a name is a near-miss of, among the rows that count; undefined when none is near. */
export function nearestSetting(name: string, counts: (row: Setting<unknown>) => boolean): SettingName | undefined {
  const written = name.toUpperCase();
  return settingRows().find(([known, row]) => {
    const allowed = Math.min(MAX_EDITS, Math.floor(known.length / LETTERS_PER_EDIT));
    return counts(row) && Math.abs(known.length - written.length) <= allowed && editDistance(written, known) <= allowed;
  })?.[0];
}

/** Levenshtein's distance: letters put in, left out or replaced. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [index, letter] of left.split("").entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === right[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
