// Words of Gemini's enums by their numbers, for upstreams that encode enums as integers (`enum-encoding=int`, seen 39 times in
// recordings of an old SDK). The numbers are those of google.ai.generativelanguage.v1beta.
import { asText } from "./as-text.ts";

/** Candidate.FinishReason */
export const FINISH_REASONS: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "LANGUAGE",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "IMAGE_SAFETY",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_OTHER",
  "NO_IMAGE",
  "IMAGE_RECITATION",
];

/** PromptFeedback.BlockReason */
export const BLOCK_REASONS: readonly string[] = [
  "BLOCK_REASON_UNSPECIFIED",
  "SAFETY",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "IMAGE_SAFETY",
];

/** HarmCategory; the first six are of PaLM. */
export const HARM_CATEGORIES: readonly string[] = [
  "UNSPECIFIED",
  "DEROGATORY",
  "TOXICITY",
  "VIOLENCE",
  "SEXUAL",
  "MEDICAL",
  "DANGEROUS",
  "HARASSMENT",
  "HATE_SPEECH",
  "SEXUALLY_EXPLICIT",
  "DANGEROUS_CONTENT",
  "CIVIC_INTEGRITY",
].map((name) => `HARM_CATEGORY_${name}`);

/** SafetyRating.HarmProbability */
export const HARM_PROBABILITIES: readonly string[] = [
  "HARM_PROBABILITY_UNSPECIFIED",
  "NEGLIGIBLE",
  "LOW",
  "MEDIUM",
  "HIGH",
];

/** Modality of a token count. */
export const MODALITIES: readonly string[] = ["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"];

/** ExecutableCode.Language */
export const LANGUAGES: readonly string[] = ["LANGUAGE_UNSPECIFIED", "PYTHON"];

/** CodeExecutionResult.Outcome */
export const OUTCOMES: readonly string[] = [
  "OUTCOME_UNSPECIFIED",
  "OUTCOME_OK",
  "OUTCOME_FAILED",
  "OUTCOME_DEADLINE_EXCEEDED",
];

/** UrlMetadata.UrlRetrievalStatus */
export const URL_STATUSES: readonly string[] = ["UNSPECIFIED", "SUCCESS", "ERROR", "PAYWALL", "UNSAFE"].map(
  (name) => `URL_RETRIEVAL_STATUS_${name}`,
);

/** Gemini's word for a value of one of these enums; a number that is not known here stays a number. */
export function enumWord(words: readonly string[], value: string | number): string {
  if (typeof value === "number") return words[value] ?? String(value);
  return asText(value);
}
