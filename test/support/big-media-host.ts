// A host of large media on a real socket: pours bytes as fast as they are taken, and counts what it could send.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

const MP4_HEAD = Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "latin1");
const BLOCK = Buffer.alloc(65_536, 7);

export interface BigMediaHost extends AsyncDisposable {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  /** Bytes of bodies that the sockets have taken. */
  sent: number;
  readonly openConnections: number;
}

/** `/…?bytes=N` gives a film of N bytes; `&length` announces them, `&etag=X` gives a validator, `&stop=M` falls silent after M bytes, `&shapeless` is no film. */
export async function startBigMediaHost(): Promise<BigMediaHost> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    host.requests.push(request.url ?? "");
    void pour(request, response, host);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [] as string[],
    sent: 0,
    get openConnections() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return host;
}

function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off("drain", done).off("close", done);
    resolve();
  };
  response.on("drain", done).on("close", done);
  return promise;
}

async function pour(request: IncomingMessage, response: ServerResponse, host: { sent: number }): Promise<void> {
  const { searchParams } = new URL(request.url ?? "/", "http://host");
  const total = Number(searchParams.get("bytes"));
  const stop = Number(searchParams.get("stop") ?? Infinity);
  response.setHeader("content-type", searchParams.get("type") ?? "video/mp4");
  if (searchParams.has("length")) response.setHeader("content-length", total);
  const etag = searchParams.get("etag");
  if (etag !== null) response.setHeader("etag", `"${etag}"`);
  response.on("error", () => {});
  for (let at = 0; at < total && !response.destroyed;) {
    if (at >= stop) return;
    const piece = (at === 0 && !searchParams.has("shapeless") ? MP4_HEAD : BLOCK).subarray(0, total - at);
    at += piece.length;
    host.sent += piece.length;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}
