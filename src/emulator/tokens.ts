// Counting and cutting text in tokens: a fixed rule, so that limits and usage agree everywhere.

const LATIN_CHARACTERS_PER_TOKEN = 4;

/** From here on (CJK, emoji) a character counts as a token of its own. */
const WIDE_FROM = 0x2e80;

/** Where the token that begins at `start` ends: after four narrow characters or one wide one. */
function endOfToken(text: string, start: number): number {
  let end = start;
  for (let length = 0; length < LATIN_CHARACTERS_PER_TOKEN && end < text.length; length += 1) {
    const character = text.codePointAt(end) ?? 0;
    if (character >= WIDE_FROM && length > 0) return end;
    end += character > 0xffff ? 2 : 1;
    if (character >= WIDE_FROM) return end;
  }
  return end;
}

/** Tokens of a text. */
export function countTokens(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at = endOfToken(text, at)) count += 1;
  return count;
}

/** The first `limit` tokens of the text; never splits a code point. */
export function cutToTokens(text: string, limit: number): string {
  let end = 0;
  for (let count = 0; count < limit && end < text.length; count += 1) end = endOfToken(text, end);
  return text.slice(0, end);
}

/** Tokens of a value written as JSON. */
export const countJsonTokens = (value: unknown): number => countTokens(JSON.stringify(value) ?? "");
