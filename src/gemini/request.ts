// A ChatRequest as the body of generateContent: the story, told by the leaves beside it.
// What a model would refuse is never sent: it is left out with a warning or, where nothing sensible is left, a Failure names the field.
import { Failure } from "../chat/failures.ts";
import type { ModelProfile } from "../chat/models.ts";
import type { PrepareOptions } from "../chat/ports.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type ChatRequest, ServiceTier } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import { JsonBudget } from "./json-budget.ts";
import type { MappingContext } from "./mapping-context.ts";
import { toMediaResolution } from "./media.ts";
import { toConversation } from "./messages.ts";
import { asksForForm, toImageConfig, toResponseModalities, toTextForm } from "./output.ts";
import { type SafetyDefault, toSafetySettings } from "./safety.ts";
import { toSamplingConfig } from "./sampling.ts";
import { toSpeechConfig } from "./speech.ts";
import { toThinkingConfig } from "./thinking.ts";
import { type ToolUse, toToolUse } from "./tools.ts";
import type { GenerateContentRequest, WireGenerationConfig } from "./wire-request.ts";

/** What the operator decides for all requests. */
export interface RequestDefaults {
  /** Sent when the caller gives none, in Google's words. */
  readonly safetySettings: readonly SafetyDefault[];
  /** Accepts names of objects that lie upstream: caches, file stores. */
  readonly upstreamObjects: boolean;
}

/**
 * The body of generateContent and streamGenerateContent, which countTokens takes too, inside another one. Ready for JSON.stringify; media
 * and signatures stay the base64 text they came as. Pure. Throws a Failure that names the field in ChatRequest.
 */
export function toGenerateContent(
  request: ChatRequest,
  model: ModelProfile,
  raise: RaiseWarning,
  defaults: RequestDefaults,
  { plainSchemas = false }: PrepareOptions = {},
): GenerateContentRequest {
  const { upstreamObjects } = defaults;
  const context: MappingContext = { model, raise, upstreamObjects, plainSchemas, budget: new JsonBudget() };
  const cachedContent = toCachedContent(request, context);
  const effective = cachedContent === undefined ? request : withoutTools(request, raise);
  const form = asksForForm(effective.outputFormat) && model.json;
  const toolUse = toToolUse(effective, form, context);
  const { config, instruction } = toTextForm(effective.outputFormat, excludesForm(toolUse, model), context);
  const conversation = toConversation(effective, instruction, context);
  const generationConfig = toGenerationConfig(effective, config, model, raise);
  return {
    ...conversation,
    ...toolUse,
    ...present({
      cachedContent,
      safetySettings: toSafetySettings(request.safetySettings, defaults.safetySettings, raise),
      generationConfig,
      serviceTier: TIERS[request.serviceTier],
      store: request.store,
      labels: Object.keys(request.labels).length === 0 ? undefined : request.labels,
    }),
  };
}

function toGenerationConfig(
  request: ChatRequest,
  form: WireGenerationConfig,
  model: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig | undefined {
  return present({
    ...toSamplingConfig(request.sampling, model, raise),
    ...form,
    thinkingConfig: toThinkingConfig(request.thinking, model, raise),
    responseModalities: toResponseModalities(request.modalities, model, raise),
    imageConfig: toImageConfig(request.image, model, raise),
    speechConfig: toSpeechConfig(request.speech, model, raise),
    mediaResolution: toMediaResolution(request.mediaResolution, raise),
  });
}

/** JSON output stands beside tools only from Gemini 3 on, and beside functions only in mode AUTO. */
function excludesForm({ tools, toolConfig }: ToolUse, model: ModelProfile): boolean {
  return tools !== undefined && (!model.jsonWithTools || toolConfig?.functionCallingConfig !== undefined);
}

function toCachedContent(
  { cachedContent }: ChatRequest,
  { model, upstreamObjects }: MappingContext,
): string | undefined {
  if (cachedContent === "") return undefined;
  const field = "cached_content";
  if (!upstreamObjects) {
    throw new Failure("UNSUPPORTED_PARAMETER", "Caches of the upstream are not accepted here.", { field });
  }
  if (model.explicitCache) return cachedContent;
  throw new Failure("UNSUPPORTED_PARAMETER", `${model.id} caches only by itself, not by name.`, { field });
}

/** A cache brings its own tools; beside it Gemini refuses those of a request. */
function withoutTools(request: ChatRequest, raise: RaiseWarning): ChatRequest {
  if (request.tools.length > 0) raise("tools_dropped", "tools", "The cache brings its own tools.");
  return { ...request, tools: [], toolChoice: undefined, retrieval: undefined };
}

const TIERS: Readonly<Record<number, GenerateContentRequest["serviceTier"]>> = {
  [ServiceTier.STANDARD]: "standard",
  [ServiceTier.FLEX]: "flex",
  [ServiceTier.PRIORITY]: "priority",
};
