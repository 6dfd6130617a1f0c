// Counting and cutting text in tokens: a fixed rule, so that limits and usage agree everywhere.

const LATIN_CHARACTERS_PER_TOKEN = 4;

/** From here on (CJK, emoji) a character counts as a token of its own. */
const WIDE_FROM = 0x2e80;

/** Cuts text into tokens: four narrow characters or one wide one; joined they give the text again. */
function* tokensOf(text: string): Generator<string> {
  let pending = "";
  let length = 0;
  for (const character of text) {
    const wide = (character.codePointAt(0) ?? 0) >= WIDE_FROM;
    if (length === LATIN_CHARACTERS_PER_TOKEN || (wide && length > 0)) {
      yield pending;
      pending = "";
      length = 0;
    }
    pending += character;
    length = wide ? LATIN_CHARACTERS_PER_TOKEN : length + 1;
  }
  if (length > 0) yield pending;
}

/** Tokens of a text. */
export function countTokens(text: string): number {
  let count = 0;
  for (const _ of tokensOf(text)) count += 1;
  return count;
}

/** The first `limit` tokens of the text; never splits a code point. */
export function cutToTokens(text: string, limit: number): string {
  let kept = "";
  let count = 0;
  for (const token of tokensOf(text)) {
    if (count === limit) break;
    kept += token;
    count += 1;
  }
  return kept;
}

/** Tokens of a value written as JSON. */
export const countJsonTokens = (value: unknown): number => countTokens(JSON.stringify(value) ?? "");
