// What Node's HTTP parser makes no request of, and gives out as a bare socket: answered in the same shape as all other errors.
import { randomUUID } from "node:crypto";
import { STATUS_CODES, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Failure } from "../chat/failures.ts";
import { toErrorAnswer } from "../openai/errors.ts";
import { isLingering, linger } from "../rpc/lingering.ts";
import type { OnRefused } from "./errors.ts";
import { afterAnswers, isCrowded, lastAnswerOn } from "./pipelining.ts";
import { invalidRequest } from "./request-head.ts";

const LATE = "ERR_HTTP_REQUEST_TIMEOUT";
const UNKNOWN_METHOD = "HPE_INVALID_METHOD";

/** As Node's HTTP parser gives it; the last two are missing where it was no parser that failed. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: unknown; readonly bytesParsed?: number };

/** Answers what Node's HTTP parser refused: there is no request, only a socket. */
export function createClientErrorHandler(onRefused: OnRefused): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    if (isLingering(socket)) return;
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const last = lastAnswerOn(socket);
    const { _httpMessage: running } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
    if (last?.closed && !last.req.complete) {
      // What was answered before all of it had come gets no second answer.
      linger(socket);
    } else if (running?.req.complete) {
      // A body that waits for its turn has its time then, and what we do not read is not late.
      if (error.code === LATE && (isCrowded(socket) || !last?.req.complete)) return;
      afterAnswers(socket, () => refuse(socket, clientFailure(error), onRefused));
    } else if (running?.headersSent) {
      // An answer that has begun must not get another one in its middle.
      socket.destroy();
    } else {
      refuse(socket, clientFailure(error), onRefused);
    }
  };
}

/** A tunnel is asked for: Node gives out the socket alone, which was taken from its HTTP parser. */
export function refuseTunnels(server: Server, onRefused: OnRefused): void {
  server.on("connect", (_request, socket: Socket) => {
    // Node has taken back its own listener.
    socket.on("error", () => socket.destroy());
    afterAnswers(socket, () => refuse(socket, new Failure("METHOD_NOT_SUPPORTED", "This is no proxy."), onRefused));
  });
}

/** Who was refused is not served as well, should the rest come after all. */
function refuse(socket: Socket, failure: Failure, onRefused: OnRefused): void {
  if (isLingering(socket)) return;
  const requestId = randomUUID();
  onRefused(requestId, failure);
  socket.write(toRawAnswer(failure, requestId));
  linger(socket);
  // Whoever sends what is no HTTP does not send on for long.
  if (failure.reason === "INVALID_VALUE") socket.end();
}

function toRawAnswer(failure: Failure, requestId: string): string {
  const { status, headers, body } = toErrorAnswer(failure);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    "x-request-id": requestId,
    ...headers,
    ...(status === 405 && { allow: "GET, POST" }),
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`;
}

function clientFailure(error: ClientError): Failure {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return new Failure("HEADERS_TOO_LARGE", "The request has too many headers, or they are too large.");
    case LATE:
      return new Failure("REQUEST_TIMEOUT", "The request did not arrive in time.");
    case UNKNOWN_METHOD:
      return isRequestLine(lineOf(error))
        ? new Failure("METHOD_NOT_SUPPORTED", "The method of the request is not supported.")
        : invalidRequest();
    default:
      return invalidRequest();
  }
}

/** The line of what a client sent at which the parser stopped. */
function lineOf({ rawPacket, bytesParsed = 0 }: ClientError): string {
  const text = Buffer.isBuffer(rawPacket) ? rawPacket.toString("latin1") : "";
  return text.slice(text.lastIndexOf("\n", bytesParsed - 1) + 1).split("\r\n", 1)[0] ?? "";
}

/** Whether a line is right in all but its method. */
function isRequestLine(line: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]{1,32} \S+ HTTP\/1\.[01]$/.test(line);
}
