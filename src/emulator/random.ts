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

const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const CALL_ID_LENGTH = 8;
const FILE_ID_LENGTH = 12;

const toId = (bytes: Buffer) => Array.from(bytes, (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join("");

/** Eight characters of [0-9a-z], the shape of `functionCall.id` recorded from Gemini 3 (`spt7zdfl`). */
export const toCallId = (bytes: ByteSource): string => toId(bytes(CALL_ID_LENGTH));

/** Twelve of them, the shape of a recorded file id (`b7cwsd3ojdcq`). */
export const toFileId = (bytes: ByteSource): string => toId(bytes(FILE_ID_LENGTH));

/** The id in the address of an upload: whoever knows it may go on with the upload. */
export const toUploadId = (bytes: ByteSource): string => bytes(48).toString("base64url");

/** 23 characters of base64url, the shape of a recorded `responseId`. */
export const toResponseId = (bytes: ByteSource) => bytes(17).toString("base64url");
