// Where identifiers come from: truly random ones (response ids, signature nonces) and ones derived from the request.

import { createHash, randomBytes } from "node:crypto";

/** `count` bytes; the source decides whether they are random or reproducible. */
export type ByteSource = (count: number) => Buffer;

/** Random bytes, or a reproducible sequence when a seed is given. */
export function createByteSource(seed?: number | string): ByteSource {
  if (seed === undefined) return randomBytes;
  let drawn = 0;
  return (count) => {
    drawn += 1;
    return createHash("shake256", { outputLength: count }).update(`${seed}:${drawn}`).digest();
  };
}

const CALL_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const CALL_ID_LENGTH = 8;

/** Eight characters of [0-9a-z], the shape of `functionCall.id` recorded from Gemini 3 (`spt7zdfl`). */
export const toCallId = (bytes: ByteSource) =>
  Array.from(bytes(CALL_ID_LENGTH), (byte) => CALL_ID_ALPHABET[byte % CALL_ID_ALPHABET.length]).join("");

/** 23 characters of base64url, the shape of a recorded `responseId`. */
export const toResponseId = (bytes: ByteSource) => bytes(17).toString("base64url");
