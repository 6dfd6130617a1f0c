// How an answer ends: what is only known when all of it has come. The last chunks of a stream and the JSON answer say it alike.
import { signatureText } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import { warning } from "../chat/warnings.ts";
import type { Candidate, Part, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { toAnnotations, type Annotation } from "./annotations.ts";
import { nativeFinishReason, toFinishReason, type OpenAiFinishReason } from "./finish.ts";
import type { Delivery } from "./intent.ts";
import { toCitationMetadata, toGroundingMetadata, toSafetyRatings, toUrlContextMetadata } from "./native-metadata.ts";
import { isBeyondOpenAi, toNativeParts } from "./native-parts.ts";
import type { PartRenderer } from "./render.ts";

export interface Closing {
  readonly finishReason: OpenAiFinishReason;
  /** What `content` is when nothing was written to it: null beside calls, sound, a refusal or a filter, else "". */
  readonly bareContent: "" | null;
  readonly annotations: readonly Annotation[];
  /** `extra_content` of the message; undefined when there is nothing for it. */
  readonly extraContent: Readonly<Record<string, unknown>> | undefined;
  /** Members of the choice beside its message. */
  readonly choiceFields: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Warning[];
}

/**
 * Ends candidate `index`, whose parts went through `renderer`. `letGoBytes`, UTF-8 bytes by part, instead of texts that were too long to
 * keep. Throws UPSTREAM_STREAM_TRUNCATED when it has not finished.
 */
export function closeAnswer(
  candidate: Candidate,
  renderer: PartRenderer,
  delivery: Delivery,
  index: number,
  letGoBytes?: readonly number[],
): Closing {
  const { finished, parts } = candidate;
  if (finished === undefined) {
    throw new Failure("UPSTREAM_STREAM_TRUNCATED", `Answer ${index} ended without a finish reason.`);
  }
  const calls = renderer.calls === 0 ? undefined : delivery.legacyFunctions ? "function_call" : "tool_calls";
  const finishReason = toFinishReason(finished.reason, calls);
  const silent = renderer.calls > 0 || renderer.hasAudio || renderer.hasRefusal || finishReason === "content_filter";
  return {
    finishReason,
    bareContent: silent ? null : "",
    annotations: letGoBytes ? [] : toAnnotations(candidate.citations, parts, renderer.offsets),
    extraContent: toExtraContent(parts, letGoBytes === undefined),
    choiceFields: toChoiceFields(candidate, letGoBytes),
    warnings: [
      ...renderer.warnings,
      ...(renderer.isEmpty && finishReason !== "content_filter" ? [emptyAnswer(index)] : []),
      ...(letGoBytes && needsTexts(candidate, renderer.offsets) ? [tooLong(index)] : []),
    ],
  };
}

/** Whether something is left out where the texts were let go. */
function needsTexts({ citations, parts }: Candidate, offsets: ReadonlyMap<number, number>): boolean {
  return citations.some(({ part, uri }) => uri !== "" && offsets.has(part)) || parts.some(isBeyondOpenAi);
}

function tooLong(index: number): Warning {
  return warning(
    "answer_too_long",
    `choices[${index}].message`,
    "The answer was too long to be kept until its end: it has no annotations and no extra_content.google.parts.",
  );
}

function emptyAnswer(index: number): Warning {
  return warning("empty_answer", `choices[${index}].message`, "The model gave neither text nor calls nor media.");
}

function toExtraContent(parts: readonly Part[], haveTexts: boolean): Record<string, unknown> | undefined {
  const signature = textSignature(parts);
  const nativeParts = haveTexts ? toNativeParts(parts) : undefined;
  if (signature === "" && nativeParts === undefined) return undefined;
  return {
    google: {
      ...(signature === "" ? {} : { thought_signature: signature }),
      ...(nativeParts === undefined ? {} : { parts: nativeParts }),
    },
  };
}

/** Gemini signs the last text of an answer (3.x often an empty one at the very end); earlier texts only in `parts`. */
function textSignature(parts: readonly Part[]): string {
  const signed = parts.filter((part) => part.kind.case === "text" && signatureText(part) !== "").at(-1);
  return signed === undefined ? "" : signatureText(signed);
}

function toChoiceFields(
  { parts, citations, finished, safetyRatings, grounding, urlContext }: Candidate,
  letGoBytes: readonly number[] | undefined,
): Record<string, unknown> {
  const nativeReason = finished === undefined ? "" : nativeFinishReason(finished);
  const citationMetadata = toCitationMetadata(citations, parts, letGoBytes);
  return {
    ...(nativeReason ? { native_finish_reason: nativeReason } : {}),
    ...(finished?.message ? { finish_message: finished.message } : {}),
    ...(safetyRatings === undefined ? {} : { safety_ratings: toSafetyRatings(safetyRatings.ratings) }),
    ...(citationMetadata === undefined ? {} : { citation_metadata: citationMetadata }),
    ...(grounding === undefined ? {} : { grounding_metadata: toGroundingMetadata(grounding) }),
    ...(urlContext.length === 0 ? {} : { url_context_metadata: toUrlContextMetadata(urlContext) }),
    ...(finished?.nativeJson ? { native_metadata: JSON.parse(finished.nativeJson) as unknown } : {}),
  };
}
