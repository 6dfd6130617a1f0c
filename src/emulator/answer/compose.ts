// How an answer comes about: think, draft what was asked for, keep the limits, sign, finish.

import { declaredFunctions } from "../request.ts";
import { numberTrigger } from "../triggers.ts";
import type { Answer, AnswerContext, AnswerPart, Draft } from "./answer.ts";
import { runCode } from "./code.ts";
import { takeHop } from "./continuation.ts";
import { PASSED_RATINGS, specialFinish } from "./finish.ts";
import { functionCalls } from "./functions.ts";
import { draftImage, drawImages } from "./images.ts";
import { applyLimits } from "./limits.ts";
import { placeSignatures } from "./place-signatures.ts";
import {
  citationMetadata,
  groundedText,
  groundingMetadata,
  groundingTokens,
  searchInvocation,
  urlContextMetadata,
} from "./search.ts";
import { playMusic, speakPrompt } from "./sound.ts";
import { structuredText } from "./structured.ts";
import { echoText } from "./text.ts";
import { planThinking, thoughtPart } from "./thinking.ts";
import { textOf, textPart } from "./text-part.ts";

const CALLS_MESSAGE = "Model generated function call(s).";

/** The answer to a checked request; throws an ApiError only for what shows up while answering. */
export async function composeAnswer(context: AnswerContext): Promise<Answer> {
  const { model, request, triggers } = context;
  const planned = planThinking(context);
  const draft = await draftAnswer(context);
  const thoughts = planned.included ? await thoughtParts(context, draft) : [];
  const whole = applyLimits([...thoughts, ...draft.parts], planned, request.generationConfig ?? {});
  const hop = takeHop(context, whole);
  const special = specialFinish(context, hop.parts);
  const finish = special ?? {
    parts: hop.parts,
    finishReason: hop.finishReason,
    ...(hop.parts.some((part) => part.kind === "call") && { finishMessage: CALLS_MESSAGE }),
    ...(hop.continuationToken !== undefined && { continuationToken: hop.continuationToken }),
  };
  const functionsDeclared = declaredFunctions(request).length > 0;
  const { finishReason, ...rest } = finish;
  const signed = placeSignatures(finish.parts, model, hop.thinking, functionsDeclared);
  return {
    ...rest,
    ...signed,
    ...(finishReason !== undefined && !triggers.has("cut") && { finishReason }),
    ...(special === undefined && hop.checkpoint !== undefined && { checkpoint: hop.checkpoint }),
    thinking: hop.thinking,
    earlierTokens: hop.earlierTokens,
    toolUseTokens: draft.toolUseTokens ?? 0,
    ...groundingOf(context, finish.parts),
    ...extrasOf(context, finish.parts),
    ...(draft.urlContextMetadata && { urlContextMetadata: draft.urlContextMetadata }),
  };
}

/** What only triggers ask for. */
function extrasOf(
  { triggers }: AnswerContext,
  parts: readonly AnswerPart[],
): Pick<Answer, "citationMetadata" | "topLogprobs" | "groundsLate" | "safetyRatings"> {
  const topLogprobs = numberTrigger(triggers, "logprobs");
  return {
    groundsLate: triggers.has("late-grounding"),
    ...(triggers.has("citations") && { citationMetadata: citationMetadata(parts.map(textOf).join("")) }),
    ...(topLogprobs !== undefined && { topLogprobs }),
    ...(triggers.has("safety-ratings") && { safetyRatings: PASSED_RATINGS }),
  };
}

/** What the model has to say, by its kind; a chat model calls functions before anything else. */
async function draftAnswer(context: AnswerContext): Promise<Draft> {
  switch (context.model.kind) {
    case "speech":
      return speakPrompt(context);
    case "music":
      return playMusic(context);
    case "transcription":
      return { parts: [textPart(echoText(context))] };
    case "image":
    case "chat": {
      const calls = functionCalls(context);
      if (calls.length > 0) return { parts: [...searchInvocation(context), ...calls] };
      return context.model.kind === "image" ? drawImages(context) : writeAnswer(context);
    }
  }
}

async function writeAnswer(context: AnswerContext): Promise<Draft> {
  const structured = structuredText(context);
  const text = structured ?? [groundedText(context), echoText(context)].filter((piece) => piece !== "").join("\n\n");
  const metadata = urlContextMetadata(context);
  const usesCode = (context.request.tools ?? []).some((tool) => tool.codeExecution !== undefined);
  const run = usesCode && context.prompt.results.length === 0 ? await runCode(context) : undefined;
  return {
    // With code the run tells the answer; a schema still has the last word.
    parts: [
      ...searchInvocation(context),
      ...(run?.parts ?? []),
      ...(run === undefined || structured !== undefined || groundedText(context) !== "" ? [textPart(text)] : []),
    ],
    toolUseTokens: (run?.toolUseTokens ?? 0) + groundingTokens(context),
    ...(metadata && { urlContextMetadata: metadata }),
  };
}

async function thoughtParts(context: AnswerContext, draft: Draft): Promise<readonly AnswerPart[]> {
  const calls = draft.parts.filter((part) => part.kind === "call").length;
  const draws = draft.parts.some((part) => part.kind === "image");
  const plan = calls > 0 ? `I will make ${calls} function call(s).` : draws ? "I sketch first." : "I answer in words.";
  const sketches = context.model.kind === "image" && draws ? [await draftImage(context)] : [];
  return [thoughtPart(context, plan), ...sketches];
}

function groundingOf(context: AnswerContext, parts: readonly AnswerPart[]): Pick<Answer, "groundingMetadata"> {
  const answered = parts.findLast((part) => part.kind === "text");
  const metadata = answered === undefined ? undefined : groundingMetadata(context, textOf(answered));
  return metadata === undefined ? {} : { groundingMetadata: metadata };
}
