// Cuts an answer: at stop sequences, at maxOutputTokens (thinking counted in), or at a number of tokens.

import { cutToTokens } from "../tokens.ts";
import type { GenerationConfig } from "../request.ts";
import type { AnswerPart, Thinking } from "./answer.ts";
import { textOf, textPart } from "./text-part.ts";

/** What is left of an answer, and why it ends. */
export interface Limited {
  readonly parts: readonly AnswerPart[];
  readonly thinking: Thinking;
  readonly finishReason: "STOP" | "MAX_TOKENS";
}

/** Keeps an answer within stop sequences and maxOutputTokens. */
export function applyLimits(parts: readonly AnswerPart[], thinking: Thinking, config: GenerationConfig): Limited {
  const stopped = cutAtStop(parts, config.stopSequences ?? []);
  const limit = config.maxOutputTokens;
  if (limit === undefined) return { parts: stopped, thinking, finishReason: "STOP" };
  // All budget thought away: no visible part, and the thoughts fill the limit.
  const room = limit - thinking.tokens;
  if (room <= 0) {
    const thoughts = parts.filter((part) => part.kind === "thought");
    return { parts: thoughts, thinking: { ...thinking, tokens: limit }, finishReason: "MAX_TOKENS" };
  }
  const needed = countVisible(stopped);
  if (needed <= room) return { parts: stopped, thinking, finishReason: "STOP" };
  return { parts: takeTokens(stopped, room), thinking, finishReason: "MAX_TOKENS" };
}

/** Output tokens of the parts together. */
export const countVisible = (parts: readonly AnswerPart[]): number => parts.reduce((sum, part) => sum + part.tokens, 0);

/** The answer up to the first stop sequence, which is not part of it; later parts are never made. */
function cutAtStop(parts: readonly AnswerPart[], stops: readonly string[]): readonly AnswerPart[] {
  const kept: AnswerPart[] = [];
  for (const part of parts) {
    const text = textOf(part);
    const at = stops
      .filter((stop) => stop !== "")
      .map((stop) => text.indexOf(stop))
      .filter((index) => index >= 0);
    if (at.length === 0) {
      kept.push(part);
    } else {
      const before = text.slice(0, Math.min(...at));
      return before === "" ? kept : [...kept, textPart(before)];
    }
  }
  return kept;
}

/** The first `limit` tokens: whole parts while they fit, then a piece of text; nothing else can be cut. */
export function takeTokens(parts: readonly AnswerPart[], limit: number): readonly AnswerPart[] {
  const kept: AnswerPart[] = [];
  let room = limit;
  for (const part of parts) {
    if (part.tokens > room) {
      const piece = cutToTokens(textOf(part), room);
      return piece === "" ? kept : [...kept, textPart(piece)];
    }
    kept.push(part);
    room -= part.tokens;
  }
  return kept;
}
