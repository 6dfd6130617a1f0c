// Which field of a ChatRequest an error of Google's is about, as far as that is plain.
import { originOfPart } from "../part-origins.ts";
import type { SentRequest } from "../prepared.ts";
import type { GoogleError } from "./google-error.ts";
import { declarationField } from "./places.ts";

/** Google's path, in snake case, to ours; the first prefix that fits wins. */
const BY_PATH: readonly (readonly [string, string])[] = [
  ["generation_config.temperature", "sampling.temperature"],
  ["generation_config.top_p", "sampling.top_p"],
  ["generation_config.top_k", "sampling.top_k"],
  ["generation_config.seed", "sampling.seed"],
  ["generation_config.max_output_tokens", "sampling.max_output_tokens"],
  ["generation_config.candidate_count", "sampling.candidate_count"],
  ["generation_config.presence_penalty", "sampling.presence_penalty"],
  ["generation_config.frequency_penalty", "sampling.frequency_penalty"],
  ["generation_config.stop_sequences", "sampling.stop_sequences"],
  ["generation_config.response_logprobs", "sampling.response_logprobs"],
  ["generation_config.logprobs", "sampling.top_logprobs"],
  ["generation_config.response_modalities", "modalities"],
  ["generation_config.response_schema", "output_format.json_schema.schema"],
  ["generation_config.response_json_schema", "output_format.json_schema.schema"],
  ["generation_config.response", "output_format"],
  ["generation_config.thinking_config", "thinking"],
  ["generation_config.speech_config", "speech"],
  ["generation_config.image_config", "image"],
  ["generation_config.media_resolution", "media_resolution"],
  ["generation_config", "sampling"],
  ["system_instruction", "messages"],
  ["contents", "messages"],
  ["tools", "tools"],
  ["tool_config.function_calling_config.allowed_function_names", "tool_choice.allowed_names"],
  ["tool_config.retrieval_config", "retrieval"],
  ["tool_config", "tool_choice"],
  ["safety_settings", "safety_settings"],
  ["cached_content", "cached_content"],
  ["service_tier", "service_tier"],
  ["labels", "labels"],
  ["model", "model"],
];

/** By the wording of errors that name no path. */
const BY_TEXT: readonly (readonly [RegExp, string])[] = [
  [/response mime type/i, "output_format"],
  [
    /thought[ _]signature|function (?:call|response) (?:turn|parts)|ending with a model turn|contents is not specified/i,
    "messages",
  ],
  [
    /\bMIME type: \S+|input image|image is not valid|document has no pages|content from the provided URL|URL_R/i,
    "messages",
  ],
  [/^Penalty is not enabled/i, "sampling"],
  [/^Logprobs is not enabled/i, "sampling.response_logprobs"],
  [/^Multiple candidates is not enabled/i, "sampling.candidate_count"],
  [/^Thinking (?:level|budget|is not)|^Budget \d+ is invalid/i, "thinking"],
  [/^Function calling config|^Tool use with function calling|^Multiple tools are supported/i, "tools"],
  [/response modalities|only supports text output|only be used for TTS/i, "modalities"],
  [/^CachedContent|cached? ?content/i, "cached_content"],
];

/** A path in ChatRequest; undefined when the error does not tell. With what was sent it is as exact as the error. */
export function fieldOf(error: GoogleError, sent?: SentRequest): string | undefined {
  for (const path of pathsOf(error)) {
    const exact = sent && (declarationField(path, sent.request) ?? partField(path, sent));
    const known = exact ?? BY_PATH.find(([prefix]) => path.startsWith(prefix))?.[1];
    if (known !== undefined) return known;
  }
  const mimeType = /\bMIME type: ([\w.+/-]+)/.exec(error.message)?.[1];
  const media = mimeType === undefined || sent === undefined ? undefined : mediaField(mimeType, sent);
  return media ?? BY_TEXT.find(([pattern]) => pattern.test(error.message))?.[1];
}

/** The first media of a type that Google does not take. */
function mediaField(mimeType: string, { request }: SentRequest): string | undefined {
  for (const [index, { parts }] of request.messages.entries()) {
    const at = parts.findIndex(({ kind }) => kind.case === "media" && kind.value.mimeType === mimeType);
    if (at >= 0) return `messages[${index}].parts[${at}].media`;
  }
  return undefined;
}

function partField(path: string, sent: SentRequest): string | undefined {
  const [, turn, part] = /^contents\[(\d+)\]\.parts\[(\d+)\]/.exec(path) ?? [];
  return turn === undefined ? undefined : originOfPart(sent, Number(turn), Number(part));
}

/** Places in the body that an error names, in snake case: those of its details, else the one in its text. */
export function pathsOf({ fields, message }: GoogleError): string[] {
  const inText = /\bat '([^']+)'/.exec(message)?.[1] ?? /^\*? ?GenerateContentRequest\.([\w.[\]-]+)/.exec(message)?.[1];
  return [...fields, ...(inText === undefined ? [] : [inText])]
    .filter((path) => path !== "")
    .map((path) => path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
