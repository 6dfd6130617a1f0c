// Names under which signatures are remembered, within what a licence has. They outlive this process: what is kept under a name may never
// change its form, a new form gets new names.
import { createHash, hash, type Hash } from "node:crypto";
import type { Base64 } from "./bytes.ts";
import type { ChatEvent, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { fenceCode, fenceResult } from "./fences.ts";

/** Images are recognised by their length and both ends: hashing megabytes on every turn would cost more than it tells. */
const IMAGE_ENDS_LENGTH = 65_536;

export function callKey(callId: string): string {
  return `call:${callId}`;
}

/** For the make-up of an answer without text, which its first call alone tells from all others. */
export function answerKey(firstCallId: string): string {
  return `answer:${firstCallId}`;
}

export function imageKey(base64: Base64): string {
  const ends = createHash("sha256").update(`${base64.length}:`);
  ends.update(base64.slice(0, IMAGE_ENDS_LENGTH)).update(base64.slice(-IMAGE_ENDS_LENGTH));
  return `image:${ends.digest("base64url")}`;
}

export function textKey(text: string): string {
  return `text:${hash("sha256", text, "base64url")}`;
}

/** At the end of a text: the first half of a surrogate pair. */
const HIGH_SURROGATE_END = /[\ud800-\udbff]$/;
/** So much of a text waits for its digest, in UTF-16 units: nearly every answer is shorter, and most are never asked for their key. */
const UNHASHED_MAX_LENGTH = 65_536;

/** The `textKey` of a text that comes in pieces, without keeping it. */
export class TextDigest {
  /** UTF-16 units so far. */
  length = 0;
  #unhashed = "";
  #hash: Hash | undefined;

  add(piece: string): void {
    this.length += piece.length;
    this.#unhashed += piece;
    if (this.#unhashed.length > UNHASHED_MAX_LENGTH) this.#hashWhole();
  }

  /** Another digest of the text so far, to go on with other pieces. */
  copy(): TextDigest {
    const copy = new TextDigest();
    copy.length = this.length;
    copy.#unhashed = this.#unhashed;
    copy.#hash = this.#hash?.copy();
    return copy;
  }

  /** The key of the text so far. */
  key(): string {
    if (this.#hash === undefined) return textKey(this.#unhashed);
    return `text:${this.#hash.copy().update(this.#unhashed).digest("base64url")}`;
  }

  /** A first half of a surrogate pair waits for the second: alone it would have other bytes. */
  #hashWhole(): void {
    const text = this.#unhashed;
    const end = HIGH_SURROGATE_END.test(text.slice(-1)) ? text.length - 1 : text.length;
    this.#hash ??= createHash("sha256");
    this.#hash.update(text.slice(0, end));
    this.#unhashed = text.slice(end);
  }
}

/** What a part adds to the text of an answer as clients see it: text as it is, executed code as its fences, anything else nothing. */
export function visibleText(part: Part | ChatEvent): string {
  const kind = "kind" in part ? part.kind : part.event;
  if (part.inThought) return "";
  switch (kind.case) {
    case "text":
      return kind.value;
    case "executableCode":
      return fenceCode(kind.value);
    case "codeResult":
      return fenceResult(kind.value);
    default:
      return "";
  }
}
