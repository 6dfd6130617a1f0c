// The body's own fields: all of OpenAI's, and the few plain ones that are not OpenAI's.
import { mapped, tolerated, warned, type Field } from "./field.ts";

export const BODY_FIELDS: readonly Field[] = [
  mapped(
    "model",
    "model",
    "A Gemini model id, an alias, or an id with a thinking suffix such as `-thinking`, `-thinking-2048`, `-nothinking`, `-low`.",
  ),
  mapped(
    "modalities",
    "modalities",
    "With `audio` sound comes in `message.audio`, with `image` pictures in `message.images`; else both stand as links in `content`.",
    "outputs",
  ),
  mapped("audio.voice", "speech.voice", "Gemini's voices, or OpenAI's, which are mapped with a warning.", "outputs"),
  mapped("audio.voice.id", "speech.voice", "The same as an object.", "outputs"),
  mapped(
    "audio.format",
    "speech.format",
    "The container of generated sound; one that cannot be made is refused.",
    "outputs",
  ),

  mapped(
    "max_completion_tokens",
    "sampling.max_output_tokens",
    "Visible and thinking tokens together, as at OpenAI.",
    "outputTokenLimit",
  ),
  mapped("max_tokens", "sampling.max_output_tokens", "The older name of the same.", "outputTokenLimit"),
  mapped("n", "sampling.candidate_count", "At most 8; every answer is a Gemini call of its own."),
  mapped("temperature", "sampling.temperature", "From 0 to 2.", "sampling"),
  mapped("top_p", "sampling.top_p", "From 0 to 1.", "sampling"),
  mapped("presence_penalty", "sampling.presence_penalty", "From -2 to 2.", "penalties"),
  mapped("frequency_penalty", "sampling.frequency_penalty", "From -2 to 2.", "penalties"),
  mapped("stop", "sampling.stop_sequences", "Gemini takes five."),
  mapped("seed", "sampling.seed", "Gemini's seeds have 32 bits; longer ones are folded into them, with a warning."),
  mapped("logprobs", "sampling.response_logprobs", "Log probabilities of the answer's tokens.", "logprobs"),
  mapped("top_logprobs", "sampling.top_logprobs", "Only with `logprobs`.", "logprobs"),
  warned("logit_bias", "Gemini's tokens are not OpenAI's, and it takes no bias."),

  mapped("stream", "delivery.stream", "Server-sent events."),
  mapped("stream_options.include_usage", "delivery.includeUsage", "A last chunk with usage."),
  warned(
    "stream_options.include_obfuscation",
    "Chunks are not padded; `false` is what always happens.",
    "parameter_ignored",
  ),

  mapped(
    "response_format.type",
    "output_format",
    "`text`, `json_object`, `json_schema`, and `enum` for one of a list of words.",
    "json",
  ),
  mapped("response_format.json_schema.name", "output_format.json_schema.name", "Required beside a schema.", "json"),
  mapped("response_format.json_schema.description", "output_format.json_schema.description", "For the model.", "json"),
  mapped("response_format.json_schema.schema", "output_format.json_schema.schema", "Ordinary JSON Schema.", "json"),
  mapped(
    "response_format.json_schema.strict",
    "output_format.json_schema.strict",
    "Gemini always obeys the schema.",
    "json",
  ),
  mapped("response_format.enum", "output_format.enum_choice.values", "The words of `enum`.", "json"),

  mapped(
    "tool_choice",
    "tool_choice",
    "`none`, `auto`, `required`, one function, or a list of allowed ones. Gemini's own tools cannot be forced.",
  ),
  warned(
    "parallel_tool_calls",
    "Gemini cannot be limited to one call at a time; `true` is what always happens.",
    "parallel_tool_calls_ignored",
  ),
  mapped("web_search_options", "tools.google_search", "Google's search.", "serverTools"),
  warned("web_search_options.search_context_size", "Google's search has no such option.", "search_options_ignored"),
  warned("web_search_options.user_location", "Google's search has no such option.", "search_options_ignored"),

  mapped(
    "reasoning_effort",
    "thinking.level",
    "Thoughts come in `reasoning_content` and `reasoning`, never in `content`.",
    "thinking",
  ),
  mapped(
    "reasoning.max_tokens",
    "thinking.budget_tokens",
    "OpenRouter's. A budget of thinking tokens; -1 leaves it to the model.",
    "thinking",
  ),
  mapped(
    "reasoning.enabled",
    "thinking.budget_tokens",
    "OpenRouter's. The model thinks as much as it likes, or not at all.",
    "thinking",
  ),
  mapped("reasoning.exclude", "thinking.include_thoughts", "OpenRouter's. Thoughts are not told.", "thinking"),
  tolerated("reasoning.summary", "Thoughts are told as summaries, in one kind."),

  mapped(
    "service_tier",
    "service_tier",
    "`flex`, `priority`, `default`; OpenAI's other tiers become the standard one, with a warning.",
  ),
  mapped("store", "store", "Whether Google may keep the exchange in its request log."),
  mapped("user", "end_user", "For the operator's records; never sent to Google."),
  mapped("safety_identifier", "end_user", "Counts before `user`."),
  mapped(
    "prompt_cache_key",
    "conversation_key",
    "Keeps a conversation on one Google project, where its cache can hit.",
  ),
  mapped("retry_attempt", "maxAttempts", "The seed's. How often a failed call is made again; also in the query."),

  warned("metadata", "Nothing is kept that could be labelled."),
  warned("moderation", "Gemini's own filters decide; see `extra_body.google.safety_settings`."),
  warned("prediction", "Gemini takes no predicted output."),
  warned("prompt_cache_options", "Google's cache has no such options."),
  warned("prompt_cache_retention", "Google's cache has no such options."),
  warned("verbosity", "Gemini has no such setting."),
  warned("guided_regex", "vLLM's. Gemini cannot be held to a regular expression."),
  tolerated(
    "include_server_side_tool_invocations",
    "LiteLLM's. What Google's tools did always stands in `extra_content.google.parts`.",
  ),
];
