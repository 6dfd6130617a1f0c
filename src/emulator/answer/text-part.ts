// Builds text parts, the one kind that limits may cut.

import { countTokens } from "../tokens.ts";
import type { AnswerPart } from "./answer.ts";

/** A part of plain text. */
export const textPart = (text: string): AnswerPart => ({ kind: "text", wire: { text }, tokens: countTokens(text) });

/** The text of a text part; empty for every other kind. */
export const textOf = (part: AnswerPart): string => (part.kind === "text" ? String(part.wire["text"]) : "");
