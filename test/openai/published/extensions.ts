// All that our answers say beyond OpenAI's published shapes. Anything else that is not published is a mistake.

/** A path in an answer (`choices[].message`; "" is the answer itself), and the members that we add there. */
export type Extensions = Readonly<Record<string, readonly string[]>>;

const CHOICE = [
  "native_finish_reason",
  "finish_message",
  "safety_ratings",
  "grounding_metadata",
  "url_context_metadata",
  "citation_metadata",
  "native_metadata",
] as const;

/** Gemini's id of the answer, the model that really answered and its life stage, ratings of the prompt, a tier OpenAI does not know. */
const ANSWER = [
  "warnings",
  "response_id",
  "model_version",
  "model_status",
  "prompt_safety_ratings",
  "native_service_tier",
] as const;

/** Thought signatures, and the parts that OpenAI has no word for. */
const FROM_GEMINI = "extra_content";

const MESSAGE = ["reasoning_content", "reasoning", "images", FROM_GEMINI] as const;

/** Video and documents are counted under names like OpenAI's own. */
const DETAILS = ["text_tokens", "image_tokens", "video_tokens", "document_tokens"] as const;

const USAGE = {
  usage: ["estimated", "search_queries", "traffic_type"],
  "usage.prompt_tokens_details": [...DETAILS, "cached_tokens_details", "tool_use_tokens"],
  "usage.completion_tokens_details": DETAILS,
} as const;

export const COMPLETION_EXTENSIONS: Extensions = {
  "": ANSWER,
  "choices[]": CHOICE,
  "choices[].message": MESSAGE,
  "choices[].message.tool_calls[]": [FROM_GEMINI],
  "choices[].message.function_call": [FROM_GEMINI],
  ...USAGE,
};

export const CHUNK_EXTENSIONS: Extensions = {
  "": ANSWER,
  "choices[]": CHOICE,
  // OpenAI streams sound, sources and calls of custom tools as well, as its package for Node knows; these two publications do not.
  "choices[].delta": [...MESSAGE, "annotations", "audio"],
  "choices[].delta.tool_calls[]": [FROM_GEMINI, "type", "custom"],
  "choices[].delta.function_call": [FROM_GEMINI],
  ...USAGE,
};

/** `shutdown_date` is in the newest types of OpenAI's package for Node. */
export const MODEL_EXTENSIONS: Extensions = { "data[]": ["shutdown_date"] };
