// The guarded fetch: the only function that fetches a URL named by a caller (the other outgoing one is the upstream's).
import dns from "node:dns";
import { setTimeout as delay } from "node:timers/promises";
import { parseNetworks } from "./address.ts";
import { createGrowingDeadline, type GrowingDeadline } from "./deadline.ts";
import { type DialPolicy, dial, type Lookup } from "./dial.ts";
import type { ExchangeOptions, HostBody } from "./exchange.ts";
import { MediaFetchError } from "./fetch-error.ts";
import { createSlots } from "./slots.ts";
import { decideUrl, parseHosts, type UrlPolicy } from "./url-policy.ts";

/** What the operator allows callers to have fetched. */
export type MediaFetchPolicy = {
  readonly enabled: boolean;
  /** CIDRs of private networks media may come from; their ports are free. */
  readonly allowedNetworks: readonly string[];
  /** Ports of public addresses. */
  readonly allowedPorts: readonly number[];
  /** Hosts (`example.com`) or domains (`*.example.com`) media may only come from; empty = any. */
  readonly allowedHosts: readonly string[];
  /** Hosts or domains media may never come from; beats `allowedHosts`. */
  readonly deniedHosts: readonly string[];
  /** Total time for one fetch, to which 1 s is added for each megabyte received so far. */
  readonly timeoutMs: number;
  /** Name resolution; `dns.promises.lookup` of all addresses by default. */
  readonly lookup?: Lookup;
  /** Ports this process listens on (known only once it does); never fetched from this machine. */
  readonly ownPorts?: () => readonly number[];
};

export type MediaFetchOptions = {
  /** Aborting it stops the fetch at once; whatever is waited for then rejects with its reason. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** Opaque; fetches of one key share a small number of slots. */
  readonly callerKey: string;
};

/** Media that is being fetched: its head is known, its bytes are still to be read. */
export type OpenedMedia = Pick<HostBody, "length" | "validator"> & {
  /** The `content-type` header as sent: a hint only, the bytes decide. */
  readonly contentType: string | undefined;
  readonly finalUrl: URL;
  /**
   * The bytes as they come, once. While no next piece is asked for, the host waits and the time of the fetch stands
   * still. Rejects with `MediaFetchError`, or with the reason of the caller's signal.
   */
  readonly pieces: AsyncIterable<Buffer>;
  /** Tells that so many bytes that were read are held no longer. */
  release(bytes: number): void;
  /** Ends the fetch and gives its slot back; reading to the end does so too. */
  close(): Promise<void>;
};

export type MediaFetcher = {
  /** Rejects with `MediaFetchError`, or with the reason of the caller's signal. */
  open(url: string, options: MediaFetchOptions): Promise<OpenedMedia>;
  /** Stops all running fetches and refuses new ones. */
  close(): Promise<void>;
};

/** How much may be going on at once in this process. */
export type MediaFetchLimits = {
  readonly parallel: number;
  readonly parallelPerCaller: number;
  /** Bytes received by fetches that are still running, and not released; beyond it they fail as `busy`. */
  readonly bytesInFlight: number;
};

const LIMITS: MediaFetchLimits = {
  // MF-5: enough for a busy server, and no caller takes the others' share.
  parallel: 64,
  parallelPerCaller: 4,
  // As much as request bodies may take together: 64 fetches of the largest size would be 4.5 GB.
  bytesInFlight: 512 * 1024 * 1024,
};

/** Image hosts redirect once or twice (http to https, to a storage host); longer chains are loops or traps (MF-4). */
const MAX_REDIRECTS = 3;
const BYTES_PER_EXTRA_SECOND = 1_000_000;
/** Failures are answered on whole seconds, so that their timing tells no refused port from a blocked address (MF-8). */
const FAILURE_STEP_MS = 1000;

/** Builds the fetcher. Throws an `Error` naming a network or host of the policy that cannot be parsed. */
export function createMediaFetcher(policy: MediaFetchPolicy, limits: MediaFetchLimits = LIMITS): MediaFetcher {
  const guards = toGuards(policy);
  const acquire = createSlots(limits.parallel, limits.parallelPerCaller);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  let bytesInFlight = 0;

  async function openInSlot(text: string, options: MediaFetchOptions, stop: AbortSignal, mask: Mask) {
    const releaseSlot = await acquire(options.callerKey, stop);
    const deadline = createGrowingDeadline(policy.timeoutMs, stop);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    running.add(ended);
    let held = 0;
    const hold = (count: number): void => {
      held += count;
      bytesInFlight += count;
    };
    const over = new AbortController();
    const finish = (): void => {
      if (over.signal.aborted) return;
      over.abort();
      hold(-held);
      deadline[Symbol.dispose]();
      releaseSlot();
      running.delete(ended);
      end();
    };
    const onBytes = (count: number): void => {
      hold(count);
      if (bytesInFlight > limits.bytesInFlight) throw new MediaFetchError("busy");
      deadline.extend((count / BYTES_PER_EXTRA_SECOND) * 1000);
    };
    try {
      const budgets = { signal: deadline.signal, maxBytes: options.maxBytes, onBytes };
      const { url, body } = await followRedirects(text, guards, budgets);
      deadline.pause();
      const opened = toOpened(url, body, deadline, mask, {
        release: (bytes) => over.signal.aborted || hold(-bytes),
        finish,
      });
      // Nobody may be reading just now.
      stop.addEventListener("abort", () => void opened.close(), { once: true, signal: over.signal });
      return opened;
    } catch (error) {
      finish();
      throw error;
    }
  }

  return {
    open: async (text, options) => {
      if (!policy.enabled) throw new MediaFetchError("disabled");
      const stop = AbortSignal.any([options.signal, closing.signal]);
      const mask = createMask(options.signal, stop);
      return openInSlot(text, options, stop, mask).catch(mask);
    },
    close: async () => {
      closing.abort(new MediaFetchError("unreachable", new Error("the server is stopping")));
      await Promise.allSettled(running);
    },
  };
}

function toOpened(
  finalUrl: URL,
  body: HostBody,
  deadline: GrowingDeadline,
  mask: Mask,
  { release, finish }: { readonly release: (bytes: number) => void; readonly finish: () => void },
): OpenedMedia {
  const { contentType, length, validator } = body;
  const close = async (): Promise<void> => {
    finish();
    await body.close();
  };
  async function* read(): AsyncGenerator<Buffer> {
    try {
      deadline.resume();
      for await (const piece of body.pieces) {
        deadline.pause();
        yield piece;
        deadline.resume();
      }
    } catch (error) {
      await close();
      await mask(error);
    } finally {
      await close();
    }
  }
  return { contentType, length, validator, finalUrl, pieces: read(), release, close };
}

type Guards = { readonly urls: UrlPolicy; readonly dials: DialPolicy };

function toGuards(policy: MediaFetchPolicy): Guards {
  const { allowedPorts } = policy;
  return {
    urls: {
      allowedPorts,
      allowedHosts: parseHosts(policy.allowedHosts),
      deniedHosts: parseHosts(policy.deniedHosts),
      anyPort: policy.allowedNetworks.length > 0,
    },
    dials: {
      allowedPorts,
      allowedNetworks: parseNetworks(policy.allowedNetworks),
      lookup: policy.lookup ?? ((hostname) => dns.promises.lookup(hostname, { all: true, order: "verbatim" })),
      ownPorts: policy.ownPorts ?? (() => []),
    },
  };
}

/** Every hop is judged like the first: URL, addresses, connection; nothing is carried over but the budgets. */
async function followRedirects(text: string, guards: Guards, budgets: ExchangeOptions) {
  let next = text;
  let base: URL | undefined;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const decision = decideUrl(next, guards.urls, base);
    if ("refused" in decision) {
      // What a host redirects to is not the caller's URL: told about, it would describe that host.
      throw new MediaFetchError(base === undefined ? decision.refused : "forbidden", new Error(decision.reason));
    }
    // With the first fetch, before there is a socket to wait: it needs undici's whole, which no start should load.
    const { exchange } = await import("./exchange.ts");
    const socket = await dial(decision.url, guards.dials, budgets.signal);
    const answer = await exchange(decision.url, socket, budgets);
    if ("pieces" in answer) return { url: decision.url, body: answer };
    next = answer.location;
    base = decision.url;
  }
  throw new MediaFetchError("unreachable", new Error("too many redirects"));
}

/** Throws what a failure may tell. */
type Mask = (error: unknown) => Promise<never>;

/** Turns whatever goes wrong from now on into a `MediaFetchError` that tells nothing it must not tell, or the caller's own abort. */
function createMask(caller: AbortSignal, stop: AbortSignal): Mask {
  const startedAtMs = performance.now();
  return async (error) => {
    caller.throwIfAborted();
    const failure = error instanceof MediaFetchError ? error : new MediaFetchError("unreachable", error);
    if (failure.isUntold) {
      const elapsedMs = performance.now() - startedAtMs;
      const waitMs = FAILURE_STEP_MS - (elapsedMs % FAILURE_STEP_MS);
      // An abort only ends the wait: there is a failure to tell already.
      await delay(waitMs, undefined, { signal: stop }).catch(() => {});
      caller.throwIfAborted();
    }
    throw failure;
  };
}
