// Connections of HTTP/1.1 that end although their client may still be writing. Closed at once, TCP would reset them, and the answer would
// be lost unread (RFC 9112, 9.6): so what still comes is thrown away for a while.
import type { Socket } from "node:net";

/** A client that has been silent for so long gets a FIN: before that, many would take it for a failure and not read their answer. */
const FIN_AFTER_MS = 1_000;
/** Of a client that is silent for so long nothing more is expected (nginx: lingering_timeout). */
const SILENCE_MAX_MS = 5_000;
/** Whoever still writes is cut off after so long (nginx: lingering_time) … */
const LINGER_MAX_MS = 30_000;
/** … or so much: more than the largest body there may be by default, and a quarter of a second of one core. */
const LINGER_MAX_BYTES = 268_435_456;
/** More connections than this do not linger at once: a flood of refused requests must not keep all file descriptors. */
const MAX_LINGERING = 512;

const LOOK_MS = 250;
/** Less than this between two looks counts as silence: who drips is not worth the wait. */
const STEP_MIN_BYTES = 1_024;

const lingering = new Set<Socket>();

/** Whether a connection only waits for its client to read. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}

/** Ends all connections that linger, of all servers of this process: it drains as a whole. */
export function endLingering(): void {
  for (const socket of lingering) socket.destroySoon();
}

/** Ends a connection after what was written to it. What still comes is neither parsed nor kept, so nothing of it is ever served. */
export function linger(socket: Socket): void {
  if (socket.destroyed || lingering.has(socket)) return;
  if (lingering.size >= MAX_LINGERING) {
    socket.destroySoon();
    return;
  }
  lingering.add(socket);
  let bytes = 0;
  let seenBytes = 0;
  let silentMs = 0;
  let leftMs = LINGER_MAX_MS;
  const looks = setInterval(() => {
    silentMs = bytes - seenBytes < STEP_MIN_BYTES ? silentMs + LOOK_MS : 0;
    seenBytes = bytes;
    leftMs -= LOOK_MS;
    if (silentMs >= SILENCE_MAX_MS || leftMs <= 0) socket.destroy();
    else if (silentMs >= FIN_AFTER_MS) socket.end();
  }, LOOK_MS).unref();
  // A listener of our own takes the bytes from Node's HTTP parser, its own listener included.
  socket.removeAllListeners("data").on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > LINGER_MAX_BYTES) socket.destroy();
  });
  socket.once("end", () => socket.destroySoon());
  socket.once("close", () => {
    clearInterval(looks);
    lingering.delete(socket);
  });
  socket.resume();
}
