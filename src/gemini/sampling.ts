// How tokens are drawn, and how many: the sampling fields of generationConfig, as far as the model takes them.
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Sampling } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { WireGenerationConfig } from "./wire-request.ts";

/** More of them are a 400. */
const STOP_SEQUENCES_MAX = 5;

/** Penalties go up to 2, but Gemini's range is half open. */
const PENALTY_MAX = 1.999;

/** candidateCount is never among them: several answers take several calls. */
export function toSamplingConfig(
  sampling: Sampling | undefined,
  model: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig {
  if (sampling === undefined) return {};
  return {
    ...toDrawing(sampling, model, raise),
    ...(sampling.seed !== undefined && { seed: sampling.seed }),
    ...toMaxOutputTokens(sampling, model, raise),
    ...toStopSequences(sampling, raise),
    ...toPenalties(sampling, model, raise),
    ...toLogprobs(sampling, model, raise),
  };
}

/** From 3.6-flash and 3.5-flash-lite on they are ignored, and Google announces that they will become an error. */
function toDrawing(sampling: Sampling, model: ModelProfile, raise: RaiseWarning): WireGenerationConfig {
  const { temperature, topP, topK } = sampling;
  if (!model.sampling) {
    for (const name of ["temperature", "topP", "topK"] as const) {
      if (sampling[name] === undefined) continue;
      raise("sampling_ignored", `sampling.${PATHS[name]}`, `${model.id} ignores it; it was not sent.`);
    }
    return {};
  }
  return {
    ...toTemperature(temperature, model, raise),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
  };
}

function toTemperature(
  temperature: number | undefined,
  { id, maxTemperature }: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig {
  if (temperature === undefined || temperature <= maxTemperature)
    return temperature === undefined ? {} : { temperature };
  raise("value_clamped", "sampling.temperature", `${id} takes at most ${maxTemperature}.`);
  return { temperature: maxTemperature };
}

const PATHS = {
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  presencePenalty: "presence_penalty",
  frequencyPenalty: "frequency_penalty",
} as const;

function toMaxOutputTokens(
  { maxOutputTokens }: Sampling,
  model: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig {
  if (maxOutputTokens === undefined) return {};
  const limit = model.outputTokenLimit ?? Infinity;
  if (maxOutputTokens <= limit) return { maxOutputTokens };
  raise("value_clamped", "sampling.max_output_tokens", `${model.id} gives at most ${limit} tokens.`);
  return { maxOutputTokens: limit };
}

function toStopSequences({ stopSequences }: Sampling, raise: RaiseWarning): WireGenerationConfig {
  if (stopSequences.length === 0) return {};
  if (stopSequences.length > STOP_SEQUENCES_MAX) {
    raise("stop_truncated", "sampling.stop_sequences", `Only the first ${STOP_SEQUENCES_MAX} were sent.`);
  }
  return { stopSequences: stopSequences.slice(0, STOP_SEQUENCES_MAX) };
}

function toPenalties(sampling: Sampling, model: ModelProfile, raise: RaiseWarning): WireGenerationConfig {
  const config: WireGenerationConfig = {};
  for (const name of ["presencePenalty", "frequencyPenalty"] as const) {
    const penalty = sampling[name];
    // Many clients always send their default, which is none.
    if (penalty === undefined || penalty === 0) continue;
    const path = `sampling.${PATHS[name]}`;
    if (!model.penalties) {
      raise("penalties_ignored", path, `${model.id} refuses penalties; it was not sent.`);
      continue;
    }
    if (penalty > PENALTY_MAX) raise("value_clamped", path, `Penalties stay below 2; ${PENALTY_MAX} was sent.`);
    config[name] = Math.min(penalty, PENALTY_MAX);
  }
  return config;
}

function toLogprobs(
  { responseLogprobs, topLogprobs }: Sampling,
  model: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig {
  if (!responseLogprobs) return {};
  if (model.logprobs) return { responseLogprobs: true, ...(topLogprobs !== undefined && { logprobs: topLogprobs }) };
  raise("logprobs_ignored", "sampling.response_logprobs", `${model.id} gives no log probabilities.`);
  return {};
}
