// A caller's own words inside a message: short, and without anything that could break a header or a log line.

const QUOTED_MAX_LENGTH = 64;

/** A word between single quotes: control and format characters become `\u…`, long text is cut. */
export function quoteForMessage(word: unknown): string {
  const text = typeof word === "string" ? word : (JSON.stringify(word) ?? typeof word);
  const short = text.length > QUOTED_MAX_LENGTH ? `${text.slice(0, QUOTED_MAX_LENGTH)}…` : text;
  return `'${short.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeLetter)}'`;
}

function escapeLetter(letter: string): string {
  return `\\u${letter.codePointAt(0)?.toString(16).padStart(4, "0")}`;
}
