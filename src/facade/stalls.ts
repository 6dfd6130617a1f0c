// Drops a client that takes nothing of what waits for it, and no client that only waits for us.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { LOOKS, standsStill } from "../rpc/stalls.ts";

/** Watches the connection while this response is its current one. A client may take nothing for `stallMs`, and a tenth of it more. */
export function dropWhenStalled(response: ServerResponse, socket: Socket, stallMs: number): void {
  socket.setTimeout(stallMs / LOOKS);
  response.on("timeout", look);
}

/** Node calls it a timeout when nothing moved on a socket; it is a stall only while something waits to be sent. */
function look(this: ServerResponse, socket: Socket): void {
  const { writableLength: waiting, timeout: everyMs = 0 } = socket;
  if (waiting === 0) return;
  if (standsStill(socket, waiting, everyMs)) socket.destroy();
  else socket.setTimeout(everyMs);
}
