// Failure ↔ ConnectError: the status, google.rpc details and metadata of a failure, and a failure back from them.
import { Code, ConnectError } from "@connectrpc/connect";
import { Failure, isFailureReason, type FailureReason, type StatusCode } from "../chat/failures.ts";
import { retryHeaders } from "../chat/retry-headers.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { fromMillis, toMillis } from "./duration.ts";

/** Domain of every ErrorInfo we make. */
export const ERROR_DOMAIN = "gemini-gateway";

type OutgoingDetail = NonNullable<ConstructorParameters<typeof ConnectError>[3]>[number];

const CODES: Record<StatusCode, Code> = {
  CANCELLED: Code.Canceled,
  INVALID_ARGUMENT: Code.InvalidArgument,
  DEADLINE_EXCEEDED: Code.DeadlineExceeded,
  NOT_FOUND: Code.NotFound,
  PERMISSION_DENIED: Code.PermissionDenied,
  RESOURCE_EXHAUSTED: Code.ResourceExhausted,
  UNIMPLEMENTED: Code.Unimplemented,
  INTERNAL: Code.Internal,
  UNAVAILABLE: Code.Unavailable,
  UNAUTHENTICATED: Code.Unauthenticated,
};

/** What a status without our ErrorInfo means: it comes from Connect itself, a proxy, or the network. */
const REASONS: Partial<Record<Code, FailureReason>> = {
  [Code.Canceled]: "CANCELLED",
  [Code.InvalidArgument]: "INVALID_VALUE",
  [Code.DeadlineExceeded]: "TIMEOUT",
  [Code.PermissionDenied]: "PERMISSION_DENIED",
  [Code.ResourceExhausted]: "PAYLOAD_TOO_LARGE",
  [Code.Unimplemented]: "UNSUPPORTED_VALUE",
  [Code.Internal]: "INTERNAL_ERROR",
  [Code.Unauthenticated]: "INVALID_API_KEY",
};

/** The reason that a status has of itself; undefined where it does not say enough. */
export function reasonOf(code: Code): FailureReason | undefined {
  return REASONS[code];
}

/** With these whoever stands in the place of the service is none, or the line to it broke. */
const NO_SERVICE: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Internal,
  Code.Aborted,
  Code.DataLoss,
  Code.Unimplemented,
]);

/** Any throwable as the error a transport sends: a ConnectError as it is. `extra` details come after ours. */
export function toConnectError(error: unknown, extra: readonly OutgoingDetail[] = []): ConnectError {
  if (error instanceof ConnectError) return error;
  const failure = Failure.from(error);
  // Connect ended the call itself, e.g. at its deadline: its own status says more than "cancelled".
  if (failure.reason === "CANCELLED" && failure.cause instanceof ConnectError) return failure.cause;
  const { retryAfterMs, field, row } = failure;
  const details: OutgoingDetail[] = [
    {
      desc: ErrorInfoSchema,
      value: { reason: failure.reason, domain: ERROR_DOMAIN, metadata: field === undefined ? {} : { field } },
    },
  ];
  if (retryAfterMs !== undefined) {
    details.push({ desc: RetryInfoSchema, value: { retryDelay: fromMillis(retryAfterMs) } });
  }
  if (row.code === "INVALID_ARGUMENT" && field !== undefined) {
    const violation = { field, description: failure.message, reason: failure.reason };
    details.push({ desc: BadRequestSchema, value: { fieldViolations: [violation] } });
  }
  // Upstreams cut their words anywhere, and so do we: half a character would have no form in `grpc-message`, and the call no status.
  const message = failure.message.toWellFormed();
  return new ConnectError(message, CODES[row.code], retryHeaders(failure), [...details, ...extra], failure);
}

/**
 * The failure behind an error of a client call; exact when a service of ours made it, in this process or another. `signal` is the caller's:
 * a call that is cancelled while nobody left was cut by the other side.
 */
export function fromConnectError(error: unknown, signal: AbortSignal): Failure {
  if (!(error instanceof ConnectError)) return Failure.from(error);
  if (error.cause instanceof Failure) return error.cause;
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === ERROR_DOMAIN);
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const field = error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field ?? info?.metadata["field"];
  const facts = { field, retryAfterMs: delay && toMillis(delay), cause: error };
  if (info && isFailureReason(info.reason)) return new Failure(info.reason, error.rawMessage, facts);
  if (NO_SERVICE.has(error.code) || (error.code === Code.Canceled && !signal.aborted)) {
    // Connect's own words name addresses of ours.
    return new Failure("UPSTREAM_UNAVAILABLE", "The chat service cannot be reached.", facts);
  }
  const reason = REASONS[error.code];
  if (reason === undefined) return Failure.from(error);
  return new Failure(reason, error.rawMessage, facts);
}
