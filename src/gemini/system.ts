// System messages: those before the model first spoke are the instruction, later ones stay where they stand, marked and in the user's role.
// Moved up, a later one would change what earlier answers were given to, and with it the beginning that Google's implicit cache knows.
import type { RaiseWarning } from "../chat/warnings.ts";
import { type Message, Role } from "../gen/gemini/chat/v1/chat_pb.ts";

export interface SystemText {
  readonly texts: string[];
  /** Of the first message with text; undefined: there is none. */
  readonly path: string | undefined;
}

/** Index of the model's first message: system messages after it stand in the conversation. */
export function firstAnswerOf(messages: readonly Message[]): number {
  const index = messages.findIndex(({ role }) => role === Role.ASSISTANT);
  return index < 0 ? messages.length : index;
}

/** The instruction: Gemini takes one, of text only. `end`: the first message that no longer counts. */
export function readInstruction(messages: readonly Message[], end: number, raise: RaiseWarning): SystemText {
  const texts: string[] = [];
  let first: string | undefined;
  for (const [index, message] of messages.slice(0, end).entries()) {
    if (message.role !== Role.SYSTEM) continue;
    const path = `messages[${index}]`;
    const text = systemTextOf(message, path, raise);
    if (text === undefined) continue;
    texts.push(text);
    first ??= path;
  }
  return { texts, path: first };
}

/** The text of a system message; undefined, with a warning, when it has none. */
export function systemTextOf({ parts }: Message, path: string, raise: RaiseWarning): string | undefined {
  const pieces: string[] = [];
  for (const [at, { kind }] of parts.entries()) {
    if (kind.case !== "text")
      raise("media_ignored", `${path}.parts[${at}]`, "A system message can hold only text; this part was left out.");
    else if (kind.value !== "") pieces.push(kind.value);
  }
  const text = pieces.join("\n\n");
  if (text.trim() !== "") return text;
  raise("message_dropped", path, "The message has no text and was left out.");
  return undefined;
}

/** How a later system message is told from the user's words. */
export function markSystem(text: string): string {
  return `<system>\n${text}\n</system>`;
}
