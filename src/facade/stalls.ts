// Drops a client of HTTP/1.1 that takes nothing of what waits for it, and no client that only waits for us.
import type { Server, Socket } from "node:net";
import { StallWatch, type Peer } from "../rpc/stalls.ts";

/** Watches all connections of a server. A client may take nothing for `stallMs`. */
export function dropStalled(server: Server, stallMs: number): void {
  const watch = new StallWatch(stallMs);
  server.on("connection", (socket: Socket) => socket.on("close", watch.add(new SocketPeer(socket))));
}

/**
 * Node's figures for a write of which the kernel has taken a part. They have no public names (`Socket._onTimeout` uses them); public
 * ones change only when a whole write is taken, which is minutes for an image on a slow line.
 */
interface Handle {
  /** All that was ever written. */
  readonly bytesWritten: number;
  /** What of it the kernel has not taken yet. */
  readonly writeQueueSize: number;
}

class SocketPeer implements Peer {
  readonly #socket: Socket & { readonly _handle?: Handle | null };

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  isAwaited(): boolean {
    return this.#socket.writableLength > 0;
  }

  progress(): number {
    const handle = this.#socket._handle;
    return handle ? handle.bytesWritten - handle.writeQueueSize : Number.NaN;
  }

  drop(): void {
    this.#socket.destroy();
  }
}
