// The HTTP side of the emulator: bodies in, replies out, streams at their pace, and a clean end.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { toEmulatorKey, type EmulatorKey } from "./access.ts";
import { ApiError, invalidArgument, plainError } from "./errors.ts";
import { FileStore } from "./files/store.ts";
import { toPrettyJson } from "./framing.ts";
import { RequestMemory } from "./memory.ts";
import { createByteSource } from "./random.ts";
import type { EmptyReply, JsonReply, Reply, StreamReply } from "./reply.ts";
import { answersArray, route, type Emulator } from "./routes.ts";

/** Google's limit of an inline request, named in its error, … */
const REQUEST_LIMIT_BYTES = 104_857_600;

/** … and how much beyond it is still read: the limit is about the payload, not about its JSON. */
const REQUEST_SLACK_BYTES = 1_048_576;

/** A client must send its headers and its whole body within these, and keep reading what it asked for. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;
const WRITE_STALL_TIMEOUT_MS = 60_000;

/** Idle connections are kept this long, so that a client's pool is not surprised by a close as it reuses one. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Request targets are paths; what is no valid one is answered like any unknown path. */
const BASE = "http://emulator/";

const DEFAULT_KEY = "emulator";

/** How to run an emulator. */
export interface EmulatorOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** API keys that are accepted, with their projects or each its own; the one key `emulator` by default. */
  readonly keys?: readonly (string | EmulatorKey)[];
  /** Pause between the chunks of a stream, 0 by default. */
  readonly chunkDelayMs?: number;
  /** Makes response ids and signatures reproducible; random by default. */
  readonly seed?: number;
  /** Told of failures of the emulator itself; they are answered with 500. By default they go to stderr. */
  readonly onError?: (error: unknown) => void;
}

/** A listening emulator. */
export interface RunningEmulator {
  /** `http://host:port`, what GEMINI_BASE_URL wants. */
  readonly origin: string;
  /** Stops listening and ends open connections, running streams too. */
  close(): Promise<void>;
}

/** Starts the emulator; rejects when the address cannot be listened on. */
export async function startEmulator(options: EmulatorOptions): Promise<RunningEmulator> {
  const randomBytes = createByteSource(options.seed);
  const keys = (options.keys ?? [DEFAULT_KEY]).map(toEmulatorKey);
  const emulator = { keys, randomBytes, files: new FileStore(randomBytes), memory: new RequestMemory() };
  const { chunkDelayMs = 0, onError = reportToStderr } = options;
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  });
  server.on("request", (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    serve(incoming, emulator, gone.signal, onError)
      .then((reply) => send(outgoing, reply, chunkDelayMs, gone.signal))
      .catch((error: unknown) => {
        // With the caller gone there is nobody to answer and nothing wrong here.
        if (!hasLeft(incoming, gone.signal)) onError(error);
        outgoing.destroy();
      });
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  return { origin: originOf(server), close: () => closeServer(server) };
}

/** The reply to a request, errors included; rejects only when the caller has gone. */
async function serve(
  incoming: IncomingMessage,
  emulator: Emulator,
  gone: AbortSignal,
  onError: (error: unknown) => void,
): Promise<Reply> {
  const { method = "GET", headers } = incoming;
  const url = URL.parse(incoming.url ?? "/", BASE) ?? new URL(BASE);
  try {
    const readChunks = () => chunksOf(incoming);
    return await route(
      { method, url, headers, signal: gone, readChunks, readBody: () => readBody(incoming) },
      emulator,
    );
  } catch (error) {
    if (hasLeft(incoming, gone)) throw error;
    if (!(error instanceof ApiError)) onError(error);
    return errorReply(error instanceof ApiError ? error : plainError(500), url);
  }
}

/** A caller who leaves while still sending shows up as a failed body before the connection counts as closed. */
const hasLeft = (incoming: IncomingMessage, gone: AbortSignal) => gone.aborted || incoming.errored !== null;

/** The connection must survive a body that is refused half-way, or nobody could read the error. */
const chunksOf = (incoming: IncomingMessage): AsyncIterable<Buffer> => incoming.iterator({ destroyOnReturn: false });

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(incoming)) {
    size += chunk.length;
    if (size > REQUEST_LIMIT_BYTES + REQUEST_SLACK_BYTES) {
      throw invalidArgument(`Request payload size exceeds the limit: ${REQUEST_LIMIT_BYTES} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function errorReply(error: ApiError, url: URL): JsonReply {
  const body = error.toBody();
  return {
    kind: "json",
    status: error.code,
    body: answersArray(url) ? [body] : body,
    ...(error.code === 405 && {
      headers: { allow: url.pathname.includes("/files") ? "GET, POST, DELETE" : "GET, POST" },
    }),
  };
}

/** Headers of every recorded answer; the name of the server is our own, so that nobody takes it for Google's. */
const COMMON_HEADERS = {
  server: "gemini-emulator",
  vary: "Origin, X-Origin, Referer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "x-xss-protection": "0",
};

async function send(outgoing: ServerResponse, reply: Reply, chunkDelayMs: number, gone: AbortSignal): Promise<void> {
  if (reply.kind === "json") sendJson(outgoing, reply);
  else if (reply.kind === "empty") sendEmpty(outgoing, reply);
  else await sendStream(outgoing, reply, chunkDelayMs, gone);
}

function sendJson(outgoing: ServerResponse, reply: JsonReply): void {
  const contentType = "application/json; charset=UTF-8";
  outgoing.writeHead(reply.status, { "content-type": contentType, ...COMMON_HEADERS, ...reply.headers });
  outgoing.end(`${toPrettyJson(reply.body)}\n`);
}

/** The content type is the recorded one. */
function sendEmpty(outgoing: ServerResponse, reply: EmptyReply): void {
  const headers = { "content-type": "text/plain; charset=utf-8", "content-length": "0" };
  outgoing.writeHead(200, { ...headers, ...COMMON_HEADERS, ...reply.headers });
  outgoing.end();
}

async function sendStream(
  outgoing: ServerResponse,
  { framing, chunks }: StreamReply,
  chunkDelayMs: number,
  gone: AbortSignal,
): Promise<void> {
  outgoing.writeHead(200, { ...framing.headers, ...COMMON_HEADERS });
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0) await pause(chunkDelayMs, gone);
    await write(outgoing, framing.chunk(chunk, index), gone);
  }
  outgoing.end(framing.end);
}

/** Even without a delay each chunk leaves by itself: all in one write would be one read for whoever listens. */
async function pause(delayMs: number, gone: AbortSignal): Promise<void> {
  await (delayMs > 0 ? sleep(delayMs, undefined, { signal: gone }) : nextTurn(undefined, { signal: gone }));
}

/** Waits for a reader that is slower than we are, but not for ever. */
async function write(outgoing: ServerResponse, text: string, gone: AbortSignal): Promise<void> {
  gone.throwIfAborted();
  if (outgoing.write(text)) return;
  await once(outgoing, "drain", { signal: AbortSignal.any([gone, AbortSignal.timeout(WRITE_STALL_TIMEOUT_MS)]) });
}

function originOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

const reportToStderr = (error: unknown) => {
  process.stderr.write(`gemini-emulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};
