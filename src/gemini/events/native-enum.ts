// Gemini's enum words as values of ours; a word we do not know is kept beside the zero value.

/** The value whose name after `prefix` is the word; 0 (unspecified) and the word itself when there is none. */
export function toEnum<T extends Record<string, number>>(
  table: T,
  prefix: string,
  word: string,
): { readonly value: T[keyof T]; readonly native: string } {
  const name = word.startsWith(prefix) ? word.slice(prefix.length) : "";
  const value = (Object.hasOwn(table, name) ? table[name] : 0) as T[keyof T];
  return { value, native: value === 0 ? word : "" };
}
