// Names under which signatures are remembered, within what a licence has. They outlive this process: what is kept under a name may never
// change its form, a new form gets new names.
import { createHash, hash } from "node:crypto";
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
