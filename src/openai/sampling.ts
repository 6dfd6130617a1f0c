// How tokens are drawn and how many: temperature, limits, seed, stop texts, log probabilities.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Sampling } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { ChatCompletionBody } from "./schema.ts";

const INT32_MAX = 2_147_483_647;

/** Sampling of a request; undefined when it says nothing of it. Throws INVALID_VALUE. */
export function readSampling(body: ChatCompletionBody, raise: RaiseWarning): Sampling | undefined {
  const said: Omit<Sampling, "$typeName" | "$unknown" | "stopSequences" | "responseLogprobs"> = {};
  if (typeof body.temperature === "number") said.temperature = body.temperature;
  if (typeof body.top_p === "number") said.topP = body.top_p;
  if (typeof body.presence_penalty === "number") said.presencePenalty = body.presence_penalty;
  if (typeof body.frequency_penalty === "number") said.frequencyPenalty = body.frequency_penalty;
  if (typeof body.n === "number") said.candidateCount = body.n;
  if (typeof body.seed === "number") said.seed = toInt32Seed(body.seed, raise);
  const topK = body.extra_body?.google?.top_k;
  if (typeof topK === "number") said.topK = topK;
  const maxOutputTokens = readMaxTokens(body, raise);
  if (maxOutputTokens !== undefined) said.maxOutputTokens = maxOutputTokens;
  const responseLogprobs = body.logprobs ?? false;
  if (typeof body.top_logprobs === "number") {
    if (!responseLogprobs) throw logprobsMissing();
    said.topLogprobs = body.top_logprobs;
  }
  const stopSequences = readStop(body, raise);
  if (Object.keys(said).length === 0 && !responseLogprobs && stopSequences.length === 0) return undefined;
  return { $typeName: "gemini.chat.v1.Sampling", ...said, stopSequences, responseLogprobs };
}

function readMaxTokens(body: ChatCompletionBody, raise: RaiseWarning): number | undefined {
  const { max_completion_tokens: current, max_tokens: old } = body;
  if (typeof current === "number" && typeof old === "number" && current !== old) {
    raise(
      "parameter_ignored",
      "max_tokens",
      "Both 'max_completion_tokens' and 'max_tokens' were given; the former counts.",
    );
  }
  const tokens = current ?? old ?? undefined;
  if (tokens === undefined || tokens <= INT32_MAX) return tokens;
  const param = typeof current === "number" ? "max_completion_tokens" : "max_tokens";
  raise("value_clamped", param, `No model writes so much; ${INT32_MAX} was asked for.`);
  return INT32_MAX;
}

/** OpenAI's seed has 64 bits, Gemini's 32: both halves take part, and a seed that fits stays itself. */
function toInt32Seed(seed: number, raise: RaiseWarning): number {
  if (seed >= -INT32_MAX - 1 && seed <= INT32_MAX) return seed;
  raise("value_clamped", "seed", "Gemini's seeds have 32 bits; the seed was folded into them.");
  const wide = BigInt(seed);
  return Number(BigInt.asIntN(32, wide ^ (wide >> 32n)));
}

function readStop(body: ChatCompletionBody, raise: RaiseWarning): string[] {
  const texts = typeof body.stop === "string" ? [body.stop] : (body.stop ?? []);
  if (texts.includes("")) raise("parameter_ignored", "stop", "An empty stop text ends nothing and was not sent.");
  return texts.filter((text) => text !== "").map((text) => text.toWellFormed());
}

function logprobsMissing(): Failure {
  const message = "Invalid value for 'top_logprobs': it is only allowed when 'logprobs' is true.";
  return new Failure("INVALID_VALUE", message, { field: "top_logprobs" });
}
