// Takes secrets and other people's text out of messages before anybody but us sees them.

const HIDDEN = "[redacted]";

/** What ends a secret that stands after its name. Nothing is hidden twice. */
const VALUE = String.raw`(?!\[redacted\])[^\s'"\`&,;)\]}]+`;

/** Secrets by the word before them. Google's texts hold such: "Consumer 'api_key:AIza…' has been suspended". */
const NAMED_SECRETS = [
  String.raw`\bapi_key:`,
  String.raw`(?:\b|[_-]|api)key["']?\s*=\s*["']?`,
  String.raw`\bx-(?:goog-)?api-key["']?\s*[:=]\s*["']?`,
  String.raw`\bbearer\s+`,
].map((name) => new RegExp(`(${name})${VALUE}`, "gi"));

/** Secrets by what they look like wherever they stand: keys and tokens of Google, licences of ours. */
const SECRET_SHAPES = [/AIza[\w-]{16,}/g, /\bAQ\.[\w.-]{8,}/g, /\bya29\.[\w.-]+/g, /\bgg-[0-9A-Za-z]{16,}/g];

/** Whose project it is concerns nobody: numbers in prose and links, ids in resource names. */
const PROJECTS = [
  /\b(projects?(?:[ _-](?:number|id))?["']?\s*[:=/ ]\s*["'#]?)\d{5,}/gi,
  /\b(projects\/)[a-z][a-z0-9-]{4,}[a-z0-9]/g,
];

/** An error's text is for people who debug; more of it is somebody's document. */
const ERROR_TEXT_MAX_LENGTH = 300;

/** The text without Google keys, licences, tokens and project numbers. `known` are secrets to remove whatever they look like. */
export function redactSecrets(text: string, known: readonly string[] = []): string {
  let redacted = text;
  for (const secret of known) redacted = redacted.replaceAll(secret, HIDDEN);
  for (const named of [...NAMED_SECRETS, ...PROJECTS]) redacted = redacted.replace(named, `$1${HIDDEN}`);
  for (const shape of SECRET_SHAPES) redacted = redacted.replace(shape, HIDDEN);
  return redacted;
}

/**
 * An error's message for the log: without secrets, and without what JSON.parse and URL quote of their input, which
 * may be a prompt (`Unexpected token 'h', "hello wor"... is not valid JSON`) or a signed link.
 */
export function redactErrorText(text: string): string {
  return hideQuoted(redactSecrets(text.slice(0, ERROR_TEXT_MAX_LENGTH * 4)))
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s/?#'"]*)[^\s'"]*/gi, "$1$2")
    .slice(0, ERROR_TEXT_MAX_LENGTH);
}

/** Everything from the first double quote to the last: what is quoted may hold quotes itself. */
function hideQuoted(text: string): string {
  const first = text.indexOf('"');
  if (first < 0) return text;
  const last = text.lastIndexOf('"');
  return `${text.slice(0, first)}"…"${last > first ? text.slice(last + 1) : ""}`;
}
