// Names under which signatures are remembered. Every key holds the full licence id, so that no tenant can read another's.
import { createHash } from "node:crypto";
import type { ChatEvent, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { fenceCode, fenceResult } from "./fences.ts";

/** Images are recognised by their length and both ends: hashing megabytes on every turn would cost more than it tells. */
const IMAGE_ENDS_LENGTH = 65_536;

export function callKey(licenceId: string, callId: string): string {
  return `${licenceId}:call:${callId}`;
}

/** For the make-up of an answer without text, which its first call alone tells from all others. */
export function answerKey(licenceId: string, firstCallId: string): string {
  return `${licenceId}:answer:${firstCallId}`;
}

export function imageKey(licenceId: string, base64: string): string {
  const hash = createHash("sha256").update(`${base64.length}:`);
  hash.update(base64.slice(0, IMAGE_ENDS_LENGTH)).update(base64.slice(-IMAGE_ENDS_LENGTH));
  return `${licenceId}:image:${hash.digest("base64url")}`;
}

export function textKey(licenceId: string, text: string): string {
  return `${licenceId}:text:${createHash("sha256").update(text).digest("base64url")}`;
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
