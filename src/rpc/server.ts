// The gRPC port: clear-text HTTP/2 with limits that hold against hostile peers.
import { createServer } from "node:http2";
import type { Http2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { createWireHandler, type WireOptions } from "./adapter.ts";

export interface RpcServerOptions extends WireOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Concurrent streams of one connection. Node's default is 4 294 967 295. */
  readonly maxStreams: number;
  /** A client that takes nothing for so long is dropped, in milliseconds. */
  readonly stallMs: number;
}

export interface RpcServer {
  readonly address: AddressInfo;
  /** Refuses new connections and streams (GOAWAY); resolves when the running streams have ended. */
  close(): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
}

/** Rapid reset: a connection that cancels more than a burst, and then more than a rate per second, is closed (CVE-2023-44487). */
const RESET_BURST = 100;
const RESET_RATE = 10;
/** Megabytes a session may buffer: four images of 5 MB fail at Node's default of 10. */
const SESSION_MEMORY_MB = 1_000;
/** TCP asks a silent peer whether it is still there: one that vanished without a word would hold its calls for ever. */
const PROBE_AFTER_MS = 60_000;
/** Header fields of one request. */
const MAX_HEADER_PAIRS = 100;
/** A session on which nothing moved for so long is told to end; its running streams may finish. */
const IDLE_SESSION_MS = 300_000;

export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const closing = new AbortController();
  const handle = createWireHandler(options, closing.signal);
  const server = createServer(
    {
      settings: { maxConcurrentStreams: options.maxStreams, enablePush: false },
      streamResetBurst: RESET_BURST,
      streamResetRate: RESET_RATE,
      maxSessionMemory: SESSION_MEMORY_MB,
      maxHeaderListPairs: MAX_HEADER_PAIRS,
    },
    (request, response) => {
      dropWhenStalled(request, response, options.stallMs);
      handle(request, response);
    },
  );
  const sessions = trackSessions(server);
  await listen(server, options.host, options.port);
  return {
    address: server.address() as AddressInfo,
    close: () =>
      new Promise((resolve) => {
        closing.abort(new ConnectError("the server is shutting down", Code.Unavailable));
        server.close(() => resolve());
        for (const session of sessions) session.close();
      }),
    destroy() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

/** Node calls it a timeout when nothing moved on a stream; it is a stall only while we wait for the client to send or to take. */
function dropWhenStalled(request: Http2ServerRequest, { stream }: Http2ServerResponse, stallMs: number): void {
  stream.setTimeout(stallMs, () => {
    if (!request.complete || stream.writableLength > 0) stream.destroy();
  });
}

function trackSessions(server: Http2Server): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on("connection", (socket) => socket.setKeepAlive(true, PROBE_AFTER_MS));
  server.on("session", (session) => {
    sessions.add(session);
    session.setTimeout(IDLE_SESSION_MS, () => session.close());
    // Without a listener a malformed frame of one peer would end the process.
    session.on("error", () => session.destroy());
    session.once("close", () => sessions.delete(session));
  });
  // An HTTP/1.1 peer on this port, or a broken preface: the socket is closed by Node, there is nobody to answer.
  server.on("unknownProtocol", (socket) => socket.destroy());
  return sessions;
}

function listen(server: Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
