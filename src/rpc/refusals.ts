// Refusals in Connect's own words: told with the details and headers that all of ours have.
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { requestIdKey } from "./call-context.ts";
import { reasonOf, toConnectError } from "./errors.ts";

/** What Connect (2.2.0) says, as INTERNAL, of bytes of its client that are no message. */
const NO_MESSAGE = /^(?:parse binary: |decompression failed$)/;

/** What gRPC demands to be INTERNAL, although the client is wrong (its compression.md). */
const UNANNOUNCED_COMPRESSION = /^received compressed envelope/;

/** It may quote a whole field, and a message is told twice: gRPC libraries take 8 KiB of headers together. */
const MESSAGE_MAX_LENGTH = 500;

/** Of these the service itself tells, who waits for both. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["CANCELLED", "TIMEOUT"]);

/**
 * The failure behind an error that Connect made itself; undefined when we made it. The error is changed in place: it is that very object
 * which Connect sends.
 */
export function explain(error: ConnectError): Failure | undefined {
  if (error.findDetails(ErrorInfoSchema).length > 0) return undefined;
  const code = NO_MESSAGE.test(error.rawMessage) ? Code.InvalidArgument : error.code;
  const reason = UNANNOUNCED_COMPRESSION.test(error.rawMessage) ? "INVALID_VALUE" : reasonOf(code);
  if (reason === undefined) return undefined;
  // What is quoted may be cut within a character, for which `grpc-message` has no form.
  const rawMessage = error.rawMessage.slice(0, MESSAGE_MAX_LENGTH).toWellFormed();
  const failure = new Failure(reason, rawMessage, { cause: error });
  const { details, metadata } = toConnectError(failure);
  for (const [name, value] of metadata) error.metadata.set(name, value);
  Object.assign(error, { code, rawMessage, details });
  return failure;
}

/** Explains what Connect refuses of a call: before it sends an error, it aborts the call with it. */
export function explainRefusals(call: HandlerContext, onRefused: (requestId: string, failure: Failure) => void): void {
  const { signal } = call;
  const look = (): void => {
    const failure = signal.reason instanceof ConnectError ? explain(signal.reason) : undefined;
    if (failure && !TOLD_ELSEWHERE.has(failure.reason)) onRefused(call.values.get(requestIdKey), failure);
  };
  signal.addEventListener("abort", look, { once: true });
  // A deadline that was over from the start.
  if (signal.aborted) look();
}
