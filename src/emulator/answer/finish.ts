// Special finishes asked for by a trigger: filtered, broken off, malformed, or empty.

import { declaredFunctions } from "../request.ts";
import { FINISH_TRIGGERS, finishTrigger } from "../triggers.ts";
import type { Answer, AnswerContext, AnswerPart } from "./answer.ts";
import { countVisible, takeTokens } from "./limits.ts";

type Finish = Pick<Answer, "parts" | "finishReason" | "finishMessage" | "safetyRatings" | "content">;

/** Applies the finish trigger of the prompt; undefined when there is none. */
export function specialFinish(context: AnswerContext, parts: readonly AnswerPart[]): Finish | undefined {
  if (context.triggers.has("empty")) return { parts: [], finishReason: "STOP" };
  const reason = finishTrigger(context.triggers);
  if (reason === undefined || reason === "CONTINUATION") return undefined;
  if (FINISH_TRIGGERS[reason] === "nothing") return withoutParts(context, reason);
  const half = takeTokens(parts, Math.ceil(countVisible(parts) / 2));
  switch (reason) {
    case "MAX_TOKENS":
      return { parts: half, finishReason: reason };
    case "SAFETY":
      return { parts: half, finishReason: reason, content: "withheld", safetyRatings: BLOCKED_RATINGS };
    default:
      return { parts: half, finishReason: reason, content: "withheld" };
  }
}

const BLOCKED_RATINGS = [{ category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH", blocked: true }];

/** Ratings of an answer that passed, one for each category that can be set. */
export const PASSED_RATINGS: readonly unknown[] = [
  "HARASSMENT",
  "HATE_SPEECH",
  "SEXUALLY_EXPLICIT",
  "DANGEROUS_CONTENT",
].map((name) => ({ category: `HARM_CATEGORY_${name}`, probability: "NEGLIGIBLE" }));

function withoutParts({ request }: AnswerContext, reason: string): Finish {
  const name = declaredFunctions(request)[0]?.name ?? "undeclared";
  switch (reason) {
    case "MALFORMED_FUNCTION_CALL":
      return {
        parts: [],
        finishReason: reason,
        finishMessage: `Malformed function call: print(default_api.${name}(x=`,
        content: "empty",
      };
    // Recorded from the Gemini API: neither content nor message.
    case "UNEXPECTED_TOOL_CALL":
      return { parts: [], finishReason: reason, content: "none" };
    default:
      return {
        parts: [],
        finishReason: reason,
        content: "empty",
        ...(reason.includes("IMAGE") && {
          finishMessage: "Unable to show the generated image. The model could not generate the image. Support code: 1",
        }),
      };
  }
}
