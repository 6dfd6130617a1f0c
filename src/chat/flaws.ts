// Answers that are worth a second try: the model made a mistake and gave nothing. Pure; the second try is made in attempts.ts.
import { FinishReason, type ChatEvent, type StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Attempt } from "./ports.ts";

/** Mistakes of the model that mostly do not happen again (gemini-wire §3.2); all other ends with nothing have causes that stay. */
const MISTAKES: ReadonlySet<FinishReason> = new Set([
  FinishReason.MALFORMED_FUNCTION_CALL,
  FinishReason.MALFORMED_RESPONSE,
  FinishReason.UNEXPECTED_TOOL_CALL,
]);

/**
 * A word for what is wrong with an answer of which nothing was forwarded: Gemini's for a mistake, EMPTY_ANSWER for a natural end with
 * nothing visible. Undefined when it is not known to be wrong, and for a stream as soon as it has content.
 */
export function flawOf(answer: StreamChatResponse, mode: Attempt["mode"]): string | undefined {
  if (mode === "stream" && hasContent(answer)) return undefined;
  const finished = answer.events.findLast(({ event }) => event.case === "finished")?.event;
  if (finished?.case !== "finished") return undefined;
  const { reason, nativeReason } = finished.value;
  if (MISTAKES.has(reason)) return nativeReason;
  return reason === FinishReason.STOP && !answer.events.some(isVisible) ? "EMPTY_ANSWER" : undefined;
}

/** Whether a batch of a stream has what a caller waits for, thoughts included. */
export function hasContent({ events }: StreamChatResponse): boolean {
  return events.some((one) => (one.event.case === "thought" ? one.event.value !== "" : isVisible(one)));
}

export function hasFinish({ events }: StreamChatResponse): boolean {
  return events.some(({ event }) => event.case === "finished");
}

function isVisible({ event }: ChatEvent): boolean {
  switch (event.case) {
    case "text":
      return event.value !== "";
    case "toolCall":
    case "toolResult":
    case "media":
    case "executableCode":
    case "codeResult":
    case "serverToolCall":
    case "serverToolResult":
    case "nativePart":
      return true;
    default:
      return false;
  }
}
