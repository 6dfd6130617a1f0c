// The body of generateContent: all candidates at once, keys in the order Google sends them.

import type { Answer, AnswerPart, WirePart } from "./answer/answer.ts";
import { logprobsOf } from "./answer/logprobs.ts";
import { textOf } from "./answer/text-part.ts";
import type { OutputTokens } from "./usage.ts";

/** Makes a fresh thought signature, base64. */
export type IssueSignature = () => string;

/** `candidates` of a unary answer. */
export const toCandidates = (answers: readonly Answer[], issue: IssueSignature): readonly WirePart[] =>
  answers.map((answer, index) => {
    const content = unaryContent(answer, issue);
    return {
      ...(content !== undefined && { content }),
      ...finishFields(answer, index),
      ...(answer.citationMetadata && { citationMetadata: answer.citationMetadata }),
      ...(answer.topLogprobs !== undefined && logprobsOf(answer.parts.map(textOf).join(""), answer.topLogprobs)),
      ...(answer.groundingMetadata && { groundingMetadata: answer.groundingMetadata }),
      ...(answer.urlContextMetadata && { urlContextMetadata: answer.urlContextMetadata }),
    };
  });

/** finishReason, index and what explains the finish. */
export const finishFields = (answer: Answer, index: number): WirePart => ({
  ...(answer.finishReason !== undefined && { finishReason: answer.finishReason }),
  index,
  ...(answer.finishMessage !== undefined && { finishMessage: answer.finishMessage }),
  ...(answer.safetyRatings !== undefined && { safetyRatings: answer.safetyRatings }),
  ...(answer.continuationToken !== undefined && { continuationToken: answer.continuationToken }),
});

function unaryContent(answer: Answer, issue: IssueSignature): WirePart | undefined {
  if (answer.content === "none") return undefined;
  if (answer.content !== undefined) return {};
  const last = answer.parts.length - 1;
  const parts = answer.parts.map((part, index) => signPart(part, part.signed === true || closes(index), issue));
  function closes(index: number): boolean {
    return answer.closingSigned && index === last;
  }
  // All budget thought away: the role alone (recorded).
  return parts.length === 0 ? { role: "model" } : { parts, role: "model" };
}

/** The part as sent, with a signature after its data when it is to be signed. */
export const signPart = (part: Pick<AnswerPart, "wire">, signed: boolean, issue: IssueSignature): WirePart =>
  signed ? { ...part.wire, thoughtSignature: issue() } : part.wire;

/** Output tokens of finished answers together. */
export function countOutput(answers: readonly Answer[]): OutputTokens {
  const parts = answers.flatMap((answer) => (answer.content === undefined ? answer.parts : []));
  const sum = (kinds: (part: AnswerPart) => boolean) =>
    parts.filter(kinds).reduce((total, part) => total + part.tokens, 0);
  return {
    candidates: sum(() => true),
    thoughts: answers.reduce((total, answer) => total + answer.thinking.tokens, 0),
    toolUse: answers.reduce((total, answer) => total + answer.toolUseTokens, 0),
    image: sum((part) => part.kind === "image"),
    audio: sum((part) => part.kind === "audio"),
  };
}
