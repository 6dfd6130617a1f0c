// What others call the same things: for the documents, and for the test that holds every row of dialects/ against this list.
import { toCamelWord } from "../dialects/google.ts";
import { GoogleShape } from "../schema/google.ts";

export interface Spelling {
  /** Path as in Field. */
  readonly path: string;
  /** Whose word it is. */
  readonly of: string;
  /** The plain field it becomes, or what becomes of it. */
  readonly as: string;
}

function spelling(path: string, of: string, as: string): Spelling {
  return { path, of, as };
}

const GOOGLE = "extra_body.google";
const SIGNATURE = "extra_content.google.thought_signature";

/** Google's options at the top of the body, in either case of letters. */
const AT_THE_TOP: readonly Spelling[] = Object.keys(GoogleShape.properties).flatMap((option) => {
  return [...new Set([option, toCamelWord(option)])].map((path) =>
    spelling(path, "LiteLLM and others", `${GOOGLE}.${option}`),
  );
});

export const SPELLINGS: readonly Spelling[] = [
  spelling("google", "some clients of Google's layer", GOOGLE),
  ...AT_THE_TOP,
  spelling("thinking", "Anthropic, LiteLLM, Envoy", "reasoning, or reasoning_effort none"),
  spelling("thinking_budget", "the seed; also in the query", "reasoning.max_tokens"),
  spelling("close_reasoning_content", "the seed; also in the query", "reasoning.exclude"),
  spelling("return_reasoning_content", "the seed; also in the query", "reasoning.exclude, the other way round"),
  spelling("include_reasoning", "OpenRouter", "reasoning.exclude, the other way round"),
  spelling("aspect_ratio", "the seed; also in the query", `${GOOGLE}.image_config.aspect_ratio`),
  spelling("resolution", "the seed; also in the query", `${GOOGLE}.image_config.image_size`),
  spelling("size", "OpenAI's images API", `${GOOGLE}.image_config`),
  spelling("guided_choice", "vLLM, Envoy", "response_format.enum"),
  spelling("guided_json", "vLLM, Envoy", "response_format.json_schema.schema"),
  spelling("functions", "OpenAI in 2023", "tools; answered in kind"),
  spelling("function_call", "OpenAI in 2023", "tool_choice"),

  spelling("messages[].images", "OpenRouter, LiteLLM", "messages[].content"),
  spelling("messages[].content_blocks", "Portkey", "messages[].content"),
  spelling("messages[].thinking_blocks", "LiteLLM, Envoy", `messages[].${SIGNATURE}`),
  spelling("messages[].reasoning_details", "OpenRouter, Bifrost", `${SIGNATURE} of the call or the message`),
  spelling(
    "messages[].provider_specific_fields",
    "LiteLLM",
    `messages[].${SIGNATURE}, messages[].extra_content.google.parts`,
  ),
  spelling("messages[].function_call", "OpenAI in 2023", "messages[].tool_calls"),
  spelling("messages[].tool_calls[].provider_specific_fields", "LiteLLM", `messages[].tool_calls[].${SIGNATURE}`),
  spelling(
    "messages[].tool_calls[].function.provider_specific_fields",
    "LiteLLM",
    `messages[].tool_calls[].${SIGNATURE}`,
  ),
  spelling("messages[].tool_calls[].function.thought_signature", "Portkey", `messages[].tool_calls[].${SIGNATURE}`),

  spelling("messages[].content[].audio_url", "vLLM", "messages[].content[].input_audio"),
  spelling("messages[].content[].input_video", "gemini-balance", "messages[].content[].file"),
  ...["video_metadata", "videoMetadata", "media_resolution", "mediaResolution", "detail", "fps"].map((field) =>
    spelling(`messages[].content[].${field}`, "vLLM, Qwen, Google", "the same inside the medium"),
  ),
];
