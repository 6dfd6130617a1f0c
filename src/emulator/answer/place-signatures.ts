// Which parts of an answer carry a thought signature, by the rules observed for each generation.

import type { EmulatedModel } from "../models.ts";
import type { AnswerPart, Thinking } from "./answer.ts";

interface Signed {
  readonly parts: readonly AnswerPart[];
  readonly closingSigned: boolean;
}

/** Marks the parts to sign; `closingSigned` is for the text that ends a Gemini 3 answer. */
export function placeSignatures(
  parts: readonly AnswerPart[],
  model: EmulatedModel,
  thinking: Thinking,
  functionsDeclared: boolean,
): Signed {
  const first = parts.findIndex((part) => part.kind !== "thought");
  if (model.generation < 3) {
    // 2.5 signs the first part after its thoughts, and only when functions are declared.
    const signs = model.generation === 2.5 && thinking.tokens > 0 && functionsDeclared;
    return { parts: parts.map((part, index) => ({ ...part, signed: signs && index === first })), closingSigned: false };
  }
  if (model.kind === "image") {
    // Image models sign the first part that is no thought, and every image.
    const signed = (part: AnswerPart, index: number) => index === first || part.kind === "image";
    return { parts: parts.map((part, index) => ({ ...part, signed: signed(part, index) })), closingSigned: false };
  }
  const firstCall = parts.findIndex((part) => part.kind === "call");
  const signed = (part: AnswerPart, index: number) =>
    // Of parallel calls only the first; at every thinking level, since it will be demanded back at every level.
    index === firstCall || (thinking.tokens > 0 && carriesOne(part));
  return {
    parts: parts.map((part, index) => ({ ...part, signed: signed(part, index) })),
    closingSigned: thinking.tokens > 0 && model.kind === "chat" && parts.at(-1)?.kind === "text",
  };
}

/** executableCode, toolCall and toolResponse do; codeExecutionResult does not. */
const carriesOne = (part: AnswerPart) =>
  part.kind === "code" || part.kind === "toolCall" || "toolResponse" in part.wire;
