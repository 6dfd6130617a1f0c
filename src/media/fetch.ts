// The guarded fetch: the only function that fetches a URL named by a caller (the other outgoing one is the upstream's).
import dns from "node:dns";
import { setTimeout as delay } from "node:timers/promises";
import { parseNetworks } from "./address.ts";
import { createGrowingDeadline } from "./deadline.ts";
import { type DialPolicy, dial, type Lookup } from "./dial.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
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
  /** Aborting it stops the fetch at once; the promise then rejects with its reason. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** Opaque; fetches of one key share a small number of slots. */
  readonly callerKey: string;
};

export type FetchedMedia = {
  readonly bytes: Buffer;
  /** The `content-type` header as sent: a hint only, the bytes decide. */
  readonly contentType: string | undefined;
  readonly finalUrl: URL;
};

/** Rejects with `MediaFetchError`, or with the reason of the caller's signal. */
export type MediaFetcher = {
  fetch(url: string, options: MediaFetchOptions): Promise<FetchedMedia>;
  /** Stops all running fetches and refuses new ones. */
  close(): Promise<void>;
};

/** How much may be going on at once in this process. */
export type MediaFetchLimits = {
  readonly parallel: number;
  readonly parallelPerCaller: number;
  /** Bytes received by fetches that are still running; beyond it they fail as `busy`. */
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
  const running = new Set<Promise<unknown>>();
  let bytesInFlight = 0;

  async function fetchInSlot(text: string, options: MediaFetchOptions, stop: AbortSignal): Promise<FetchedMedia> {
    const release = await acquire(options.callerKey, stop);
    using deadline = createGrowingDeadline(policy.timeoutMs, stop);
    let received = 0;
    const onBytes = (count: number) => {
      received += count;
      bytesInFlight += count;
      if (bytesInFlight > limits.bytesInFlight) throw new MediaFetchError("busy");
      deadline.extend((count / BYTES_PER_EXTRA_SECOND) * 1000);
    };
    try {
      return await followRedirects(text, guards, { signal: deadline.signal, maxBytes: options.maxBytes, onBytes });
    } finally {
      bytesInFlight -= received;
      release();
    }
  }

  return {
    fetch: async (text, options) => {
      if (!policy.enabled) throw new MediaFetchError("disabled");
      const stop = AbortSignal.any([options.signal, closing.signal]);
      const fetched = masked(() => fetchInSlot(text, options, stop), options.signal, stop);
      running.add(fetched);
      try {
        return await fetched;
      } finally {
        running.delete(fetched);
      }
    },
    close: async () => {
      closing.abort(new MediaFetchError("unreachable", new Error("the server is stopping")));
      await Promise.allSettled(running);
    },
  };
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
async function followRedirects(text: string, guards: Guards, budgets: ExchangeOptions): Promise<FetchedMedia> {
  let next = text;
  let base: URL | undefined;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const decision = decideUrl(next, guards.urls, base);
    if ("refused" in decision) {
      // What a host redirects to is not the caller's URL: told about, it would describe that host.
      throw new MediaFetchError(base === undefined ? decision.refused : "forbidden", new Error(decision.reason));
    }
    const socket = await dial(decision.url, guards.dials, budgets.signal);
    const answer = await exchange(decision.url, socket, budgets);
    if ("bytes" in answer) return { ...answer, finalUrl: decision.url };
    next = answer.location;
    base = decision.url;
  }
  throw new MediaFetchError("unreachable", new Error("too many redirects"));
}

/** Turns whatever went wrong into a `MediaFetchError` that tells nothing it must not tell, or the caller's own abort. */
async function masked<T>(work: () => Promise<T>, caller: AbortSignal, stop: AbortSignal): Promise<T> {
  const startedAtMs = performance.now();
  try {
    return await work();
  } catch (error) {
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
  }
}
