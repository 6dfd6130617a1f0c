// Upstream text as callers may see it: without secrets and names of our Google projects, in one line, not too long.
import { redactSecrets } from "../telemetry/redact.ts";

export type Redact = (text: string) => string;

/** Enough for any message of Google's; more is noise in a log line and in a gRPC trailer. */
const MAX_CHARACTERS = 1_000;

/** A function that hides the given secrets, everything shaped like a key, and projects; it also cuts and flattens the text. */
export function createRedactor(secrets: readonly string[]): Redact {
  const longestFirst = secrets.filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  return (text) => {
    // Line ends and control characters would let an upstream write log lines or headers.
    const clean = redactSecrets(text, longestFirst)
      .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
      .trim();
    return clean.length > MAX_CHARACTERS ? `${clean.slice(0, MAX_CHARACTERS)}…` : clean;
  };
}
