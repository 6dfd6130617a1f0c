// What the model is asked: the last turn of a conversation, taken apart once for every kind of answer.

import type { Content, FunctionResponse, GenerateRequest, Part } from "./request.ts";

/** A conversation as the answers see it. */
export interface Prompt {
  /** Text of the last user message; stays the question while function results come in. */
  readonly text: string;
  /** Text of the very last turn; empty when that brings only function results. Triggers are read from here. */
  readonly lastTurnText: string;
  readonly system: string;
  /** Media of the last user message, and of the function results of the last turn. */
  readonly media: readonly Part[];
  /** Function results of the last turn. */
  readonly results: readonly FunctionResponse[];
  /** How many turns of function results came in since that message. */
  readonly steps: number;
  /** What the user said before, oldest first. */
  readonly earlier: readonly string[];
}

/** Takes the prompt from a checked request. */
export function readPrompt(request: GenerateRequest): Prompt {
  const contents = request.contents ?? [];
  const users = contents.filter((content) => content.role !== "model");
  const messages = users.filter((content) => (content.parts ?? []).some(isMessagePart));
  const last = contents.at(-1);
  const results = (last?.parts ?? []).flatMap((part) => part.functionResponse ?? []);
  const question = messages.at(-1);
  const sinceQuestion = question === undefined ? users : users.slice(users.lastIndexOf(question) + 1);
  return {
    text: textOf(question),
    lastTurnText: last?.role === "model" ? "" : textOf(last),
    system: textOf(request.systemInstruction),
    media: [...(question?.parts ?? []).filter(isMedia), ...results.flatMap((result) => result.parts ?? [])],
    results,
    steps: sinceQuestion.length,
    earlier: messages
      .slice(0, -1)
      .map(textOf)
      .filter((text) => text !== ""),
  };
}

const isMedia = (part: Part) => part.inlineData !== undefined || part.fileData !== undefined;

/** Whether a part belongs to a message of the user rather than to a function result. */
export const isMessagePart = (part: Part): boolean => part.functionResponse === undefined;

const textOf = (content: Content | undefined) =>
  (content?.parts ?? []).flatMap((part) => (part.thought === true ? [] : (part.text ?? []))).join("\n");
