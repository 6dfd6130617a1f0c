// The rest of a request body of HTTP/1.1 that nobody wants, because the answer did not wait for it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { linger } from "./lingering.ts";

/** A body of at most so many bytes is waited for, and the connection goes on … */
const SHORT_MAX_BYTES = 1_048_576;
/** … if it comes within so many milliseconds after the answer. */
const SHORT_MAX_MS = 2_000;

/**
 * To be called before the head of an answer that does not wait for the request's body: lets a client read it that writes its whole body
 * first. After a long body, or one of unknown length, the connection ends.
 */
export function leaveUnread(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  if (!isShort(request) && !response.headersSent) response.setHeader("connection", "close");
  // From now on it is thrown away as it comes.
  request.resume();
  // Before Node's own listener, which would close a connection of which this was the last answer.
  response.prependListener("finish", () => {
    if (request.complete) return;
    const ending = response as ServerResponse & { _last: boolean };
    if (ending._last) {
      ending._last = false;
      linger(request.socket);
      // Answers are sent while the bytes behind a head are still being parsed: these may have been all.
      setImmediate(() => request.complete && request.socket.end());
      return;
    }
    const timer = setTimeout(() => linger(request.socket), SHORT_MAX_MS).unref();
    request.once("end", () => clearTimeout(timer));
  });
}

/** A client that waits for a 100 may not send its body any more, and what came next would be taken for it. */
function isShort({ headers }: IncomingMessage): boolean {
  return Number(headers["content-length"]) <= SHORT_MAX_BYTES && headers.expect === undefined;
}
