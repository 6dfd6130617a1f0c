// Failures of the HTTP layer itself: what Fastify and Node's parser refuse, in the shape of every other error.
import type { Socket } from "node:net";
import type { FastifyError } from "fastify";
import { Failure, type FailureReason } from "../chat/failures.ts";
import { toErrorAnswer } from "../openai/errors.ts";

/** Any error that reached Fastify's error handler. */
export function toFailure(error: FastifyError | Failure | Error, bodyMaxBytes: number): Failure {
  if (error instanceof Failure) return error;
  switch ("code" in error ? error.code : "") {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Failure("PAYLOAD_TOO_LARGE", `The request body is larger than ${bodyMaxBytes} bytes.`);
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Failure("INVALID_VALUE", "The request body does not have the length its Content-Length says.", {
        field: "content-length",
      });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_EMPTY_TYPE":
      return new Failure("UNSUPPORTED_MEDIA_TYPE", "Unsupported Content-Type: expected 'application/json' in UTF-8.");
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new Failure("NOT_FOUND", "The path of the request is malformed.");
    case "ECONNRESET":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return new Failure("CANCELLED", "The client closed the connection.", { cause: error });
    default:
      return Failure.from(error);
  }
}

type ClientError = Error & { code?: string };

/** Answers what Node's HTTP parser refused; there is no request, only a socket. */
export function answerClientError(error: ClientError, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [reason, message] = clientFailure(error.code);
  const { status, body } = toErrorAnswer(new Failure(reason, message));
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Bad Request"}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

const STATUS_TEXT: Record<number, string> = { 408: "Request Timeout", 431: "Request Header Fields Too Large" };

function clientFailure(code: string | undefined): [FailureReason, string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return ["HEADERS_TOO_LARGE", "The request headers are larger than 16384 bytes."];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["REQUEST_TIMEOUT", "The request did not arrive in time."];
    default:
      return ["INVALID_VALUE", "The request is not valid HTTP/1.1."];
  }
}
