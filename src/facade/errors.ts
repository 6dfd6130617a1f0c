// Every error answer of the HTTP side: from the service, from Fastify, or from Node's parser, all in the same shape.
import { randomUUID } from "node:crypto";
import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { CallerParams } from "../openai/caller-params.ts";
import { toErrorAnswer } from "../openai/errors.ts";
import { swallowRest } from "../rpc/unread-body.ts";

/** Told of requests that never reach the service. */
export type OnRefused = (requestId: string, failure: Failure) => void;

/** Answers with a failure. `callerParams` of the request's ChatIntent let it name parts of messages exactly. */
export function sendFailure(reply: FastifyReply, failure: Failure, callerParams?: CallerParams): FastifyReply {
  const { raw } = reply.request;
  if (!raw.complete) swallowRest(raw);
  const { status, headers, body } = toErrorAnswer(failure, callerParams);
  return reply.code(status).headers(headers).send(body);
}

/** Any error that Fastify reports. */
export function toFailure(error: FastifyError | Error): Failure {
  if (error instanceof Failure || !("statusCode" in error)) return Failure.from(error);
  switch (error.code) {
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new Failure("NOT_FOUND", "The path of the request is malformed.");
    default:
      return Failure.from(error);
  }
}

/** Who was refused by the parser gets so long to read why, in milliseconds. */
const FAREWELL_MS = 1_000;

const LATE = "ERR_HTTP_REQUEST_TIMEOUT";

type ClientError = Error & { readonly code?: string };

/** Answers what Node's HTTP parser refused: there is no request, only a socket. */
export function createClientErrorHandler(onRefused: OnRefused): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    const { _httpMessage: running } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
    if (error.code === LATE && running?.req.complete) {
      // Late is a pipelined request, which is not read before its turn: the running one is answered, and there is no next.
      running.once("finish", () => socket.destroySoon());
      return;
    }
    // An answer that has begun must not get another one in its middle.
    if (error.code === "ECONNRESET" || !socket.writable || running?.headersSent) {
      socket.destroy();
      return;
    }
    const requestId = randomUUID();
    const failure = clientFailure(error.code);
    onRefused(requestId, failure);
    // Who was refused must not be served as well, should the rest come after all.
    running?.req.pause();
    socket.end(toRawAnswer(failure, requestId));
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  };
}

function toRawAnswer(failure: Failure, requestId: string): string {
  const { status, headers, body } = toErrorAnswer(failure);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    "x-request-id": requestId,
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`;
}

function clientFailure(code: string | undefined): Failure {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Failure("HEADERS_TOO_LARGE", "The request has too many headers, or they are too large.");
    case LATE:
      return new Failure("REQUEST_TIMEOUT", "The request did not arrive in time.");
    default:
      return new Failure("INVALID_VALUE", "The request is not valid HTTP/1.1.");
  }
}
