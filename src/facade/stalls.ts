// Drops a client that takes nothing of what waits for it, and no client that only waits for us.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Looks within the limit, so that it is kept to a tenth: Node's timer begins anew, silently, when a part of the last write was taken
 * since it began, so that one look alone came after twice the limit (measured).
 */
const LOOKS = 10;
/** The next look comes after so many intervals only when something moved meanwhile. */
const MOVED = 1.5;

/** What the last look saw. */
interface Look {
  readonly atMs: number;
  /** Still looks in a row. */
  readonly count: number;
  readonly waiting: number;
}

const lastLooks = new WeakMap<Socket, Look>();

/** Watches the connection while this response is its current one. A client may take nothing for `stallMs`, and a tenth of it more. */
export function dropWhenStalled(response: ServerResponse, socket: Socket, stallMs: number): void {
  socket.setTimeout(stallMs / LOOKS);
  response.on("timeout", look);
}

/** Node calls it a timeout when nothing moved on a socket; it is a stall only while something waits to be sent. */
function look(this: ServerResponse, socket: Socket): void {
  const { writableLength: waiting, timeout: everyMs = 0 } = socket;
  if (waiting === 0) return;
  const atMs = performance.now();
  const last = lastLooks.get(socket);
  if (!last) socket.once("drain", () => lastLooks.delete(socket));
  const isStill = last !== undefined && waiting >= last.waiting && atMs - last.atMs < MOVED * everyMs;
  const count = isStill ? last.count + 1 : 1;
  if (count >= LOOKS) {
    socket.destroy();
    return;
  }
  lastLooks.set(socket, { atMs, count, waiting });
  socket.setTimeout(everyMs);
}
