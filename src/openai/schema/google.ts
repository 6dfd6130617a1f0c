// Shape of `extra_body.google`: what Gemini has and OpenAI has not, in Google's names.
import type { Static } from "typebox";
import { HarmCategorySchema, SafetySetting_ThresholdSchema } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { maybe } from "./maybe.ts";
import { Type } from "../shape.ts";

const INT32_MAX = 2_147_483_647;

const ThinkingConfig = Type.Object({
  thinking_budget: maybe(Type.Integer({ minimum: -1, maximum: INT32_MAX })),
  thinking_level: maybe(Type.Enum(["minimal", "low", "medium", "high", "xhigh"])),
  include_thoughts: maybe(Type.Boolean()),
});

const ImageConfig = Type.Object({
  aspect_ratio: maybe(Type.String({ pattern: "^[1-9][0-9]?:[1-9][0-9]?$" })),
  image_size: maybe(Type.Enum(["512", "1K", "2K", "4K"])),
});

/** The enum's names but the unspecified one. */
const SafetySetting = Type.Object({
  category: Type.Enum(HarmCategorySchema.values.slice(1).map(({ name }) => name)),
  threshold: Type.Enum(SafetySetting_ThresholdSchema.values.slice(1).map(({ name }) => name.replace("THRESHOLD_", ""))),
});

const VoiceConfig = Type.Object({ prebuilt_voice_config: Type.Object({ voice_name: Type.String() }) });
const Speaker = Type.Object({ speaker: Type.String({ minLength: 1, maxLength: 128 }), voice_config: VoiceConfig });
const SpeechConfig = Type.Object({
  language_code: maybe(Type.String({ maxLength: 64 })),
  voice_config: maybe(VoiceConfig),
  multi_speaker_voice_config: maybe(
    Type.Object({ speaker_voice_configs: Type.Array(Speaker, { minItems: 2, maxItems: 2 }) }),
  ),
});

const RetrievalConfig = Type.Object({
  lat_lng: maybe(
    Type.Object({
      latitude: Type.Number({ minimum: -90, maximum: 90 }),
      longitude: Type.Number({ minimum: -180, maximum: 180 }),
    }),
  ),
  language_code: maybe(Type.String({ maxLength: 64 })),
});

export const GoogleShape = Type.Object({
  thinking_config: maybe(ThinkingConfig),
  image_config: maybe(ImageConfig),
  speech_config: maybe(SpeechConfig),
  cached_content: maybe(Type.String({ maxLength: 512 })),
  safety_settings: maybe(Type.Array(SafetySetting, { maxItems: 16 })),
  retrieval_config: maybe(RetrievalConfig),
  media_resolution: maybe(Type.Enum(["low", "medium", "high"])),
  top_k: maybe(Type.Integer({ minimum: 1, maximum: INT32_MAX })),
  labels: maybe(Type.Record(Type.String(), Type.String(), { maxProperties: 64 })),
});

export type GoogleOptions = Static<typeof GoogleShape>;
