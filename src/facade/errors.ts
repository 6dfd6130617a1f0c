// Error answers of the HTTP side to requests that were understood as such: from the service or from Fastify, all in the same shape.
import type { FastifyError, FastifyReply } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { CallerParams } from "../openai/caller-params.ts";
import { toErrorAnswer } from "../openai/errors.ts";
import { leaveUnread } from "../rpc/unread-body.ts";

/** Told of requests that never reach the service. */
export type OnRefused = (requestId: string, failure: Failure) => void;

/** Answers with a failure. `callerParams` of the request's ChatIntent let it name parts of messages exactly. */
export function sendFailure(reply: FastifyReply, failure: Failure, callerParams?: CallerParams): FastifyReply {
  // Who had time enough is not waited for.
  if (failure.reason === "REQUEST_TIMEOUT") reply.header("connection", "close");
  leaveUnread(reply.request.raw, reply.raw);
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
