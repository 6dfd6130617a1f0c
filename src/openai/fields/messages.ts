// Fields of messages, of their parts and of their calls.
import { mapped, tolerated, warned, type Field } from "./field.ts";

const PART = "messages[].content[]";
const CALL = "messages[].tool_calls[]";
const MEDIA = "messages.parts.media";
const SIGNATURE = "extra_content.google.thought_signature";

/** What may stand beside any medium: the bytes decide what it is, so a film may come as `input_audio` too. */
const MEDIA_OPTIONS: readonly Field[] = ["image_url", "video_url", "input_audio", "file"].flatMap((kind) => [
  mapped(
    `${PART}.${kind}.detail`,
    `${MEDIA}.resolution`,
    "`low`, `medium`, `high`, `original` or `ultra_high`.",
    "partMediaResolution",
  ),
  mapped(`${PART}.${kind}.format`, `${MEDIA}.mime_type`, "A hint; the bytes decide. Also `mime_type`, `content_type`."),
  mapped(`${PART}.${kind}.video_metadata.start_offset`, `${MEDIA}.video.start`, "Seconds, where a film begins."),
  mapped(`${PART}.${kind}.video_metadata.end_offset`, `${MEDIA}.video.end`, "Seconds, where it ends."),
  mapped(`${PART}.${kind}.video_metadata.fps`, `${MEDIA}.video.fps`, "Frames per second that are looked at."),
]);

export const MESSAGE_FIELDS: readonly Field[] = [
  mapped(
    "messages[].role",
    "messages.role",
    "`system` and `developer` in any place; `function` is the `tool` of 2023.",
    "systemInstruction",
  ),
  mapped("messages[].content", "messages.parts", "Text or parts; media in Markdown become parts of their own."),
  mapped("messages[].name", "messages.name", "Gemini has no place for it: it is not sent."),
  mapped("messages[].refusal", "messages.parts.refusal", "Sent to Gemini as text."),
  mapped(
    "messages[].tool_call_id",
    "messages.parts.tool_result.tool_call_id",
    "Unknown ids are matched by name, then by order.",
  ),
  warned("messages[].audio", "Earlier sound cannot be referred to.", "audio_reference_ignored"),
  mapped(`messages[].${SIGNATURE}`, "messages.parts.signature", "Gemini's signature of an answer without calls."),
  mapped(
    "messages[].extra_content.google.parts",
    "messages.parts",
    "Gemini's own parts of an answer; they count before `content`.",
  ),
  tolerated("messages[].reasoning_content", "Gemini wants the signatures of its thoughts back, not the thoughts."),
  tolerated("messages[].reasoning", "The same."),
  tolerated("messages[].annotations", "Sources of an earlier answer."),

  mapped(
    `${PART}.type`,
    "messages.parts.kind",
    "`text`, `image_url`, `input_audio`, `file`, `video_url`; of an answer also `refusal`.",
  ),
  mapped(`${PART}.text`, "messages.parts.text", "Lone surrogates become U+FFFD."),
  mapped(`${PART}.refusal`, "messages.parts.refusal", "Sent to Gemini as text."),
  mapped(
    `${PART}.extra_content.google.speech_metadata.speaker`,
    "messages.parts.speaker",
    "Who says a text.",
    "verbatimSpeech",
  ),
  mapped(
    `${PART}.extra_content.google.speech_metadata.style`,
    "messages.parts.style",
    "How it is said.",
    "verbatimSpeech",
  ),
  mapped(
    `${PART}.image_url.url`,
    MEDIA,
    "An image, a sound, a film or a document: as data URL, bare base64, http(s) or YouTube URL. The bytes decide the type.",
    "inputs",
  ),
  mapped(`${PART}.video_url.url`, MEDIA, "The same.", "inputs"),
  mapped(`${PART}.input_audio.data`, MEDIA, "The same.", "inputs"),
  mapped(`${PART}.file.file_data`, MEDIA, "The same as `image_url.url`.", "inputs"),
  mapped(
    `${PART}.file.file_id`,
    MEDIA,
    "A name of Google's Files API, where the operator accepts upstream objects, or a URL.",
    "inputs",
  ),
  mapped(`${PART}.file.filename`, `${MEDIA}.name`, "For humans; never sent to Gemini."),
  ...MEDIA_OPTIONS,
  tolerated(`${PART}.prompt_cache_breakpoint`, "Google's cache works by itself."),
  tolerated(`${PART}.cache_control`, "Anthropic's word for the same."),

  mapped(
    `${CALL}.id`,
    "messages.parts.tool_call.id",
    "Ids of other gateways with a signature in them are understood.",
    "callIds",
  ),
  tolerated(`${CALL}.type`, "`function` or `custom`; what stands beside it says it too."),
  mapped(`${CALL}.function.name`, "messages.parts.tool_call.name", "1 to 128 characters."),
  mapped(
    `${CALL}.function.arguments`,
    "messages.parts.tool_call.arguments",
    "Text of a JSON object; empty text is an empty object.",
  ),
  mapped(`${CALL}.custom.name`, "messages.parts.tool_call.name", "A custom tool is a function with one text, `input`."),
  mapped(`${CALL}.custom.input`, "messages.parts.tool_call.arguments", "That text."),
  mapped(
    `${CALL}.${SIGNATURE}`,
    "messages.parts.signature",
    "Gemini's signature of the call; remembered where a client drops it.",
    "signaturesRequired",
  ),
];
