// Opens a socket to the host of a URL: resolves once, checks every address, connects only to what was checked.
import { once } from "node:events";
import net from "node:net";
import os from "node:os";
import tls from "node:tls";
import { classifyAddress, isThisMachine, type Network } from "./address.ts";
import { MediaFetchError } from "./fetch-error.ts";
import { portOf } from "./url-policy.ts";

/** Resolves a host name to all its addresses, as `dns.promises.lookup` with `all` does. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Where a dial may end. */
export type DialPolicy = {
  readonly lookup: Lookup;
  readonly allowedNetworks: readonly Network[];
  /** Ports of public addresses; those of `allowedNetworks` are free. */
  readonly allowedPorts: readonly number[];
  /** Ports this process listens on: never dialled on an address of this machine, not even on an allowed one. */
  readonly ownPorts: () => readonly number[];
};

/** Name resolution, TCP and TLS together; a host that needs longer is not worth a caller's wait (MF-5). */
const CONNECT_TIMEOUT_MS = 3000;

/**
 * Connects to `url`'s host. The certificate of an https host is verified against its name.
 * Throws `MediaFetchError` `forbidden` when an address may not be connected to, `unreachable` on timeout, else what
 * the system says. An abort of `signal` destroys the attempt at once and rejects with its reason.
 */
export async function dial(url: URL, policy: DialPolicy, signal: AbortSignal): Promise<net.Socket> {
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
  const both = AbortSignal.any([signal, timeout]);
  try {
    const addresses = await resolve(url, policy.lookup, both);
    assertAllowed(addresses, portOf(url), policy);
    return await connect(url, addresses, both);
  } catch (error) {
    signal.throwIfAborted();
    throw timeout.aborted ? new MediaFetchError("unreachable", error) : error;
  }
}

type Resolved = Awaited<ReturnType<Lookup>>;

/** An IP literal is its own answer. It must be checked like any other: a guard in a `lookup` hook never sees literals. */
async function resolve(url: URL, lookup: Lookup, signal: AbortSignal): Promise<Resolved> {
  const host = bareHost(url);
  const family = net.isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([lookup(host), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** One bad address refuses all: a name that mixes public and private addresses is an attack or a mistake. */
function assertAllowed(addresses: Resolved, port: number, policy: DialPolicy): void {
  if (addresses.length === 0) throw new MediaFetchError("unreachable", new Error("no address"));
  const own = Object.values(os.networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address));
  for (const { address } of addresses) {
    const verdict = classifyAddress(address, policy.allowedNetworks, own);
    if (verdict === "refused") throw forbidden("address not allowed");
    if (verdict === "public" && !policy.allowedPorts.includes(port)) throw forbidden("port not allowed");
    if (policy.ownPorts().includes(port) && isThisMachine(address, own)) throw forbidden("own listener");
  }
}

async function connect(url: URL, addresses: Resolved, signal: AbortSignal): Promise<net.Socket> {
  const host = bareHost(url);
  const socket = net.connect({
    host,
    port: portOf(url),
    noDelay: true,
    autoSelectFamily: true,
    // Called for names only; literals are connected to as they stand, and were checked as they stand.
    lookup: (_hostname, _options, callback) => callback(null, [...addresses]),
  });
  try {
    await settle(socket, "connect", signal);
    if (url.protocol === "http:") return socket;
    const servername = net.isIP(host) === 0 ? host : "";
    const secured = tls.connect({ socket, host, servername, ALPNProtocols: ["http/1.1"] });
    await settle(secured, "secureConnect", signal);
    return secured;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function settle(socket: net.Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<void> {
  // `once` rejects on an error, but only until it settles: a reset after an abort, or before the HTTP client listens,
  // must not become an uncaught error. The client sees the socket destroyed.
  socket.on("error", () => {});
  await once(socket, event, { signal });
}

/** The host as sockets and certificates want it: no brackets, no trailing dot. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|[\].]$/g, "");
}

function forbidden(reason: string): MediaFetchError {
  return new MediaFetchError("forbidden", new Error(reason));
}
