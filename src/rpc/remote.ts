// The transport to a ChatService elsewhere (CHAT_SERVICE_URL): gRPC over HTTP/2, clear-text for http:, TLS for https:.
import type { ClientHttp2Stream } from "node:http2";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

/** Megabytes a session may buffer: at Node's default of 10, four concurrent images of 5 MB end it with ENHANCE_YOUR_CALM. */
const SESSION_MEMORY_MB = 1_000;
/** A connection with open calls is asked for a sign of life after such a silence, and given up without one, in milliseconds. */
const PING_INTERVAL_MS = 60_000;
const PING_TIMEOUT_MS = 20_000;

/**
 * Connect 2.2 takes its listener off a session that is destroyed before it makes the next one; the error that the old one then tells when
 * its socket closes would end the process. A peer that speaks HTTP/1.1 does it.
 */
class GuardedSessions extends Http2SessionManager {
  readonly #guarded = new WeakSet<object>();

  override async request(...asked: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...asked);
    const { session } = stream;
    if (session && !this.#guarded.has(session)) {
      this.#guarded.add(session);
      // The error reaches the calls of the session by their streams.
      session.on("error", () => undefined);
    }
    return stream;
  }
}

export interface RemoteTransport {
  readonly transport: Transport;
  /** Ends the connection and all calls on it. */
  close(): void;
}

/** One HTTP/2 connection, made when it is needed. `readMaxBytes` bounds one message of an answer. */
export function createRemoteTransport(url: URL, readMaxBytes: number): RemoteTransport {
  const baseUrl = url.href.replace(/\/$/, "");
  const sessions = new GuardedSessions(
    baseUrl,
    { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS },
    { maxSessionMemory: SESSION_MEMORY_MB },
  );
  return {
    // Between our own processes compression only costs: media is compressed already.
    transport: createGrpcTransport({ baseUrl, sessionManager: sessions, acceptCompression: [], readMaxBytes }),
    close: () => sessions.abort(),
  };
}
