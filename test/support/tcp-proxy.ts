// A TCP proxy on 127.0.0.1 that is a bad line: slow, narrow, cut off, stalled one way, or half-open.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One direction of the line. Limits hold for each connection. */
export interface Line {
  /** Each piece arrives so much later. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
  /** After so many bytes both ends are cut, as told. */
  readonly cutAfterBytes?: number;
  /** How a cut is seen: a polite end, or a reset. */
  readonly cut?: "fin" | "reset";
}

export interface TcpProxyOptions {
  /** From the client to the target. */
  readonly up?: Line;
  /** From the target to the client. */
  readonly down?: Line;
}

export interface TcpProxy extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly openConnections: number;
  /** From now on all bytes are taken and none is passed on, in both directions, and no end is told: what is left of a peer that vanished. */
  swallow(on: boolean): void;
  /** From now on nothing of this direction is taken from its sender, whose buffers fill; undefined lets both go on. */
  stall(direction: "up" | "down" | undefined): void;
  /** Resets all connections. */
  drop(): void;
}

/** Forwards to `target`, a `host:port` or an origin. */
export async function startTcpProxy(target: string, { up = {}, down = {} }: TcpProxyOptions = {}): Promise<TcpProxy> {
  const { hostname, port } = new URL(target.includes("://") ? target : `tcp://${target}`);
  const sockets = new Set<Socket>();
  const state: LineState = { swallows: false, stalled: undefined, goOn: Promise.withResolvers() };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
    }
    void carry(client, upstream, up, "up", state);
    void carry(upstream, client, down, "down", state);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get openConnections() {
      return sockets.size / 2;
    },
    swallow: (on) => void (state.swallows = on),
    stall(direction) {
      state.stalled = direction;
      state.goOn.resolve();
      state.goOn = Promise.withResolvers();
    },
    drop: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

interface LineState {
  swallows: boolean;
  stalled: "up" | "down" | undefined;
  /** Resolves at the next change of what is stalled. */
  goOn: PromiseWithResolvers<void>;
}

async function carry(from: Socket, to: Socket, line: Line, direction: "up" | "down", state: LineState): Promise<void> {
  const { delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, cutAfterBytes, cut = "reset" } = line;
  let carried = 0;
  try {
    for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      while (state.stalled === direction && !from.destroyed)
        await Promise.race([state.goOn.promise, once(from, "close")]);
      if (state.swallows) continue;
      if (delayMs > 0) await sleep(delayMs);
      const passed = piece.subarray(0, cutAfterBytes === undefined ? undefined : cutAfterBytes - carried);
      carried += passed.length;
      if (!to.write(passed)) await room(to);
      if (carried === cutAfterBytes) {
        for (const socket of [from, to]) {
          if (cut === "fin") socket.destroySoon();
          else socket.resetAndDestroy();
        }
        return;
      }
      if (bytesPerSecond < Number.POSITIVE_INFINITY) await sleep((passed.length / bytesPerSecond) * 1000);
    }
    if (!state.swallows) to.end();
  } catch {
    // One end broke: so does the other, unless nobody may know.
    if (!state.swallows) to.destroy();
  }
}

/** Settles on drain or close, whichever comes. */
function room(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off("drain", settle).off("close", settle);
      resolve();
    };
    socket.once("drain", settle).once("close", settle);
  });
}
