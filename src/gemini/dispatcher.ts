// The connections to the upstream.
import type { Dispatcher } from "undici";
// Only what a call needs: undici's whole, with fetch, WebSocket, caches and mocks, is 80 modules, 30 ms and 8 MB more at every start (measured).
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";

/** Longer and the upstream counts as unreachable. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Shorter than what Google's front ends and common proxies keep an idle connection open. */
const KEEP_ALIVE_MS = 30_000;

/**
 * HTTP/1.1 only: over HTTP/2 undici fails from the third concurrent 5 MB body on (NGHTTP2_ENHANCE_YOUR_CALM). As many connections as
 * there are running calls. Proxy variables of the environment are not read.
 */
export function createDispatcher(baseUrl: URL, proxyUrl: URL | undefined): Dispatcher {
  const connect = { timeout: CONNECT_TIMEOUT_MS, allowH2: false };
  const options = { allowH2: false, connections: null, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS };
  if (!proxyUrl) return new Pool(baseUrl.origin, { ...options, connect });
  return new ProxyAgent({
    ...options,
    uri: proxyUrl.href,
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTls: connect,
    proxyTls: connect,
  });
}
