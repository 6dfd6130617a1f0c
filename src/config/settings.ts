// The table of every setting: name, default, form, and one line of why. Documentation is rendered from it.
import {
  listOf,
  oneOf,
  pairsOf,
  parseBytes,
  parseCount,
  parseDatabaseUrl,
  parseDurationMs,
  parseGeminiKeys,
  parseHost,
  parseHostPattern,
  parseLicence,
  parseNetwork,
  parseOrigin,
  parsePauseMs,
  parsePort,
  parseProxyUrl,
  parseRemotePort,
  parseServerUrl,
  parseSwitch,
  parseText,
  parseUpstream,
  type Parser,
} from "./parsers.ts";

/** One row of the table. */
export interface Setting<T> {
  /** The text used when nothing is set; without one the setting may stay unset. */
  readonly fallback?: string;
  /** What the documentation shows as default where `fallback` cannot say it. */
  readonly shown?: string;
  readonly parse: Parser<T>;
  /** A secret's value is never repeated in an error. */
  readonly secret?: true;
  /** Names other programs use too: a near-miss of one in the environment is none of our business. */
  readonly common?: true;
  readonly why: string;
}

const MODEL_ID = /^[\w.-]+$/;
const SAFETY_CATEGORY = /^HARM_CATEGORY_[A-Z_]+$/;
const SAFETY_THRESHOLD = /^(OFF|BLOCK_[A-Z_]+)$/;

export const settings = {
  CONFIG_FILE: {
    fallback: "gateway.yaml",
    parse: parseText,
    common: true,
    why: "YAML file with any of these settings under the same names; a variable of the environment wins over it",
  },
  HOST: {
    fallback: "127.0.0.1",
    parse: parseHost,
    common: true,
    why: "address all listeners bind; anything but loopback must be asked for, and then needs keys and licences",
  },
  PORT: { fallback: "8080", parse: parsePort, common: true, why: "HTTP/1.1: facade, Connect, gRPC-Web, health, docs" },
  GRPC_PORT: { fallback: "9090", parse: parsePort, why: "clear-text HTTP/2: gRPC and Connect; 0 = any free port" },
  METRICS_PORT: {
    parse: parsePort,
    common: true,
    why: "`/metrics` on a listener of its own; without it, on `PORT` and only on a loopback `HOST`",
  },
  GEMINI_API_KEYS: {
    parse: parseGeminiKeys,
    secret: true,
    why: "`key` or `project:key`, comma-separated; quota is per project, so a bare key counts as a project of its own",
  },
  GEMINI_API_KEY: { parse: parseGeminiKeys, secret: true, why: "the same, read where `GEMINI_API_KEYS` is not set" },
  GEMINI_BASE_URL: {
    fallback: "https://generativelanguage.googleapis.com",
    parse: parseUpstream,
    secret: true,
    why: "upstream origin and optional path prefix, or `emulator`; your own URL needs keys, so Google’s never go astray",
  },
  GEMINI_PROXY_URL: {
    parse: parseProxyUrl,
    secret: true,
    why: "outbound HTTP proxy to Google; proxy variables of the environment are not read",
  },
  SAFETY_SETTINGS: {
    fallback: "",
    parse: pairsOf(SAFETY_CATEGORY, SAFETY_THRESHOLD, "HARM_CATEGORY_HARASSMENT=OFF"),
    why: "`CATEGORY=THRESHOLD,…` sent when the caller gives none; by default Google’s own thresholds hold",
  },
  MODEL_ALIASES: {
    fallback: "",
    shown: "built-in table",
    parse: pairsOf(MODEL_ID, MODEL_ID, "old-model=new-model"),
    why: "`old=new,…` on top of the built-in table of models Google has shut down",
  },
  MODELS_CACHE_TTL_MS: {
    fallback: "300000",
    parse: parseDurationMs,
    why: "how long the upstream’s model list counts as known; models come and go within days, not minutes",
  },
  LICENCES: {
    fallback: "",
    parse: listOf(parseLicence),
    secret: true,
    why: "licences beside those in the store, comma-separated, 16–256 visible ASCII characters each",
  },
  DATABASE_URL: {
    fallback: "sqlite:data/gateway.sqlite",
    parse: parseDatabaseUrl,
    secret: true,
    common: true,
    why: "the durable store: a file on this machine, or `postgres://…` when replicas share it",
  },
  REDIS_URL: {
    parse: parseText,
    secret: true,
    common: true,
    why: "shared hot state for replicas; not supported yet, so setting it is an error",
  },
  CHAT_SERVICE_URL: {
    parse: parseServerUrl,
    secret: true,
    why: "facade only: the ChatService is there (`http` = gRPC over h2c, `https` = over TLS, whose certificate is checked; `NODE_EXTRA_CA_CERTS` names a file of further CAs) and the licence passes on; keys, store and `GRPC_PORT` are not used",
  },
  CORS_ORIGINS: {
    fallback: "",
    parse: listOf(parseOrigin),
    common: true,
    why: "browser origins that may call; `*` is allowed, never with credentials",
  },
  TRUSTED_PROXIES: {
    fallback: "",
    parse: listOf(parseNetwork),
    common: true,
    why: "networks whose forwarded headers count; everybody else’s are ignored",
  },
  MEDIA_FETCH: { fallback: "on", parse: parseSwitch, why: "`off` = URLs in requests are never fetched" },
  MEDIA_ALLOWED_NETWORKS: {
    fallback: "",
    parse: listOf(parseNetwork),
    why: "private networks media may come from, on any port; all others are refused",
  },
  MEDIA_ALLOWED_PORTS: {
    fallback: "80,443",
    parse: listOf(parseRemotePort),
    why: "ports a caller’s URL may name, so the gateway is no port scanner",
  },
  MEDIA_ALLOWED_HOSTS: {
    fallback: "",
    parse: listOf(parseHostPattern),
    why: "when given, media come from these hosts only; `*.example.com` covers a whole domain",
  },
  MEDIA_DENIED_HOSTS: { fallback: "", parse: listOf(parseHostPattern), why: "hosts media never come from" },
  MEDIA_FETCH_TIMEOUT_MS: {
    fallback: "20000",
    shown: "20000, and 1 s per MB",
    parse: parseDurationMs,
    why: "one fetch of media; size adds to it, so that a slow host cannot hold a request for ever",
  },
  MEDIA_ITEM_MAX_BYTES: {
    fallback: "70MiB",
    parse: parseBytes,
    why: "inline media of a request together: in base64 it must fit Google’s 100 MB",
  },
  MEDIA_FILE_MAX_BYTES: {
    fallback: "2GiB",
    parse: parseBytes,
    why: "one item that is too large for a request and goes to Google’s Files API, passing through; Google’s own limit",
  },
  MEDIA_UPLOAD: {
    fallback: "on",
    parse: parseSwitch,
    why: "`off` = nothing goes to the Files API, where Google keeps it for 48 h; what does not fit into a request is refused",
  },
  MEDIA_HAND_OVER: {
    fallback: "off",
    parse: parseSwitch,
    why: "`on` = https URLs of public hosts and known types are given to Google, which fetches up to 100 MB of each, unseen by us",
  },
  UPLOAD_STEP_TIMEOUT_MS: {
    fallback: "60000",
    parse: parseDurationMs,
    why: "the Files API must have taken 8 MiB, or answered otherwise, by then; slower and the upload counts as stuck",
  },
  UPSTREAM_OBJECTS: {
    fallback: "off",
    parse: parseSwitch,
    why: "`on` = callers may name cached contents and Files-API URIs; they belong to the first project and to no licence",
  },
  SHUTDOWN_DELAY_MS: {
    shown: "0 on a loopback `HOST`, else 3000",
    parse: parsePauseMs,
    why: "after SIGTERM: not ready but still accepting, until load balancers have noticed",
  },
  SHUTDOWN_GRACE_MS: {
    fallback: "25000",
    parse: parsePauseMs,
    why: "then running streams may finish; Kubernetes kills 30 s after SIGTERM",
  },
  HEADERS_TIMEOUT_MS: {
    fallback: "10000",
    parse: parseDurationMs,
    why: "a client must have sent its headers by then, and on `GRPC_PORT` each connection its preface: a proxy that opens connections ahead must send it at once",
  },
  REQUEST_BODY_TIMEOUT_MS: { fallback: "60000", parse: parseDurationMs, why: "and its body by then" },
  WRITE_STALL_TIMEOUT_MS: {
    fallback: "60000",
    parse: parseDurationMs,
    why: "a client that takes nothing for so long is dropped, and its upstream call with it",
  },
  FIRST_EVENT_TIMEOUT_MS: {
    shown: "120000; 600000 for models that think or make media",
    parse: parseDurationMs,
    why: "streams, until the first upstream event; a value of yours holds for all models",
  },
  STREAM_IDLE_TIMEOUT_MS: {
    shown: "120000; 600000 for models that think or make media",
    parse: parseDurationMs,
    why: "streams, between two upstream events; a value of yours holds for all models",
  },
  REQUEST_TIMEOUT_MS: {
    fallback: "600000",
    parse: parseDurationMs,
    why: "a whole JSON or unary call with all its attempts; Google’s own limit",
  },
  STREAM_TIMEOUT_MS: {
    fallback: "1200000",
    parse: parseDurationMs,
    why: "a whole stream with all its attempts; Google’s maximum",
  },
  STREAM_COMMIT_DELAY_MS: {
    fallback: "10000",
    parse: parseDurationMs,
    why: "how long the 200 of a stream waits for the first event, so that early failures keep their status",
  },
  KEEP_ALIVE_INTERVAL_MS: {
    fallback: "15000",
    parse: parseDurationMs,
    why: "a comment or an empty message after so much silence; proxies cut idle streams at 30 to 60 s",
  },
  REQUEST_BODY_MAX_BYTES: {
    fallback: "100MiB",
    parse: parseBytes,
    why: "one request body and one RPC message, counted after decompression; what Google takes",
  },
  BUFFERED_BODIES_MAX_BYTES: {
    fallback: "512MiB",
    parse: parseBytes,
    why: "bodies held at once; beyond it 503 before reading, so that memory stays bounded",
  },
  UPSTREAM_EVENT_MAX_BYTES: {
    fallback: "64MiB",
    parse: parseBytes,
    why: "one upstream event; a 4K image is about 30 MB of base64",
  },
  UPSTREAM_BODY_MAX_BYTES: { fallback: "256MiB", parse: parseBytes, why: "one whole upstream answer" },
  GRPC_MAX_STREAMS: {
    fallback: "1000",
    parse: parseCount,
    why: "concurrent streams of one HTTP/2 connection; meshes put many clients on one",
  },
  GRPC_HEALTH: { fallback: "on", parse: parseSwitch, why: "`grpc.health.v1` without a licence" },
  GRPC_REFLECTION: { fallback: "on", parse: parseSwitch, why: "server reflection without a licence" },
  LOG_LEVEL: {
    fallback: "info",
    parse: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    common: true,
    why: "the least severe lines written; no level ever logs prompts, answers, keys or licences",
  },
  EMULATOR_PORT: {
    shown: "8081 for `npm run emulator`, any free one inside the gateway",
    parse: parsePort,
    why: "loopback port of the built-in emulator; several gateways on one machine each run their own",
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The environment name of a setting. */
export type SettingName = keyof typeof settings;

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;

type ValueOf<Row extends Setting<unknown>> = Row extends { fallback: string }
  ? ReturnType<Row["parse"]>
  : ReturnType<Row["parse"]> | undefined;

/** Whether a name is one of the table's. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** Every setting by its camelCase name, as read: unset settings without a default are undefined. */
export type Settings = { readonly [Name in SettingName as CamelCase<Name>]: ValueOf<(typeof settings)[Name]> };

/** `GRPC_PORT` → `grpcPort`. */
export function toCamelCase(name: string): string {
  return name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The rows with their names, typed for code that treats all alike. */
export function settingRows(): [SettingName, Setting<unknown>][] {
  return Object.entries(settings) as [SettingName, Setting<unknown>][];
}

/** The whole table as Markdown, one row per setting. */
export function settingsTable(): string {
  const rows = settingRows().map(([name, { fallback, shown, why }]) => {
    const standard = shown ?? (fallback ? `\`${fallback}\`` : "–");
    return `| \`${name}\` | ${standard} | ${why} |`;
  });
  return ["| name | default | meaning |", "|---|---|---|", ...rows, ""].join("\n");
}
