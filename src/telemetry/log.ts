// The log: one JSON object a line, or one readable line on a terminal. Only fields named here can ever be written.
import { pino } from "pino";
import { redactErrorText } from "./redact.ts";
import { toReadableLine } from "./readable-line.ts";

/**
 * Every field a line may have. Prompts, answers, keys and licences have no name here, so no level can log them;
 * a field outside the list is left out even where a cast let it through the types.
 */
const LOG_FIELDS = [
  "address",
  "ambiguous",
  "attempts",
  "caller",
  "code",
  "cachedTokens",
  "completionTokens",
  "count",
  "durationMs",
  "error",
  "face",
  "firstEventMs",
  "grpc",
  "handedOver",
  "http",
  "inline",
  "inlineBytes",
  "keyIndex",
  "metrics",
  "mode",
  "model",
  "node",
  "object",
  "outcome",
  "problem",
  "project",
  "promptTokens",
  "reason",
  "requestId",
  "retried",
  "reused",
  "retryAfterMs",
  "rpc",
  "signal",
  "stack",
  "store",
  "thoughtTokens",
  "uploaded",
  "uploadedBytes",
  "upstream",
  "version",
  "warnings",
  "youtube",
] as const;

/** Named facts of a line. Absent and undefined are the same. */
export type LogFields = { readonly [Name in (typeof LOG_FIELDS)[number]]?: string | number | boolean | undefined };

/** The fields of an error. `stack` holds frames only. */
export interface ErrorFields {
  readonly error: string;
  readonly code?: string | number | undefined;
  readonly stack?: string;
}

type Write = (message: string, fields?: LogFields) => void;

/** Writes lines. Messages are constants of the code: whatever varies is a field. */
export interface Logger {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
}

/** Where lines go, least severity and form. */
export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Default: standard output. */
  readonly destination?: { write(line: string): void };
  /** Readable lines instead of JSON. Default: whether standard output is a terminal. */
  readonly readable?: boolean;
}

/** Longest value of a field, in characters, so that every line stays under 16 KiB whatever it tells. */
const VALUE_MAX_LENGTH = 256;
const LONG_VALUES: { readonly [Name in keyof LogFields]?: number } = { error: 1200, stack: 2000 };
const STACK_MAX_FRAMES = 8;
const CAUSES_MAX_DEPTH = 4;

/** When nobody reads our output, lines beyond this are dropped instead of filling the memory. */
const UNWRITTEN_MAX_BYTES = 8 * 2 ** 20;
/** Lines wait for each other so long, in milliseconds, or for so many bytes: a write for each costs a tenth of a short request's CPU. */
const WRITE_AFTER_MS = 50;
const WRITE_AFTER_BYTES = 8_192;

const allowed: ReadonlySet<string> = new Set(LOG_FIELDS);

/** Creates the log. Its lines have `time` (ISO), `level`, `msg` and the fields given. */
export function createLogger(options: LogOptions): Logger {
  const target = options.destination ?? collectLines();
  const readable = options.readable ?? (options.destination === undefined && process.stdout.isTTY);
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: createTimestamp(),
      formatters: { level: (level) => ({ level }) },
    },
    readable ? { write: (line: string) => target.write(toReadableLine(line)) } : target,
  );
  const writer =
    (level: Exclude<LogOptions["level"], "silent">): Write =>
    (message, fields) => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](fields === undefined ? {} : clean(fields), message);
    };
  return {
    trace: writer("trace"),
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    fatal: writer("fatal"),
  };
}

/** ISO time as a member of a line. Within a second only its milliseconds are written anew: the whole is 1 % of a short request's CPU. */
function createTimestamp(): () => string {
  let second = Number.NaN;
  let head = "";
  return () => {
    const nowMs = Date.now();
    const current = Math.floor(nowMs / 1000);
    if (current !== second) {
      second = current;
      head = `,"time":"${new Date(nowMs).toISOString().slice(0, -"000Z".length)}`;
    }
    return `${head}${String(nowMs % 1000).padStart(3, "0")}Z"`;
  };
}

/** Standard output, written asynchronously and many lines at once; pino writes the rest when the process exits. */
function collectLines(): { write(line: string): void } {
  const output = pino.destination({
    dest: 1,
    sync: false,
    minLength: WRITE_AFTER_BYTES,
    maxLength: UNWRITTEN_MAX_BYTES,
  });
  let timer: NodeJS.Timeout | undefined;
  const writeAll = (): void => {
    timer = undefined;
    output.flush();
  };
  return {
    write(line) {
      output.write(line);
      timer ??= setTimeout(writeAll, WRITE_AFTER_MS).unref();
    },
  };
}

/** The fields that tell an error: name and message of it and its causes, and where it was thrown. */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { error: `thrown ${typeof error}` };
  const texts: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && texts.length < CAUSES_MAX_DEPTH) {
    texts.push(`${current.name}: ${redactErrorText(current.message)}`);
    current = current.cause;
  }
  // Frames only: a stack begins with the message as it was.
  const { message, stack = "" } = error;
  const frames = stack.slice(stack.indexOf(message) + message.length).split("\n");
  const { code } = error as { code?: unknown };
  return {
    error: texts.join(" <- "),
    code: typeof code === "string" || typeof code === "number" ? code : undefined,
    stack: frames
      .filter((line) => /^\s+at /.test(line))
      .slice(0, STACK_MAX_FRAMES)
      .map((line) => line.trim())
      .join(" | "),
  };
}

function clean(fields: LogFields): Record<string, string | number | boolean> {
  const cleaned: Record<string, string | number | boolean> = {};
  for (const name of Object.keys(fields) as (keyof LogFields)[]) {
    if (!allowed.has(name)) continue;
    const value = fields[name];
    if (typeof value === "string") cleaned[name] = cleanText(value, LONG_VALUES[name]);
    else if (typeof value === "number" || typeof value === "boolean") cleaned[name] = value;
  }
  return cleaned;
}

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const CONTROLS = new RegExp(CONTROL, "gu");

/** Escapes all controls: JSON leaves C1 and Unicode's line ends as they are, and terminals and log tools obey them. */
function cleanText(text: string, maxLength = VALUE_MAX_LENGTH): string {
  if (text.length <= maxLength && !CONTROL.test(text)) return text;
  const escaped = text
    .slice(0, maxLength)
    .replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > maxLength || escaped.length > maxLength ? `${escaped.slice(0, maxLength)}…` : escaped;
}
