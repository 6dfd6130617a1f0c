// The transport to a ChatService elsewhere (CHAT_SERVICE_URL): gRPC over HTTP/2, clear-text for http:, TLS for https:.
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

/** Megabytes a session may buffer: at Node's default of 10, four concurrent images of 5 MB end it with ENHANCE_YOUR_CALM. */
const SESSION_MEMORY_MB = 1_000;

export function createRemoteTransport(url: URL, readMaxBytes: number): Transport {
  return createGrpcTransport({
    baseUrl: url.href.replace(/\/$/, ""),
    nodeOptions: { maxSessionMemory: SESSION_MEMORY_MB },
    // Between our own processes compression only costs: media is compressed already.
    acceptCompression: [],
    readMaxBytes,
  });
}
