// Reading an answer with few instructions: where its body begins, when it is whole, its marks and time stamps.

import { BENCH_MARK } from "../../test/support/faulty-gemini.ts";

const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKED_END = Buffer.from("0\r\n\r\n");
const MARK = BENCH_MARK.charCodeAt(0);
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const NS_PER_MS = 1e6;

export interface Head {
  readonly status: string;
  readonly bytes: number;
  /** Undefined where the body is chunked. */
  readonly bodyBytes: number | undefined;
}

/** Undefined while the head is not whole. */
export function readHead(start: Buffer): Head | undefined {
  const end = start.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const text = start.toString("latin1", 0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  const bodyBytes = length === undefined ? undefined : Number(length);
  return { status: text.slice(9, 12), bytes: end + HEAD_END.length, bodyBytes };
}

/** Whether a chunked body may end with this piece of it; a piece can be shorter than the end itself. */
export function canEndChunked(piece: Buffer): boolean {
  return piece.length < CHUNKED_END.length || piece.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
}

/** A chunked body without its framing; undefined while chunks are missing. */
export function dechunk(body: Buffer): Buffer | undefined {
  if (!body.subarray(-CHUNKED_END.length).equals(CHUNKED_END)) return undefined;
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at, "latin1");
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(chunks);
    const end = lineEnd + 2 + size;
    if (lineEnd < 0 || Number.isNaN(size) || end + 2 > body.length) return undefined;
    chunks.push(body.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

export function marksIn(bytes: Buffer): number {
  let marks = 0;
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) marks++;
  return marks;
}

/** How long ago each stamp of these bytes was written, in milliseconds: digits before a mark are nanoseconds of the machine's clock. */
export function transitsOf(bytes: Buffer): number[] {
  const now = Number(process.hrtime.bigint());
  const transits: number[] = [];
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    let start = at;
    while (start > 0 && isDigit(bytes[start - 1] ?? 0)) start--;
    // A stamp that was cut in two would be wrong by ages.
    if (start > 0 && start < at) transits.push((now - Number(bytes.toString("latin1", start, at))) / NS_PER_MS);
  }
  return transits;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}
