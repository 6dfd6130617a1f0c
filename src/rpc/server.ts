// The gRPC port: clear-text HTTP/2 with limits that hold against hostile peers.
import { createServer } from "node:http2";
import type { Http2Server, Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { createWireHandler, type WireOptions } from "./adapter.ts";
import { createGrpcHandler } from "./grpc.ts";
import { SESSION_LIMITS, trackSessions, type SessionLimits } from "./sessions.ts";
import { StallWatch } from "./stalls.ts";
import { StreamPeer } from "./stream-peer.ts";

export interface RpcServerOptions extends WireOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Given the server before it accepts anybody. */
  readonly onListening?: (server: Http2Server) => void;
  /** Concurrent streams of one connection. Node's default is 4 294 967 295. */
  readonly maxStreams: number;
  /** A connection that has not sent its first SETTINGS by then is closed, in milliseconds. */
  readonly prefaceMs: number;
  /** A client that takes nothing for so long is dropped, in milliseconds. */
  readonly stallMs: number;
  /** Shorter ones let a test see what happens. */
  readonly sessionLimits?: SessionLimits;
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
/** Header fields of one request. */
const MAX_HEADER_PAIRS = 100;

export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const closing = new AbortController();
  const handle = createWireHandler(options, closing.signal);
  const server = createServer({
    settings: { maxConcurrentStreams: options.maxStreams, enablePush: false },
    streamResetBurst: RESET_BURST,
    streamResetRate: RESET_RATE,
    maxSessionMemory: SESSION_MEMORY_MB,
    maxHeaderListPairs: MAX_HEADER_PAIRS,
  });
  const stalls = new StallWatch(options.stallMs);
  const serveGrpc = createGrpcHandler(options, stalls);
  // Never listens: it only makes requests and responses of streams.
  const compatible = createServer((request, response: Http2ServerResponse) => {
    handle(request, response, new StreamPeer(response.stream, stalls));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers, flags, rawHeaders) => {
    if (!serveGrpc(stream, headers, rawHeaders)) compatible.emit("stream", stream, headers, flags, rawHeaders);
  });
  const sessions = trackSessions(server, options.prefaceMs, options.sessionLimits ?? SESSION_LIMITS);
  await listen(server, options.host, options.port);
  options.onListening?.(server);
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

function listen(server: Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
