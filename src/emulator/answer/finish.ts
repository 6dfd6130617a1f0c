// Special finishes asked for by a trigger: filtered, broken off, malformed, or to be continued.

import { invalidArgument } from "../errors.ts";
import { declaredFunctions } from "../request.ts";
import { FINISH_TRIGGERS, finishTrigger } from "../triggers.ts";
import type { Answer, AnswerContext, AnswerPart } from "./answer.ts";
import { countVisible, dropTokens, takeTokens } from "./limits.ts";

type Finish = Pick<
  Answer,
  "parts" | "finishReason" | "finishMessage" | "safetyRatings" | "content" | "continuationToken"
>;

/** The only continuation token there is; what it continues follows from the identical request. */
const CONTINUATION_TOKEN = Buffer.from("emulator: second half").toString("base64");

/** Applies the finish trigger of the prompt; undefined when there is none. */
export function specialFinish(context: AnswerContext, parts: readonly AnswerPart[]): Finish | undefined {
  const reason = finishTrigger(context.triggers);
  if (context.request.continuationToken !== undefined) return continued(context, parts, reason);
  if (reason === undefined) return undefined;
  if (FINISH_TRIGGERS[reason] === "nothing") return withoutParts(context, reason);
  const half = takeTokens(parts, halfOf(parts));
  switch (reason) {
    case "MAX_TOKENS":
      return { parts: half, finishReason: reason };
    case "CONTINUATION":
      return { parts: half, finishReason: reason, continuationToken: CONTINUATION_TOKEN };
    case "SAFETY":
      return { parts: half, finishReason: reason, content: "withheld", safetyRatings: BLOCKED_RATINGS };
    default:
      return { parts: half, finishReason: reason, content: "withheld" };
  }
}

const halfOf = (parts: readonly AnswerPart[]) => Math.ceil(countVisible(parts) / 2);

const BLOCKED_RATINGS = [{ category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH", blocked: true }];

function continued(context: AnswerContext, parts: readonly AnswerPart[], reason: string | undefined): Finish {
  if (context.request.continuationToken !== CONTINUATION_TOKEN || reason !== "CONTINUATION") {
    throw invalidArgument("Invalid continuation token.");
  }
  return { parts: dropTokens(parts, halfOf(parts)), finishReason: "STOP" };
}

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
