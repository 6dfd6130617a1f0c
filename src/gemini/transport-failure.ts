// What went wrong below HTTP, as a Failure. It matters how far the request had come: one that was sent may have been billed.
import { Failure } from "../chat/failures.ts";

/** `connecting`: nothing was sent. `sent`: perhaps all of it. `answering`: the head of the answer has come. */
export type Phase = "connecting" | "sent" | "answering";

/** Never throws; unknown errors count as lost connections. */
export function transportFailure(error: unknown, phase: Phase): Failure {
  const code = codeOf(error);
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return new Failure("UPSTREAM_CONNECT_TIMEOUT", "Gemini could not be reached in time.", { cause: code });
  }
  if (phase === "connecting") return new Failure("UPSTREAM_UNAVAILABLE", "Gemini cannot be reached.", { cause: code });
  if (isProtocolError(code)) {
    return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini's answer is no valid HTTP.", { cause: code });
  }
  return phase === "sent"
    ? new Failure("UPSTREAM_ERROR", "The connection to Gemini was lost before it answered.", { cause: code })
    : new Failure("UPSTREAM_STREAM_TRUNCATED", "The connection to Gemini was lost in the middle of its answer.", {
        cause: code,
      });
}

/** HPE_… are errors of the HTTP parser; an early end is one of them, but no breach of the protocol. */
function isProtocolError(code: string): boolean {
  return (code.startsWith("HPE_") && code !== "HPE_INVALID_EOF_STATE") || code === "UND_ERR_HEADERS_OVERFLOW";
}

/** The code alone: errors of sockets and parsers carry addresses and bytes. */
function codeOf(error: unknown): string {
  if (typeof error === "object" && error !== null) {
    if ("code" in error && typeof error.code === "string") return error.code;
    if ("cause" in error) return codeOf(error.cause);
    if ("name" in error && typeof error.name === "string") return error.name;
  }
  return "unknown error";
}
