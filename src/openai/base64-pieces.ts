// Base64 that comes in pieces: joined to one text, or passed on in pieces whose texts can be joined by a client.

import type { Base64 } from "../chat/bytes.ts";

/** 6 bytes are whole 16-bit samples and whole base64 groups at once, so every piece can be decoded and played by itself. */
const ALIGNED_BYTES = 6;
const ALIGNED_LENGTH = 8;

/** One base64 text of the bytes of all pieces. Pieces of other lengths than multiples of 3 bytes end in padding and must be decoded. */
export function joinBase64<T extends Base64>(all: readonly T[]): T | string {
  const [first = "", ...others] = all.filter((piece) => piece.length > 0);
  if (others.length === 0) return first;
  const pieces = [first, ...others].map(String);
  const padded = pieces.findIndex((piece) => piece.endsWith("="));
  if (padded === -1 || padded === pieces.length - 1) return pieces.join("");
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("base64");
}

/** Cuts a flow of base64 anew, so that all pieces but the last hold multiples of 6 bytes: then their texts can be joined. */
export class Base64Aligner {
  #rest: Uint8Array = Buffer.alloc(0);

  /** Base64 of what is complete by now; "" when too little has come. */
  push(piece: string): string {
    if (this.#rest.length === 0 && piece.length % ALIGNED_LENGTH === 0 && !piece.endsWith("=")) return piece;
    const bytes = Buffer.concat([this.#rest, Buffer.from(piece, "base64")]);
    const end = bytes.length - (bytes.length % ALIGNED_BYTES);
    this.#rest = bytes.subarray(end);
    return bytes.toString("base64", 0, end);
  }

  /** Base64 of what is left. */
  end(): string {
    const rest = Buffer.from(this.#rest).toString("base64");
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}
