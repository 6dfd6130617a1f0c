// Takes secrets and names of our Google projects out of upstream text before anyone else sees it.
// Google's own errors hold them: "Consumer 'api_key:AIza…' has been suspended."

export type Redact = (text: string) => string;

const HIDDEN = "[redacted]";
/** Enough for any message of Google's; more is noise in a log line and in a gRPC trailer. */
const MAX_CHARACTERS = 1_000;

const PATTERNS: readonly RegExp[] = [
  /()AIza[\w-]{10,}/g,
  /()\bAQ\.[\w.-]{10,}/g,
  /()\bya29\.[\w.-]+/g,
  /(\bapi_key:)[^\s'",;)]+/gi,
  /(\b(?:api[_-]?key|key|access_token)=)[^\s&'",;)]+/gi,
  /(\bBearer\s+)[\w.~+/=-]+/gi,
  // projects/123 · project_number:123 · project=my-project · project 123456 · project my-project-1
  /(\bprojects\/)[^\s'",;/?]+/g,
  /(\bproject(?:_number|_id)?[:=])[^\s'",;&]+/g,
  /(\bproject )(?:\d{6,}|[a-z][a-z0-9]*-[a-z0-9-]*)/g,
];

/** A function that hides the given secrets, everything shaped like a key, and project names; it also cuts and flattens the text. */
export function createRedactor(secrets: readonly string[]): Redact {
  const longestFirst = secrets.filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  return (text) => {
    let clean = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
    for (const pattern of PATTERNS) clean = clean.replace(pattern, `$1${HIDDEN}`);
    // Line ends and control characters would let an upstream write log lines or headers.
    clean = clean.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
    return clean.length > MAX_CHARACTERS ? `${clean.slice(0, MAX_CHARACTERS)}…` : clean;
  };
}
