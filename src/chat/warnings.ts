// Everything that can be reported as not honoured: the codes, add-only, and how one is raised.
import type { Warning } from "../gen/gemini/chat/v1/chat_pb.ts";

/** Code → what it means, for the documents; a warning's own message says it for the case. */
export const WARNING_CODES = {
  model_aliased: "The model id is retired or an alias; another one was called.",
  model_suffix: "A suffix of the model id was read as a thinking setting.",
  parameter_ignored: "A parameter has no counterpart and was not sent.",
  parameter_unknown: "A parameter is not known and was not read.",
  value_clamped: "A value was outside the model's limits and was moved to the nearest allowed one.",
  sampling_ignored: "The model ignores temperature, top_p and top_k; they were not sent.",
  penalties_ignored: "The model refuses penalties; they were not sent.",
  logprobs_ignored: "The model gives no log probabilities; they were not asked for.",
  stop_truncated: "Gemini takes five stop sequences; the others were not sent.",
  thinking_adjusted: "The model lacks the thinking setting asked for; the nearest one was used.",
  thinking_ignored: "The model does not think; the setting was not sent.",
  system_as_user_text: "The model takes no system instruction; it was put before the first user text.",
  system_ignored: "The model takes no system instruction; it was not sent.",
  system_in_place:
    "A system message after the model's first answer was sent where it stands, as marked text of the user.",
  trailing_model_turn: "The model refuses requests that end with its own turn; a minimal user turn was added.",
  leading_tool_call: "A conversation cannot begin with a tool call; a minimal user turn was put before it.",
  tool_result_missing: "A tool call had no result; an error result was put in its place.",
  tool_result_orphaned: "A tool result belonged to no call and was left out.",
  tool_choice_adjusted: "Gemini cannot be forced this way; the nearest mode was used.",
  tools_dropped: "The model cannot use these tools together; some were not sent.",
  tool_grammar_ignored: "A custom tool's grammar cannot be enforced; it was described to the model.",
  parallel_tool_calls_ignored: "Gemini cannot be limited to one call at a time.",
  schema_adjusted: "A JSON Schema was rewritten to what Gemini accepts.",
  schema_simplified: "Gemini refused the JSON Schema; the cleaned OpenAPI-subset form of it was sent.",
  json_with_tools: "The model cannot combine JSON output and functions; the schema was put into the instructions.",
  json_as_instruction: "The model has no JSON output; the form was put into the instructions.",
  signature_bypassed: "A tool call came back without its thought signature; Google's documented bypass was sent.",
  signature_invalid: "A signature could not be read and was not sent.",
  media_type_corrected: "The bytes are of another type than said; the bytes decided.",
  media_ignored: "Media stood where the model cannot read it and was not sent.",
  media_resolution_ignored: "The model has no such media resolution; it was not sent.",
  image_options_ignored: "The model cannot shape images this way; the option was not sent.",
  gif_first_frame: "Gemini reads no gif; its first frame was sent as png.",
  audio_format_adjusted: "The sound could not be put into the format asked for; it was sent in another one.",
  voice_mapped: "An OpenAI voice was replaced by a Gemini voice.",
  modality_adjusted: "The model cannot make this combination of outputs; its own was used.",
  audio_reference_ignored: "Earlier audio cannot be referred to; it was left out.",
  part_unsupported: "A part of the answer cannot be said in this format.",
  arguments_invalid: "A tool call's arguments were no JSON object; an empty one was sent.",
  part_ignored: "A part of the conversation means nothing to this model and was left out.",
  message_dropped: "A message had no content and was left out.",
  role_adjusted: "A part cannot stand in a message of this role and was moved or left out.",
  answer_too_long:
    "The stream was too long to be kept until its end; annotations, and parts for the client to send back, were left out. Sources of any answer of more than 1 Mi characters in one call stand where Gemini said.",
  empty_answer: "The model gave nothing; the finish reason says why.",
  service_tier_adjusted: "Another service tier was used.",
  safety_duplicate: "A safety category was given twice; the last one counts.",
  image_missing: "An image or file that an earlier answer held did not come back and was left out.",
  search_options_ignored: "Options of the web search have no counterpart and were not sent.",
} as const;

export type WarningCode = keyof typeof WARNING_CODES;

/** Raises one warning. `param` is a ChatRequest path or, from the OpenAI side, the OpenAI parameter. */
export type RaiseWarning = (code: WarningCode, param: string, message: string) => void;

export function warning(code: WarningCode, param: string, message: string): Warning {
  return { $typeName: "gemini.chat.v1.Warning", code, param, message };
}
