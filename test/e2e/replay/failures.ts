// How a recorded error must reach a client: what is wrong with our key, project or region is our own failure (503), what is wrong with
// the request is the client's (4xx), in OpenAI's words over HTTP and as a reason over gRPC. Nothing here comes from src/.
import { Code } from "@connectrpc/connect";
import type { Json, Recording } from "./recordings.ts";

export interface ExpectedFailure {
  readonly httpStatus: number;
  /** OpenAI's `error.code`. */
  readonly code: string | null;
  /** `google.rpc.ErrorInfo.reason` */
  readonly reason: string;
  readonly grpc: Code;
  readonly param: string | null;
  /** Whose words the client reads: Google's where they are about its own request, else ours. */
  readonly words: "google" | "ours";
  readonly shouldRetry: "true" | "false" | undefined;
  /** The wait that a client is told of on every face: for a used-up quota until midnight Pacific time; a 503 over HTTP has one second where nobody knows better. */
  readonly waitSeconds: number | "until midnight" | undefined;
}

type Row = readonly [matches: (error: RecordedError) => boolean, failure: ExpectedFailure];

interface RecordedError {
  readonly status: number;
  readonly message: string;
  readonly reasons: readonly string[];
  readonly limit: string | undefined;
  /** As Google says; else a minute for quotas of a minute, and five seconds for capacity that many share. */
  readonly waitSeconds: number;
  /** False for a page of a front end. */
  readonly isJson: boolean;
}

function failure(
  httpStatus: number,
  reason: string,
  grpc: Code,
  facts: Partial<Pick<ExpectedFailure, "code" | "param" | "words" | "shouldRetry">> = {},
): ExpectedFailure {
  const usual = { code: reason.toLowerCase(), param: null, words: "ours", shouldRetry: "false" } as const;
  return { httpStatus, reason, grpc, waitSeconds: undefined, ...usual, ...facts };
}

const invalid = (param: string | null): ExpectedFailure =>
  failure(400, "UPSTREAM_INVALID_ARGUMENT", Code.InvalidArgument, { param, words: "google" });
const ofTheKey = failure(503, "UPSTREAM_KEY_INVALID", Code.Unavailable, { shouldRetry: "true" });
const tooLong = failure(400, "CONTEXT_LENGTH_EXCEEDED", Code.InvalidArgument, { param: "messages", words: "google" });

/** The first row that fits. */
const ROWS: readonly Row[] = [
  [({ status }) => status === 401, ofTheKey],
  [({ reasons }) => reasons.includes("API_KEY_INVALID"), ofTheKey],
  [({ message }) => message.includes("allow unregistered callers"), ofTheKey],
  [
    ({ reasons }) => reasons.includes("SERVICE_DISABLED"),
    failure(503, "UPSTREAM_PROJECT_UNUSABLE", Code.Unavailable, { shouldRetry: "true" }),
  ],
  [
    ({ message }) => message.includes("User location is not supported"),
    failure(503, "UPSTREAM_REGION", Code.Unavailable, { shouldRetry: "true" }),
  ],
  [({ message }) => message.startsWith("The input token count"), tooLong],
  [({ message }) => /mediaResolution|image|document|provided URL|thought_signature/.test(message), invalid("messages")],
  [({ status }) => status === 400, invalid(null)],
  [
    ({ status, message }) => status === 404 && message.startsWith("models/"),
    failure(404, "MODEL_NOT_FOUND", Code.NotFound, { param: "model", words: "google" }),
  ],
  [
    ({ message }) => message.includes("cache content"),
    failure(404, "NOT_FOUND", Code.NotFound, {
      code: null,
      param: "extra_body.google.cached_content",
      words: "google",
    }),
  ],
  [
    ({ status, isJson }) => status === 404 && isJson,
    failure(404, "NOT_FOUND", Code.NotFound, { code: null, words: "google" }),
  ],
  [({ isJson }) => !isJson, failure(502, "UPSTREAM_ERROR", Code.Internal, { shouldRetry: undefined })],
  [({ status, limit }) => status === 429 && limit === "0", failure(429, "INSUFFICIENT_QUOTA", Code.ResourceExhausted)],
  [
    ({ status }) => status === 429,
    failure(429, "RATE_LIMIT_EXCEEDED", Code.ResourceExhausted, { shouldRetry: "true" }),
  ],
  [
    ({ status }) => status === 500,
    failure(502, "UPSTREAM_ERROR", Code.Internal, { words: "google", shouldRetry: undefined }),
  ],
  [
    ({ status }) => status === 503,
    failure(503, "OVERLOADED", Code.Unavailable, { words: "google", shouldRetry: "true" }),
  ],
];

/** Throws for an error that the table does not know. */
export function expectedFailure(recording: Recording): ExpectedFailure {
  const error = readError(recording);
  const row = ROWS.find(([matches]) => matches(error));
  if (!row) throw new Error(`no row fits ${recording.id}`);
  const [, expected] = row;
  if (expected.reason === "INSUFFICIENT_QUOTA") return { ...expected, waitSeconds: "until midnight" };
  return expected.reason === "RATE_LIMIT_EXCEEDED" ? { ...expected, waitSeconds: error.waitSeconds } : expected;
}

/** What Google wrote. */
export function recordedMessage(recording: Recording): string {
  return readError(recording).message;
}

function readError({ response: { status, body } }: Recording): RecordedError {
  const error = (Array.isArray(body) ? body[0] : body)?.error;
  const details: Json[] = error?.details ?? [];
  const debug = details.map(({ detail = "" }) => /message: "([^"]*)"/.exec(detail)?.[1]).find(Boolean);
  return {
    status,
    message: error?.message === "$grpcMessage" ? debug : (error?.message ?? ""),
    reasons: details.flatMap(({ reason }) => reason ?? []),
    limit: details.map(({ metadata }) => metadata?.quota_limit_value).find(Boolean),
    waitSeconds: Number.parseFloat(
      details.find(({ retryDelay }) => retryDelay)?.retryDelay ??
        (JSON.stringify(details).includes("PerMinute") ? "60" : "5"),
    ),
    isJson: error !== undefined,
  };
}
