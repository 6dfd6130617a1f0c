// Shapes of messages and their content parts.
import type { Static, TSchema } from "typebox";
import { maybe } from "./maybe.ts";
import { Type } from "../shape.ts";

/** As many parts as a message of the contract may have. */
export const PARTS_MAX = 1024;
/** Ids of other gateways hold signatures; the longest seen has 1,223 characters. 16 KiB of UTF-8 is the contract's limit. */
const CALL_ID_MAX_LENGTH = 4096;
const NAME_MAX_LENGTH = 64;
const FILE_NAME_MAX_LENGTH = 1024;
const FUNCTION_NAME = Type.String({ minLength: 1, maxLength: 128 });

/** `type` names the branch of a union. */
const BY_TYPE = { discriminator: { propertyName: "type" } };

const Offset = Type.Union([
  Type.Number({ minimum: 0, maximum: 999_999 }),
  Type.String({ pattern: "^[0-9]{1,6}(\\.[0-9]{1,9})?s?$" }),
]);

const VideoMetadata = Type.Object({
  start_offset: maybe(Offset),
  end_offset: maybe(Offset),
  fps: maybe(Type.Number({ exclusiveMinimum: 0, maximum: 24 })),
});

/** What may stand beside any media: the first two are OpenAI's, the others Gemini's. */
const MEDIA_OPTIONS = {
  detail: maybe(Type.Enum(["auto", "low", "medium", "high", "original", "ultra_high"])),
  format: maybe(Type.String({ maxLength: 255 })),
  video_metadata: maybe(VideoMetadata),
};

const SpeechMetadata = Type.Object({
  speaker: maybe(Type.String({ maxLength: 128 })),
  style: maybe(Type.String({ maxLength: 1024 })),
});

const TextPart = Type.Object({
  type: Type.Literal("text"),
  text: Type.String(),
  extra_content: maybe(Type.Object({ google: maybe(Type.Object({ speech_metadata: maybe(SpeechMetadata) })) })),
});
const RefusalPart = Type.Object({ type: Type.Literal("refusal"), refusal: Type.String() });
const MediaUrl = Type.Object({ url: Type.String({ minLength: 1 }), ...MEDIA_OPTIONS });
const ImagePart = Type.Object({ type: Type.Literal("image_url"), image_url: MediaUrl });
const VideoPart = Type.Object({ type: Type.Literal("video_url"), video_url: MediaUrl });
const AudioPart = Type.Object({
  type: Type.Literal("input_audio"),
  input_audio: Type.Object({ data: Type.String({ minLength: 1 }), ...MEDIA_OPTIONS }),
});
const FilePart = Type.Object({
  type: Type.Literal("file"),
  file: Type.Object({
    file_data: maybe(Type.String({ minLength: 1 })),
    file_id: maybe(Type.String({ minLength: 1, maxLength: 1024 })),
    filename: maybe(Type.String({ maxLength: FILE_NAME_MAX_LENGTH })),
    ...MEDIA_OPTIONS,
  }),
});
const UserPart = Type.Union([TextPart, ImagePart, AudioPart, FilePart, VideoPart], BY_TYPE);
const AssistantPart = Type.Union([TextPart, RefusalPart, ImagePart, AudioPart, FilePart, VideoPart], BY_TYPE);

function contentOf<T extends TSchema>(part: T, minItems: number) {
  return Type.Union([Type.String(), Type.Array(part, { minItems, maxItems: PARTS_MAX })]);
}

const SystemMessage = Type.Object({
  role: Type.Enum(["system", "developer"]),
  content: contentOf(TextPart, 1),
  name: maybe(Type.String({ maxLength: NAME_MAX_LENGTH })),
});
const UserMessage = Type.Object({
  role: Type.Literal("user"),
  content: contentOf(UserPart, 1),
  name: maybe(Type.String({ maxLength: NAME_MAX_LENGTH })),
});

/** Google's place for a thought signature, on calls and on messages. */
const SIGNATURE = { thought_signature: maybe(Type.String()) };

const CALL_FIELDS = {
  id: maybe(Type.String({ maxLength: CALL_ID_MAX_LENGTH })),
  extra_content: maybe(Type.Object({ google: maybe(Type.Object(SIGNATURE)) })),
};
const FunctionCall = Type.Object({
  ...CALL_FIELDS,
  type: maybe(Type.Literal("function")),
  function: Type.Object({ name: FUNCTION_NAME, arguments: maybe(Type.String()) }),
});
const CustomCall = Type.Object({
  ...CALL_FIELDS,
  type: Type.Literal("custom"),
  custom: Type.Object({ name: FUNCTION_NAME, input: Type.String() }),
});

const AssistantMessage = Type.Object({
  role: Type.Literal("assistant"),
  content: maybe(contentOf(AssistantPart, 0)),
  refusal: maybe(Type.String()),
  tool_calls: maybe(Type.Array(Type.Union([FunctionCall, CustomCall], BY_TYPE), { maxItems: PARTS_MAX })),
  audio: maybe(Type.Object({ id: maybe(Type.String()) })),
  name: maybe(Type.String({ maxLength: NAME_MAX_LENGTH })),
  extra_content: maybe(
    Type.Object({ google: maybe(Type.Object({ ...SIGNATURE, parts: maybe(Type.Array(Type.Unknown())) })) }),
  ),
});
const ToolMessage = Type.Object({
  role: Type.Literal("tool"),
  content: maybe(contentOf(UserPart, 0)),
  tool_call_id: maybe(Type.String({ maxLength: CALL_ID_MAX_LENGTH })),
  name: maybe(Type.String({ maxLength: NAME_MAX_LENGTH })),
});

export const MessageShape = Type.Union([SystemMessage, UserMessage, AssistantMessage, ToolMessage], {
  discriminator: { propertyName: "role" },
});

export type Message = Static<typeof MessageShape>;
export type AssistantMessage = Static<typeof AssistantMessage>;
export type ToolMessage = Static<typeof ToolMessage>;
export type ContentPart = Static<typeof AssistantPart>;
export type MediaPart = Exclude<ContentPart, { type: "text" | "refusal" }>;
export type CallShape = Static<typeof FunctionCall> | Static<typeof CustomCall>;
