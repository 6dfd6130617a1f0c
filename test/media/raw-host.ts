// Media hosts on 127.0.0.1 that answer (or misbehave) byte by byte, and a record of every socket this process opens.
import diagnostics from "node:diagnostics_channel";
import net from "node:net";
import type { AddressInfo } from "node:net";

/** Called once a request's head has arrived. */
export type Behaviour = (socket: net.Socket, head: string) => void;

export type RawHost = AsyncDisposable & {
  readonly port: number;
  readonly url: string;
  /** Heads of the requests, as received. */
  readonly requests: string[];
  readonly connections: Set<net.Socket>;
  connectionCount: number;
};

/** A server that leaves everything after the request's head to `behave`. */
export async function startRawHost(behave: Behaviour, address = "127.0.0.1"): Promise<RawHost> {
  const requests: string[] = [];
  const connections = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    host.connectionCount += 1;
    connections.add(socket);
    socket.on("error", () => {}).on("close", () => connections.delete(socket));
    let head = "";
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      requests.push(head);
      behave(socket, head);
      head = "";
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const host: RawHost = {
    port,
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}`,
    requests,
    connections,
    connectionCount: 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return host;
}

/** Answers every request with these head lines and this body, then closes. */
export function answer(lines: readonly string[], body: string | Buffer = ""): Behaviour {
  return (socket) => {
    socket.write(`HTTP/1.1 ${lines.join("\r\n")}\r\n\r\n`);
    socket.end(body);
  };
}

/** Records the client sockets the process opens while the record is in use; the judge of what was connected to. */
export function recordSockets(): Disposable & { readonly opened: net.Socket[]; readonly remotes: string[] } {
  const opened: net.Socket[] = [];
  const remotes: string[] = [];
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: net.Socket };
    opened.push(socket);
    socket.once("connect", () => remotes.push(socket.remoteAddress ?? "gone"));
  };
  diagnostics.subscribe("net.client.socket", onSocket);
  return { opened, remotes, [Symbol.dispose]: () => void diagnostics.unsubscribe("net.client.socket", onSocket) };
}
