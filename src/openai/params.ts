// Where a field of ChatRequest comes from in an OpenAI body: names in failures and warnings that are raised behind the contract.
import { renameParam, type CallerParams } from "./caller-params.ts";

/** Field of ChatRequest → OpenAI parameter; a path below a row belongs to the row. Fields of the same name need none. */
const PARAMS: ReadonlyMap<string, string> = new Map([
  ["sampling.temperature", "temperature"],
  ["sampling.top_p", "top_p"],
  ["sampling.top_k", "extra_body.google.top_k"],
  ["sampling.seed", "seed"],
  ["sampling.max_output_tokens", "max_tokens"],
  ["sampling.candidate_count", "n"],
  ["sampling.presence_penalty", "presence_penalty"],
  ["sampling.frequency_penalty", "frequency_penalty"],
  ["sampling.stop_sequences", "stop"],
  ["sampling.response_logprobs", "logprobs"],
  ["sampling.top_logprobs", "top_logprobs"],
  ["thinking", "reasoning_effort"],
  ["thinking.level", "reasoning_effort"],
  ["output_format", "response_format"],
  ["output_format.json_schema", "response_format.json_schema"],
  ["output_format.json_schema.schema", "response_format.json_schema.schema"],
  ["output_format.enum_choice", "response_format.enum"],
  ["image", "extra_body.google.image_config"],
  ["image.aspect_ratio", "extra_body.google.image_config.aspect_ratio"],
  ["image.size", "extra_body.google.image_config.image_size"],
  ["speech", "audio"],
  ["speech.voice", "audio.voice"],
  ["speech.format", "audio.format"],
  ["speech.language_code", "extra_body.google.speech_config.language_code"],
  ["speech.multi_speaker", "extra_body.google.speech_config.multi_speaker_voice_config"],
  ["media_resolution", "extra_body.google.media_resolution"],
  ["retrieval", "extra_body.google.retrieval_config"],
  ["safety_settings", "extra_body.google.safety_settings"],
  ["cached_content", "extra_body.google.cached_content"],
  ["labels", "extra_body.google.labels"],
  ["conversation_key", "prompt_cache_key"],
  ["end_user", "user"],
  ["tool_choice.mode", "tool_choice"],
  ["tool_choice.allowed_names", "tool_choice"],
]);

/** Such paths are those of Anthropic's dialect of a body too; they are shown as they are. */
const AMBIGUOUS = /^thinking\.(?!level$)/;

const PART = /^messages\[(\d+)\]\.parts\[(\d+)\](.*)$/s;
const SCHEMA = /^(tools\[\d+\]\.function\.)parameters_json_schema/;

/**
 * The OpenAI parameter of a path in ChatRequest; undefined for a path that needs no other name or is an OpenAI parameter already.
 * With `callerParams` of the request's ChatIntent it is what the caller wrote, else near: `messages[2].content[1]`.
 */
export function toOpenAiParam(fieldPath: string, callerParams?: CallerParams): string | undefined {
  const param = toPlainParam(fieldPath, callerParams);
  if (callerParams === undefined || callerParams.renames.size === 0) return param;
  const given = renameParam(param ?? fieldPath, callerParams.renames);
  return given === fieldPath ? undefined : given;
}

function toPlainParam(fieldPath: string, callerParams?: CallerParams): string | undefined {
  const part = PART.exec(fieldPath);
  if (part) {
    const [, message = "", index = "", rest = ""] = part;
    const own = callerParams?.parts[Number(message)]?.[Number(index)] ?? `content[${index}]`;
    return `messages[${message}].${belowMedia(own, rest) ?? own + belowCall(own, rest)}`;
  }
  if (SCHEMA.test(fieldPath)) return fieldPath.replace(SCHEMA, "$1parameters");
  const own = callerParams && nearest(fieldPath, callerParams.fields);
  if (own !== undefined) return own;
  return AMBIGUOUS.test(fieldPath) ? undefined : nearest(fieldPath, PARAMS);
}

const MEDIUM = /^(.*\b(?:image_url|video_url|input_audio|file))\.(?:url|data|file_data|file_id)$/;

/** The options of a medium stand beside its content: `content[1].image_url.detail`. */
function belowMedia(own: string, rest: string): string | undefined {
  const option = rest.startsWith(".media.resolution") ? "detail" : rest.startsWith(".media.video") && "video_metadata";
  const [, medium] = (option && MEDIUM.exec(own)) || [];
  return medium && `${medium}.${option}`;
}

/** Of the other parts only a call has fields that OpenAI names too. */
function belowCall(own: string, rest: string): string {
  if (!/^tool_calls\[\d+\]$/.test(own)) return "";
  if (rest.startsWith(".tool_call.id")) return ".id";
  if (rest.startsWith(".tool_call.name")) return ".function.name";
  return rest.startsWith(".tool_call.arguments") ? ".function.arguments" : "";
}

/** What is known of a path, or of the nearest one above it: of "a.b[0].c" under "a.b.c", "a.b" or "a". */
function nearest(fieldPath: string, known: ReadonlyMap<string, string>): string | undefined {
  let path = fieldPath.replace(/\[\d+\]/g, "");
  for (;;) {
    const own = known.get(path);
    const dot = path.lastIndexOf(".");
    if (own !== undefined || dot < 0) return own;
    path = path.slice(0, dot);
  }
}
