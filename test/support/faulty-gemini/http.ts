// Steps of a well-formed or deliberately broken HTTP/1.1 response around a body in pieces.

import { gzipSync } from "node:zlib";
import type { Splitter } from "./splits.ts";
import { raw, repeatable, type Answer, type Step } from "./steps.ts";

/**
 * How the body's end is announced: `chunked` (each piece is one HTTP chunk), `length` (content-length over all pieces,
 * also those behind an ending, which are never sent) or `close` (by the connection's end).
 */
export type Framing = "chunked" | "length" | "close";

export interface HttpOptions {
  readonly status?: number;
  /** Names in lower case; they replace the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly framing?: Framing;
  /** Cuts the body anew. In `chunked` framing the pieces are HTTP chunks, so a client's parser really sees each cut. */
  readonly split?: Splitter;
  /** Gzips the body so many times; it must consist of bytes. */
  readonly gzipLayers?: number;
}

/** An empty piece: the head is sent now, and a pause or an ending can follow it before any body. */
export const headNow: Buffer = raw("");

/** Headers of Google's answers that a gateway must not copy. */
const GOOGLE_HEADERS = {
  vary: "Origin, X-Origin, Referer",
  server: "scaffolding on HTTPServer2",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
} as const;

/** The head goes out with the first bytes; pauses and endings that stand before them come before the head. */
export function httpAnswer(pieces: Iterable<Step>, options: HttpOptions = {}): Answer {
  const { gzipLayers, split } = options;
  const body = gzipLayers === undefined ? pieces : [gzipped(pieces, gzipLayers)];
  const cut = split === undefined ? body : repeatable(() => splitRuns(body, split));
  return repeatable(() => frame(cut, options));
}

function* frame(pieces: Iterable<Step>, options: HttpOptions): Generator<Step> {
  const framing = options.framing ?? "chunked";
  let headSent = false;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      if (!headSent) yield headOf(pieces, framing, options);
      headSent = true;
      if (piece.length > 0) yield framing === "chunked" ? httpChunk(piece) : piece;
    } else yield piece;
    if (typeof piece === "string") return;
  }
  if (!headSent) yield headOf(pieces, framing, options);
  if (framing === "chunked") yield raw("0\r\n\r\n");
  if (framing === "close") yield "fin";
}

function headOf(pieces: Iterable<Step>, framing: Framing, options: HttpOptions): Buffer {
  const headers = {
    ...GOOGLE_HEADERS,
    ...framingHeaders(pieces, framing),
    ...encodingHeaders(options),
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${options.status ?? 200} Faulty\r\n${lines.join("")}\r\n`, "latin1");
}

function framingHeaders(pieces: Iterable<Step>, framing: Framing): Record<string, string> {
  if (framing === "chunked") return { "transfer-encoding": "chunked" };
  if (framing === "close") return { connection: "close" };
  return { "content-length": String(bytesOf(pieces).length) };
}

function encodingHeaders({ gzipLayers = 0 }: HttpOptions): Record<string, string> {
  return gzipLayers === 0 ? {} : { "content-encoding": Array.from({ length: gzipLayers }, () => "gzip").join(", ") };
}

function httpChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([raw(`${bytes.length.toString(16)}\r\n`), bytes, raw("\r\n")]);
}

/** Joins neighbouring bytes and cuts them anew; pauses and endings stay where they are. */
function* splitRuns(pieces: Iterable<Step>, split: Splitter): Generator<Step> {
  let run: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      run.push(piece);
      continue;
    }
    yield* split(Buffer.concat(run));
    run = [];
    yield piece;
  }
  yield* split(Buffer.concat(run));
}

function gzipped(pieces: Iterable<Step>, layers: number): Buffer {
  let body = bytesOf(pieces);
  for (let layer = 0; layer < layers; layer++) body = gzipSync(body);
  return body;
}

function bytesOf(pieces: Iterable<Step>): Buffer {
  return Buffer.concat([...pieces].filter((piece) => piece instanceof Uint8Array));
}
