// The members that chunks and whole answers have in common, in OpenAI's shapes: calls, images, log probabilities, warnings, tier, sound.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  ServiceTier,
  type Logprobs,
  type ModelStatus,
  type Started,
  type TokenLogprob,
  type Usage,
  type Warning,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import type { CallerParams } from "./caller-params.ts";
import type { AnswerIdentity } from "./intent.ts";
import { toSafetyRatings } from "./native-metadata.ts";
import { toOpenAiParam } from "./params.ts";
import type { RenderedCall, RenderedMedia } from "./render.ts";

/** What the request's ChatIntent knows that an answer says too; the intent itself will do. */
export interface AnswerExtras {
  /** Warnings of the edge, known before the call; `param` is already an OpenAI parameter. */
  readonly warnings: readonly Warning[];
  /** Names parameters as the caller did; see `toOpenAiParam`. */
  readonly callerParams?: CallerParams;
}

export interface OpenAiWarning {
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/** A warning of the edge: its `param` is an OpenAI parameter already. */
export function toEdgeWarning({ code, param, message }: Warning): OpenAiWarning {
  return { code, param, message };
}

/** A warning of the service or about the answer: its `param` is a path of ChatRequest, or a word of its own, which stays. */
export function toOpenAiWarning(
  { code, param, message }: Warning,
  callerParams: CallerParams | undefined,
): OpenAiWarning {
  return { code, param: toOpenAiParam(param, callerParams) ?? param, message };
}

/** What Gemini told of the answer at its beginning, the tier excepted. */
type Origin = Pick<Started, "responseId" | "modelVersion" | "modelStatus" | "promptSafetyRatings">;

/** Members of an answer for which OpenAI has no words: Gemini's id of it, the model that really answered, its life stage. */
export function toOrigin({ responseId, modelVersion, modelStatus, promptSafetyRatings }: Origin) {
  return {
    ...(responseId === "" ? {} : { response_id: responseId }),
    ...(modelVersion === "" ? {} : { model_version: modelVersion }),
    ...(modelStatus === undefined ? {} : { model_status: toModelStatus(modelStatus) }),
    ...(promptSafetyRatings === undefined
      ? {}
      : { prompt_safety_ratings: toSafetyRatings(promptSafetyRatings.ratings) }),
  };
}

export function toModelStatus({ stage, retirementTime, message }: ModelStatus) {
  return {
    ...(stage === "" ? {} : { stage }),
    ...(retirementTime === undefined ? {} : { retirement_time: timestampDate(retirementTime).toISOString() }),
    ...(message === "" ? {} : { message }),
  };
}

/** The tier that served, in OpenAI's word or, where it has none, in Gemini's. */
export function toTier({ serviceTier, nativeServiceTier }: Pick<Usage, "serviceTier" | "nativeServiceTier">) {
  const word = toServiceTier(serviceTier);
  if (word !== undefined) return { service_tier: word };
  return nativeServiceTier === "" ? {} : { native_service_tier: nativeServiceTier };
}

function toServiceTier(tier: ServiceTier): string | undefined {
  switch (tier) {
    case ServiceTier.STANDARD:
      return "default";
    case ServiceTier.FLEX:
      return "flex";
    case ServiceTier.PRIORITY:
      return "priority";
    default:
      return undefined;
  }
}

/** An entry of `tool_calls` without `index`. */
export function toToolCall(call: RenderedCall) {
  const called = call.custom
    ? { type: "custom", custom: { name: call.name, input: inputOf(call) } }
    : { type: "function", function: { name: call.name, arguments: call.arguments } };
  return { id: call.id, ...called, ...signatureOf(call) };
}

/** The text a custom tool is called with; where the model gave something else, that is the text. */
function inputOf({ arguments: text }: RenderedCall): string {
  const { input } = JSON.parse(text) as { input?: unknown };
  return typeof input === "string" ? input : text;
}

/** `function_call` of the old kind. */
export function toFunctionCall(call: RenderedCall) {
  return { name: call.name, arguments: call.arguments, ...signatureOf(call) };
}

/** An entry of `images`. The index is there because openai-python merges list entries by it. */
export function toImage({ head, data, imageIndex }: RenderedMedia) {
  return { type: "image_url", index: imageIndex, image_url: { url: head + data } };
}

/** `logprobs` of a choice. */
export function toLogprobs(logprobs: Logprobs) {
  return {
    content: logprobs.tokens.map((token) => ({
      ...toTokenLogprob(token),
      top_logprobs: token.top.map(toTokenLogprob),
    })),
    refusal: null,
  };
}

/** Members of `audio` that are known from the start. The id only has to be unique: sound is never kept to be referred to. */
export function audioIdentity(identity: AnswerIdentity, candidate: number) {
  return {
    id: `audio_${identity.id.replace(/^chatcmpl-/, "")}${candidate === 0 ? "" : `_${candidate}`}`,
    transcript: "",
  };
}

/** When the sound can no longer be referred to by its id: at once. */
export function audioExpiry(identity: AnswerIdentity): number {
  return identity.created;
}

function signatureOf({ signature }: RenderedCall) {
  return signature === "" ? {} : { extra_content: { google: { thought_signature: signature } } };
}

/** What OpenAI writes for a token that is all but impossible; JSON has no word for the logarithm of nothing. */
const ALL_BUT_IMPOSSIBLE = -9999;

function toTokenLogprob({ token, logprob }: TokenLogprob) {
  return { token, logprob: Number.isFinite(logprob) ? logprob : ALL_BUT_IMPOSSIBLE, bytes: [...Buffer.from(token)] };
}
