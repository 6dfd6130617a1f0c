// One HTTP GET over a socket that is already connected: asks for plain bytes, reads no more than it was allowed.
import type { Socket } from "node:net";
import { Client, type Dispatcher } from "undici";
import { MediaFetchError } from "./fetch-error.ts";

/** What one host answered: the whole body, or where to ask next (as sent, unchecked). */
export type Answer =
  | { readonly bytes: Buffer; readonly contentType: string | undefined }
  | { readonly location: string };

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
 * Asks for `url` over `socket` and closes it. Throws `MediaFetchError` `too_large` (noticed within one read, also
 * without `content-length`), `type` (encoded body), `unreachable` (any status but 200 and redirects), else what undici
 * says or the reason of the signal.
 */
export async function exchange(url: URL, socket: Socket, options: ExchangeOptions): Promise<Answer> {
  const client = new Client(url.origin, {
    connect: handOver(socket),
    allowH2: false,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: IDLE_TIMEOUT_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
  });
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
    return await readAnswer(response, options);
  } finally {
    await client.destroy();
    socket.destroy();
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

async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  options: ExchangeOptions,
): Promise<Answer> {
  const location = first(headers["location"]);
  if (REDIRECTS.has(statusCode) && location !== undefined) return { location };
  if (statusCode !== 200) throw new MediaFetchError("unreachable", new Error(`status ${statusCode}`));
  const encoding = first(headers["content-encoding"]) ?? "identity";
  if (encoding.trim().toLowerCase() !== "identity") throw new MediaFetchError("type", new Error("encoded body"));
  if (Number(first(headers["content-length"])) > options.maxBytes) throw new MediaFetchError("too_large");
  return { bytes: await readBody(body, options), contentType: first(headers["content-type"]) };
}

async function readBody(body: AsyncIterable<Buffer>, { maxBytes, onBytes }: ExchangeOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) throw new MediaFetchError("too_large");
    onBytes(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, received);
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
