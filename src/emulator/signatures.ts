// Thought signatures: issues opaque ones, recognises its own, and knows the two documented bypass strings.

import { createHash } from "node:crypto";
import type { ByteSource } from "./random.ts";

const NONCE_BYTES = 16;

/** 340 base64 characters in all, the low end of the recorded sizes (median 340–1,200). */
const BODY_BYTES = 236;

/** A fixed word, not a secret: any emulator then accepts what another one issued before a restart. */
const BINDING = "gemini-emulator thought signature v1";

/** First bytes of every recorded Gemini 3 signature (`E…` in base64): a length-delimited protobuf field. */
const PREFIX = Buffer.from([0x12, 0xfc, 0x01]);

/** Documented strings for history that has no signature of its own. */
const BYPASSES = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"];

/** The JSON field is `bytes`, so a bypass sent as plain text arrives base64url-decoded; sent as base64, as its ASCII. */
const BYPASS_BYTES = BYPASSES.flatMap((word) => [Buffer.from(word, "base64url"), Buffer.from(word, "ascii")]);

const bodyOf = (nonce: Buffer) =>
  createHash("shake256", { outputLength: BODY_BYTES }).update(BINDING).update(nonce).digest();

/** A new signature, standard base64 as responses carry it. */
export function issueSignature(bytes: ByteSource): string {
  const nonce = bytes(NONCE_BYTES);
  return Buffer.concat([PREFIX, nonce, bodyOf(nonce)]).toString("base64");
}

/** Whether these are the bytes of a documented bypass string. */
export const isBypass = (signature: Buffer) => BYPASS_BYTES.some((bypass) => bypass.equals(signature));

/** Whether the emulator issued exactly these bytes: any cut, join or flipped bit is noticed. */
export function isIssued(signature: Buffer): boolean {
  if (signature.length !== PREFIX.length + NONCE_BYTES + BODY_BYTES) return false;
  const nonce = signature.subarray(PREFIX.length, PREFIX.length + NONCE_BYTES);
  return Buffer.concat([PREFIX, nonce, bodyOf(nonce)]).equals(signature);
}
