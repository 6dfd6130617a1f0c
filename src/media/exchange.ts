// One HTTP GET over a socket that is already connected: asks for plain bytes, gives them as they come and no more than allowed.
import type { Socket } from "node:net";
import { Client, type Dispatcher } from "undici";
import { MediaFetchError } from "./fetch-error.ts";

/** What one host answered: a body that is still to be read, or where to ask next (as sent, unchecked). */
export type Answer = HostBody | { readonly location: string };

/** An open answer. It holds its connection until it was read to the end or closed. */
export type HostBody = {
  readonly contentType: string | undefined;
  /** As announced, in bytes; the HTTP parser holds the host to it. */
  readonly length: number | undefined;
  /** Changes whenever the bytes do: a strong ETag, or the date of the last change together with the length. */
  readonly validator: string | undefined;
  /** The bytes as they come, once. Whoever does not ask for the next piece holds up the host. */
  readonly pieces: AsyncIterable<Buffer>;
  close(): Promise<void>;
};

export type ExchangeOptions = {
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** Called for every piece of the body. */
  readonly onBytes: (count: number) => void;
};

const HEADERS_TIMEOUT_MS = 5000; // MF-5: a file host that needs longer for its first byte is stalling
const IDLE_TIMEOUT_MS = 5000; // MF-5: between two pieces of the body
const HEADERS_MAX_BYTES = 16_384; // Node's own default, stated because it bounds memory

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

// Nothing of the caller's request and no version of ours (MF-10). `identity`: bytes are never decompressed here, so a
// compression bomb has nothing to explode in (MF-6).
const REQUEST_HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "gemini-gateway" };

/**
 * Asks for `url` over `socket`, and closes it unless a body is given. Throws `MediaFetchError` `too_large` (noticed
 * within one read, also without `content-length`), `type` (encoded body), `unreachable` (any status but 200 and
 * redirects), else what undici says or the reason of the signal.
 */
export async function exchange(url: URL, socket: Socket, options: ExchangeOptions): Promise<Answer> {
  const client = new Client(url.origin, {
    connect: handOver(socket),
    allowH2: false,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
  });
  const close = async (): Promise<void> => {
    await client.destroy();
    socket.destroy();
  };
  let isOpen = false;
  try {
    const response = await client.request({
      method: "GET",
      path: url.pathname + url.search,
      headers: REQUEST_HEADERS,
      reset: true, // one request for each connection: what was checked is never reused for another caller
      signal: options.signal,
    });
    // Errors of the body reach us through its iteration; one that is not iterated must not become an uncaught error.
    response.body.on("error", () => {});
    const answer = readHead(response, options, close);
    isOpen = "pieces" in answer;
    return answer;
  } finally {
    if (!isOpen) await close();
  }
}

/**
 * Gives the client the one checked socket; it must never open another by itself. Not in the same tick: undici 8.12
 * forgets a connection that is there before its `connect` returns, and the request then never starts.
 */
function handOver(socket: Socket): NonNullable<Client.Options["connect"]> {
  let isTaken = false;
  return (_options, callback) => {
    const isUsable = !isTaken && !socket.destroyed;
    isTaken = true;
    queueMicrotask(() => {
      if (isUsable) callback(null, socket);
      else callback(new Error("the checked connection is used up"), null);
    });
  };
}

function readHead(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  options: ExchangeOptions,
  close: () => Promise<void>,
): Answer {
  const location = first(headers["location"]);
  if (REDIRECTS.has(statusCode) && location !== undefined) return { location };
  if (statusCode !== 200) throw new MediaFetchError("unreachable", new Error(`status ${statusCode}`));
  const encoding = first(headers["content-encoding"]) ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") throw new MediaFetchError("type", new Error("encoded body"));
  const announced = first(headers["content-length"]);
  const length = announced === undefined ? undefined : Number(announced);
  if (length !== undefined && length > options.maxBytes) throw new MediaFetchError("too_large");
  return {
    contentType: first(headers["content-type"]),
    length,
    validator: validatorOf(first(headers["etag"]), first(headers["last-modified"]), length),
    pieces: readPieces(body, options, close),
    close,
  };
}

/** Two different bodies of one second may share a date, hardly so with one length; a weak tag promises nothing of bytes. */
function validatorOf(etag: string | undefined, changed: string | undefined, length: number | undefined) {
  if (etag !== undefined && !etag.startsWith("W/")) return etag;
  return changed === undefined || length === undefined ? undefined : `${changed} ${length}`;
}

async function* readPieces(
  body: AsyncIterable<Buffer>,
  { maxBytes, onBytes }: ExchangeOptions,
  close: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    for await (const piece of body) {
      received += piece.length;
      if (received > maxBytes) throw new MediaFetchError("too_large");
      onBytes(piece.length);
      yield piece;
    }
  } finally {
    await close();
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
