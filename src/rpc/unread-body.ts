// The rest of a request body that nobody wants, because the answer did not wait for it.
import type { IncomingMessage } from "node:http";

/** So many bytes of it are swallowed … */
const SWALLOW_MAX_BYTES = 1_048_576;
/** … within so many milliseconds. */
const SWALLOW_MS = 2_000;

/**
 * Lets a client that is still sending read its answer: a connection closed under it would take the answer along. A short rest is
 * swallowed and the connection goes on; a long one is not read, and cut off after a while.
 */
export function swallowRest(request: IncomingMessage): void {
  let bytes = 0;
  const timer = setTimeout(() => request.destroy(), SWALLOW_MS);
  request.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > SWALLOW_MAX_BYTES) request.pause();
  });
  request.once("close", () => clearTimeout(timer));
  request.resume();
}
