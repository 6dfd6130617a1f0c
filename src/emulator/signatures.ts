// Thought signatures: issues opaque ones, recognises its own, and knows the two documented bypass strings.

import { createHash } from "node:crypto";
import type { ByteSource } from "./random.ts";

const NONCE_BYTES = 16;

/** 340 base64 characters in all, the low end of the recorded sizes (median 340–1,200). */
const BODY_BYTES = 236;

/** A fixed word, not a secret: any emulator then accepts what another one issued before a restart. */
const BINDING = "gemini-emulator thought signature v2";

/** First byte of every recorded Gemini 3 signature (`E…` in base64): a length-delimited protobuf field. */
const TAG = 0x12;

/** Documented strings for history that has no signature of its own. */
const BYPASSES = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

/** The JSON field is `bytes`, so a bypass sent as plain text arrives base64url-decoded; sent as base64, as its ASCII. */
const BYPASS_BYTES = BYPASSES.flatMap((word) => [Buffer.from(word, "base64url"), Buffer.from(word, "ascii")]);

/** Whom a signature is for: another project or another family of models cannot read it. */
export interface SignatureScope {
  readonly project: string;
  /** Whole number of the generation: 2, 3, 4. */
  readonly family: number;
}

/** The scope of a project's calls to a model of this generation. */
export const signatureScope = (project: string, generation: number): SignatureScope => ({
  project,
  family: Math.floor(generation),
});

function bodyOf(nonce: Buffer, { project, family }: SignatureScope, length: number): Buffer {
  const hash = createHash("shake256", { outputLength: length });
  return hash.update(`${BINDING}\0${project}\0${family}\0`).update(nonce).digest();
}

/** A new signature, standard base64 as responses carry it; `bodyBytes` makes it as large as an image model's. */
export function issueSignature(bytes: ByteSource, scope: SignatureScope, bodyBytes: number = BODY_BYTES): string {
  const nonce = bytes(NONCE_BYTES);
  const prefix = Buffer.from([TAG, ...toVarint(NONCE_BYTES + bodyBytes)]);
  return Buffer.concat([prefix, nonce, bodyOf(nonce, scope, bodyBytes)]).toString("base64");
}

/** Whether these are the bytes of a documented bypass string. */
export const isBypass = (signature: Buffer): boolean => BYPASS_BYTES.some((bypass) => bypass.equals(signature));

/** Whether an emulator issued exactly these bytes in this scope: any cut, join or flipped bit is noticed. */
export function isIssued(signature: Buffer, scope: SignatureScope): boolean {
  const { value: length, end: start } = readVarint(signature, 1);
  if (signature[0] !== TAG || length < NONCE_BYTES || signature.length !== start + length) return false;
  const nonce = signature.subarray(start, start + NONCE_BYTES);
  return bodyOf(nonce, scope, length - NONCE_BYTES).equals(signature.subarray(start + NONCE_BYTES));
}

/** Seven bits to a byte, the lowest first. */
function toVarint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...toVarint(value >>> 7)];
}

const MAX_VARINT_BYTES = 4;

function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = bytes[start + index] ?? 0;
    value += (byte & 127) * 128 ** index;
    if (byte < 128) return { value, end: start + index + 1 };
  }
  return { value: 0, end: start };
}
