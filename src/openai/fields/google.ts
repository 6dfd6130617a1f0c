// Gemini's own options, under `extra_body.google`; in snake or camel case, and at the top of the body as well.
import { mapped, type Field } from "./field.ts";

const VOICE = "voice_config.prebuilt_voice_config.voice_name";
const SPEAKERS = "multi_speaker_voice_config.speaker_voice_configs[]";

export const GOOGLE_FIELDS: readonly Field[] = [
  mapped(
    "thinking_config.thinking_budget",
    "thinking.budget_tokens",
    "Counts before every other word about thinking.",
    "thinking",
  ),
  mapped("thinking_config.thinking_level", "thinking.level", "The same, in words; not both.", "thinking"),
  mapped("thinking_config.include_thoughts", "thinking.include_thoughts", "Whether thoughts are told.", "thinking"),
  mapped("image_config.aspect_ratio", "image.aspect_ratio", "Such as `16:9`.", "aspectRatios"),
  mapped("image_config.image_size", "image.size", "`512`, `1K`, `2K` or `4K`.", "imageSizes"),
  mapped("speech_config.language_code", "speech.language_code", "The language that is spoken.", "outputs"),
  mapped(`speech_config.${VOICE}`, "speech.voice", "`audio.voice` counts before it.", "outputs"),
  mapped(
    `speech_config.${SPEAKERS}.speaker`,
    "speech.multi_speaker.speakers.speaker",
    "Two speakers, as they are named in the text.",
    "outputs",
  ),
  mapped(`speech_config.${SPEAKERS}.${VOICE}`, "speech.multi_speaker.speakers.voice", "The voice of each.", "outputs"),
  mapped(
    "cached_content",
    "cached_content",
    "A cache by name; only where the operator accepts upstream objects.",
    "explicitCache",
  ),
  mapped("safety_settings[].category", "safety_settings.category", "Gemini's names."),
  mapped("safety_settings[].threshold", "safety_settings.threshold", "Gemini's names."),
  mapped(
    "retrieval_config.lat_lng.latitude",
    "retrieval.lat_lng.latitude",
    "Where maps and search look.",
    "serverTools",
  ),
  mapped(
    "retrieval_config.lat_lng.longitude",
    "retrieval.lat_lng.longitude",
    "Where maps and search look.",
    "serverTools",
  ),
  mapped("retrieval_config.language_code", "retrieval.language_code", "In which language they look.", "serverTools"),
  mapped("media_resolution", "media_resolution", "`low`, `medium` or `high`, for all media."),
  mapped("top_k", "sampling.top_k", "From 1 on.", "sampling"),
  mapped("labels", "labels", "Billing labels, passed on to Google."),
].map((field) => ({ ...field, path: `extra_body.google.${field.path}` }));
