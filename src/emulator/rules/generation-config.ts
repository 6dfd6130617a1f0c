// generationConfig: ranges, abilities the model lacks, and output formats that contradict each other.

import { ApiError, invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import type { GenerateRequest, GenerationConfig } from "../request.ts";

const MAX_STOP_SEQUENCES = 5;
const MAX_CANDIDATES = 8;

const MIME_TYPES = ["text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum"];

/** Throws a 400 for the first field out of range, out of ability or in conflict. */
export function checkGenerationConfig(config: GenerationConfig, model: EmulatedModel, streaming: boolean): void {
  checkCandidates(config, model, streaming);
  checkRanges(config, model);
  checkPenalties(config, model);
  checkLogprobs(config);
  checkOutputFormat(config, model);
}

function checkCandidates(config: GenerationConfig, model: EmulatedModel, streaming: boolean): void {
  const count = config.candidateCount ?? 1;
  if (count < 1 || count > MAX_CANDIDATES) {
    throw invalidArgument(
      `* GenerateContentRequest.generation_config.candidate_count: candidate_count must be in the range [1, ${MAX_CANDIDATES}].\n`,
    );
  }
  const takesSeveral = model.kind === "chat" && model.generation < 3 && !streaming;
  if (count > 1 && !takesSeveral) throw invalidArgument("Multiple candidates is not enabled for this model");
}

const PENALTY_LIMIT = 2;

function checkPenalties({ presencePenalty, frequencyPenalty }: GenerationConfig, model: EmulatedModel): void {
  // Only Gemini 2.5 refuses penalties.
  const isSet = presencePenalty !== undefined || frequencyPenalty !== undefined;
  if (isSet && model.generation === 2.5) throw invalidArgument("Penalty is not enabled for this model");
  for (const [field, value] of Object.entries({
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
  })) {
    if (value !== undefined && !(value >= -PENALTY_LIMIT && value < PENALTY_LIMIT)) {
      throw invalidArgument(
        `* GenerateContentRequest.generation_config.${field}: ${field} must be in the range [-2.0, 2.0).\n`,
      );
    }
  }
}

/** No model of the Gemini API gives log probabilities on request. */
function checkLogprobs({ responseLogprobs, logprobs }: GenerationConfig): void {
  if (responseLogprobs === true) throw invalidArgument("Logprobs is not enabled for this model");
  if (logprobs !== undefined) throw invalidArgument("Logprobs is set but response_logprobs is not.");
}

function checkRanges(config: GenerationConfig, model: EmulatedModel): void {
  const { maxOutputTokens, temperature, topP, stopSequences = [] } = config;
  const path = "* GenerateContentRequest.generation_config";
  // Gemini 4 takes a budget over several requests, everything else at most its own output limit.
  const limit = model.generation >= 4 ? model.inputTokenLimit : model.outputTokenLimit;
  if (maxOutputTokens !== undefined && maxOutputTokens < 1) {
    throw invalidArgument(`${path}.max_output_tokens: max_output_tokens must be positive.\n`);
  }
  if (maxOutputTokens !== undefined && maxOutputTokens > limit) {
    throw invalidArgument(
      `Unable to submit request because it has a maxOutputTokens value of ${maxOutputTokens} but the supported range ` +
        `is from 1 (inclusive) to ${limit + 1} (exclusive). Update the value and try again.`,
    );
  }
  if (temperature !== undefined && (temperature < 0 || temperature > 2)) {
    throw invalidArgument(`${path}.temperature: temperature must be in the range [0.0, 2.0].\n`);
  }
  if (topP !== undefined && (topP < 0 || topP > 1)) {
    throw invalidArgument(`${path}.top_p: top_p must be in the range [0.0, 1.0].\n`);
  }
  if (stopSequences.length > MAX_STOP_SEQUENCES) {
    throw invalidArgument(`${path}.stop_sequences: at most ${MAX_STOP_SEQUENCES} stop sequences are allowed.\n`);
  }
}

function checkOutputFormat(config: GenerationConfig, model: EmulatedModel): void {
  const { responseMimeType = "text/plain", responseSchema, responseJsonSchema } = config;
  const path = "* GenerateContentRequest.generation_config";
  if (!MIME_TYPES.includes(responseMimeType)) {
    const allowed = MIME_TYPES.map((type) => `\`${type}\``).join(", ");
    throw invalidArgument(`${path}.response_mime_type: allowed mimetypes are ${allowed}.\n`);
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw invalidArgument(`${path}: response_schema and response_json_schema must not both be set.\n`);
  }
  const hasSchema = responseSchema !== undefined || responseJsonSchema !== undefined;
  if (hasSchema && responseMimeType === "text/plain") {
    throw invalidArgument(`${path}.response_schema: only allowed when response_mime_type is application/json.\n`);
  }
  if (responseMimeType === "text/x.enum" && !hasSchema) {
    throw invalidArgument(`${path}.response_schema: required when response_mime_type is text/x.enum.\n`);
  }
  if (responseMimeType !== "text/plain" && !model.json) {
    throw invalidArgument(`JSON mode is not enabled for models/${model.id}`);
  }
}

/** The emulator keeps no caches: a reference to one is refused as Google refuses an unknown one. */
export function checkCachedContent(request: GenerateRequest): void {
  if (request.cachedContent === undefined || request.cachedContent === "") return;
  const { systemInstruction, tools, toolConfig } = request;
  if ([systemInstruction, tools, toolConfig].some((field) => field !== undefined)) {
    throw invalidArgument(
      "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.",
    );
  }
  throw new ApiError(403, "CachedContent not found (or permission denied)");
}
