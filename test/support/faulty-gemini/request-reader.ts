// A minimal HTTP/1.1 request reader: content-length and chunked bodies, any cut of the bytes.

import type { RawRequest } from "./call.ts";

/** Heads beyond this are no client of ours. */
const MAX_HEAD_BYTES = 65_536;

type Body =
  | { readonly kind: "length"; missing: number }
  | { readonly kind: "chunk-size" | "chunk-end" | "trailer" }
  | { readonly kind: "chunk-data"; missing: number };

const EMPTY = Buffer.alloc(0);

/** Takes bytes as they come and gives back requests as they become whole. Throws on what is no HTTP/1.1. */
export class RequestReader {
  #rest: Buffer = EMPTY;
  #head: Omit<RawRequest, "bodyPieces"> | undefined;
  #body: Body = { kind: "length", missing: 0 };
  #pieces: Buffer[] = [];

  push(bytes: Buffer): RawRequest[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const requests: RawRequest[] = [];
    while (this.#advance()) {
      if (this.#head === undefined || !this.#isWhole()) continue;
      requests.push({ ...this.#head, bodyPieces: this.#pieces });
      this.#head = undefined;
      this.#pieces = [];
    }
    return requests;
  }

  /** One step forward; false when more bytes are needed. */
  #advance(): boolean {
    if (this.#head === undefined) return this.#readHead();
    const body = this.#body;
    if (body.kind === "length" || body.kind === "chunk-data") return this.#readData(body);
    const line = this.#takeUntil("\r\n");
    if (line === undefined) return false;
    if (body.kind === "chunk-end") this.#body = { kind: "chunk-size" };
    else if (body.kind === "chunk-size") this.#startChunk(line);
    else if (line.length === 0) this.#body = { kind: "length", missing: 0 };
    return true;
  }

  #isWhole(): boolean {
    return this.#body.kind === "length" && this.#body.missing === 0;
  }

  #readHead(): boolean {
    const text = this.#takeUntil("\r\n\r\n");
    if (text === undefined) return false;
    const [requestLine = "", ...lines] = text.split("\r\n");
    const [method, target, version] = requestLine.split(" ");
    if (method === undefined || target === undefined || version !== "HTTP/1.1") throw new Error("no HTTP/1.1 request");
    const headers = parseHeaders(lines);
    this.#head = { method, target, headers };
    const chunked = headers["transfer-encoding"] === "chunked";
    this.#body = chunked ? { kind: "chunk-size" } : { kind: "length", missing: Number(headers["content-length"] ?? 0) };
    return true;
  }

  #readData(body: { readonly kind: "length" | "chunk-data"; missing: number }): boolean {
    const piece = this.#rest.subarray(0, body.missing);
    if (piece.length === 0) return false;
    this.#pieces.push(piece);
    this.#rest = this.#rest.subarray(piece.length);
    body.missing -= piece.length;
    if (body.missing === 0 && body.kind === "chunk-data") this.#body = { kind: "chunk-end" };
    return true;
  }

  #startChunk(sizeLine: string): void {
    const size = Number.parseInt(sizeLine, 16);
    if (Number.isNaN(size)) throw new Error("bad chunk size in a request");
    this.#body = size === 0 ? { kind: "trailer" } : { kind: "chunk-data", missing: size };
  }

  #takeUntil(end: string): string | undefined {
    const at = this.#rest.indexOf(end, 0, "latin1");
    if (at < 0) {
      if (this.#rest.length > MAX_HEAD_BYTES) throw new Error("request head or line too long");
      return undefined;
    }
    const text = this.#rest.toString("latin1", 0, at);
    this.#rest = this.#rest.subarray(at + end.length);
    return text;
  }
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
