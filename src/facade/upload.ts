// The body of a request as it comes off the wire, read within its limits.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { BytePile } from "../chat/byte-pile.ts";
import { Failure } from "../chat/failures.ts";
import type { BodyBudget } from "../rpc/body-budget.ts";
import { startPatience } from "./arrival.ts";

export interface BodyLimits {
  readonly bodyMaxBytes: number;
  /** A body may take so long to arrive, in milliseconds, from when it is asked for. */
  readonly bodyTimeoutMs: number;
  /** Memory for all request bodies together. */
  readonly budget: BodyBudget;
}

/** Keeps Fastify from reading bodies and judging their types: a route that wants one reads it, under its own limits. */
export function leaveBodiesUnread(app: FastifyInstance): void {
  for (const method of app.supportedMethods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
}

/**
 * All bytes of a body. A declared length is judged, and its memory taken, before the first byte is read or asked for; without one, as it
 * comes. Rejects with PAYLOAD_TOO_LARGE, SERVER_BUSY, REQUEST_TIMEOUT, or CANCELLED when the client leaves meanwhile.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { bodyMaxBytes, bodyTimeoutMs, budget }: BodyLimits,
): Promise<Buffer> {
  const lease = budget.lease(response);
  const declaredBytes = Number(request.headers["content-length"] ?? Number.NaN);
  const isDeclared = !Number.isNaN(declaredBytes);
  if (declaredBytes > bodyMaxBytes) throw tooLarge(bodyMaxBytes);
  if (isDeclared) lease.take(declaredBytes);
  askForBody(request, response);
  let bytes = 0;
  return await collect(request, bodyTimeoutMs, (piece) => {
    bytes += piece.length;
    if (bytes > bodyMaxBytes) throw tooLarge(bodyMaxBytes);
    if (!isDeclared) lease.take(piece.length);
  });
}

/** A client that waits for a 100 gets it only when its body is wanted. HTTP/1.0 knows none (RFC 9110, 10.1.1). */
export function askForBody({ headers, httpVersion }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect !== undefined && httpVersion === "1.1") response.writeContinue();
}

/** By hand: an async iterator over a Node stream costs more than all else of a short request's body. */
function collect(request: IncomingMessage, limitMs: number, check: (piece: Buffer) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pile = new BytePile();
    const stop = (): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      giveUp();
    };
    const fail = (failure: unknown): void => {
      stop();
      reject(failure as Failure);
    };
    const onData = (piece: Buffer): void => {
      try {
        check(piece);
        pile.add(piece);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(pile.whole());
    };
    const onClose = (): void => fail(new Failure("CANCELLED", "The client left before its request had arrived."));
    const onLate = (): void => fail(new Failure("REQUEST_TIMEOUT", "The request did not arrive in time."));
    const giveUp = startPatience(limitMs, onLate);
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

function tooLarge(maxBytes: number): Failure {
  return new Failure("PAYLOAD_TOO_LARGE", `The request body is larger than ${maxBytes} bytes.`);
}
