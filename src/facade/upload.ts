// The body of a request as it comes off the wire, read within its limits.
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { BytePile } from "../chat/byte-pile.ts";
import { Failure } from "../chat/failures.ts";
import type { BodyLease } from "../rpc/body-budget.ts";

/** Keeps Fastify from reading bodies and judging their types: a route that wants one reads it, under its own limits. */
export function leaveBodiesUnread(app: FastifyInstance): void {
  for (const method of app.supportedMethods) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
}

/**
 * All bytes of a body. A declared length is judged, and its memory taken, before the first byte is read; without one, as it comes.
 * Rejects with PAYLOAD_TOO_LARGE, SERVER_BUSY, or CANCELLED when the client leaves meanwhile.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, lease: BodyLease): Promise<Buffer> {
  const declaredBytes = Number(request.headers["content-length"] ?? Number.NaN);
  const isDeclared = !Number.isNaN(declaredBytes);
  if (declaredBytes > maxBytes) throw tooLarge(maxBytes);
  if (isDeclared) lease.take(declaredBytes);
  let bytes = 0;
  return await collect(request, (piece) => {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (!isDeclared) lease.take(piece.length);
  });
}

/** By hand: an async iterator over a Node stream costs more than all else of a short request's body. */
function collect(request: IncomingMessage, check: (piece: Buffer) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pile = new BytePile();
    const stop = (): void => void request.off("data", onData).off("end", onEnd).off("close", onClose);
    const onData = (piece: Buffer): void => {
      try {
        check(piece);
        pile.add(piece);
      } catch (error) {
        stop();
        reject(error as Failure);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(pile.whole());
    };
    const onClose = (): void => {
      stop();
      reject(new Failure("CANCELLED", "The client left before its request had arrived."));
    };
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

function tooLarge(maxBytes: number): Failure {
  return new Failure("PAYLOAD_TOO_LARGE", `The request body is larger than ${maxBytes} bytes.`);
}
