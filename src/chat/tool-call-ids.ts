// Ids of tool calls: ours carry Gemini's own id inside, so that it needs no memory to give it back.
// Form: `call_<12 random>` and, when Gemini gave an id that fits, `_<Gemini's id>`; at most 64 characters of [A-Za-z0-9_-], because
// clients and other providers cut or reject anything longer or stranger.
import { randomBytes } from "node:crypto";

const MAX_ID_LENGTH = 64;
const RANDOM_LENGTH = 12;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const OURS = /^call_[A-Za-z0-9]{12}(?:_([A-Za-z0-9_-]+))?$/;
const EMBEDDABLE = /^[A-Za-z0-9_-]+$/;

/** A new id for a call; Gemini's id may be empty (before Gemini 3 it gives none). */
export function mintToolCallId(geminiId: string): string {
  const id = `call_${randomWord(RANDOM_LENGTH)}`;
  const longer = `${id}_${geminiId}`;
  const fits = EMBEDDABLE.test(geminiId) && longer.length <= MAX_ID_LENGTH;
  // What looks like a signature in an id would be read as one.
  return fits && splitForeignId(longer) === undefined ? longer : id;
}

/**
 * Gemini's id inside an id that came back; "" when there is none. An id of another origin was never Gemini's; one of ours may have
 * got a signature appended by a gateway between.
 */
export function geminiCallId(id: string): string {
  const own = splitForeignId(id)?.id ?? id;
  return OURS.exec(own)?.[1] ?? "";
}

/**
 * The signature that other gateways hide in an id, as base64: LiteLLM `…__thought__<base64>`, Bifrost `…_ts_<base64url>`.
 * Undefined when there is none or it is no base64 (a client may have cut it).
 */
export function signatureInForeignId(id: string): string | undefined {
  return splitForeignId(id)?.signature;
}

function splitForeignId(id: string): { readonly id: string; readonly signature: string | undefined } | undefined {
  for (const mark of ["__thought__", "_ts_"]) {
    const at = id.indexOf(mark);
    if (at < 1) continue;
    const text = id.slice(at + mark.length);
    if (text.length > 0 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
      return { id: id.slice(0, at), signature: toStandardBase64(text) };
    }
  }
  return undefined;
}

function toStandardBase64(text: string): string | undefined {
  const bytes = Buffer.from(text, "base64");
  const unpadded = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  const standard = bytes.toString("base64");
  return standard.replace(/=+$/, "") === unpadded ? standard : undefined;
}

function randomWord(length: number): string {
  let word = "";
  for (const byte of randomBytes(length)) word += ALPHABET[byte % ALPHABET.length];
  return word;
}
