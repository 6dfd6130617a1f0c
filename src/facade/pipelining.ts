// Pipelined requests: Node hands them out as it parses them; they are taken up one after the other.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may wait behind a running one. Clients of today send none. */
const MAX_WAITING = 16;

const lastOf = new WeakMap<Socket, ServerResponse>();
const waitingOn = new WeakMap<Socket, number>();

/**
 * Calls `begin` when the answers to all earlier requests of the connection are done; never when it ended before, by the client (a response
 * that has not been given its socket yet would not tell) or by us.
 */
export function inTurn({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
  const previous = lastOf.get(socket);
  lastOf.set(socket, response);
  if (!socket.writable) return;
  if (previous === undefined || previous.closed) {
    begin();
    return;
  }
  const waiting = (waitingOn.get(socket) ?? 0) + 1;
  if (waiting > MAX_WAITING) {
    socket.destroy();
    return;
  }
  waitingOn.set(socket, waiting);
  previous.once("close", () => {
    waitingOn.set(socket, (waitingOn.get(socket) ?? 1) - 1);
    if (socket.writable) begin();
  });
}
