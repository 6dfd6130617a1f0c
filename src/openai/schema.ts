// Shape of the plain request body: OpenAI's chat completion, with Gemini's own options under `extra_body.google`.
// Other spellings have been rewritten to it before (dialects.ts). Fields that are not listed pass unread and are warned about.
import type { Static } from "typebox";
import { GoogleShape } from "./schema/google.ts";
import { maybe } from "./schema/maybe.ts";
import { MessageShape } from "./schema/messages.ts";
import { ToolChoiceShape, ToolShape, TOOLS_MAX, WebSearchOptionsShape } from "./schema/tools.ts";
import { Type } from "./shape.ts";

/** Anything longer has stopped being a conversation; the contract's limit too. */
const MESSAGES_MAX = 2048;
/** Every answer is an upstream call of its own. */
const ANSWERS_MAX = 8;

const MODEL_PATTERN = "^(models/|tunedModels/)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

const ResponseFormat = Type.Union(
  [
    Type.Object({ type: Type.Literal("text") }),
    Type.Object({ type: Type.Literal("json_object") }),
    Type.Object({
      type: Type.Literal("json_schema"),
      json_schema: Type.Object({
        name: Type.String({ minLength: 1, maxLength: 256 }),
        description: maybe(Type.String()),
        schema: maybe(Type.Object({})),
        strict: maybe(Type.Boolean()),
      }),
    }),
    Type.Object({
      type: Type.Literal("enum"),
      enum: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 500 }),
    }),
  ],
  { discriminator: { propertyName: "type" } },
);

const Voice = Type.Union([Type.String({ minLength: 1 }), Type.Object({ id: Type.String({ minLength: 1 }) })]);
const StopText = Type.String({ maxLength: 1024 });
const Tokens = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Penalty = Type.Number({ minimum: -2, maximum: 2 });
const INT64 = 2 ** 63;

export const ChatCompletionBody = Type.Object({
  model: Type.String({ pattern: MODEL_PATTERN }),
  messages: Type.Array(MessageShape, { minItems: 1, maxItems: MESSAGES_MAX }),

  modalities: maybe(Type.Array(Type.Enum(["text", "image", "audio"]), { maxItems: 3 })),
  audio: maybe(Type.Object({ voice: maybe(Voice), format: maybe(Type.String()) })),
  response_format: maybe(ResponseFormat),
  stream: maybe(Type.Boolean()),
  stream_options: maybe(
    Type.Object({ include_usage: maybe(Type.Boolean()), include_obfuscation: maybe(Type.Boolean()) }),
  ),

  max_completion_tokens: maybe(Tokens),
  max_tokens: maybe(Tokens),
  n: maybe(Type.Integer({ minimum: 1, maximum: ANSWERS_MAX, "x-hint": "Every answer is a Gemini call of its own." })),
  temperature: maybe(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: maybe(Type.Number({ minimum: 0, maximum: 1 })),
  presence_penalty: maybe(Penalty),
  frequency_penalty: maybe(Penalty),
  stop: maybe(Type.Union([StopText, Type.Array(StopText, { maxItems: 128 })])),
  seed: maybe(Type.Integer({ minimum: -INT64, maximum: INT64 })),
  logprobs: maybe(Type.Boolean()),
  top_logprobs: maybe(Type.Integer({ minimum: 0, maximum: 20 })),

  tools: maybe(Type.Array(ToolShape, { maxItems: TOOLS_MAX })),
  tool_choice: maybe(ToolChoiceShape),
  parallel_tool_calls: maybe(Type.Boolean()),
  web_search_options: maybe(WebSearchOptionsShape),

  reasoning_effort: maybe(Type.Enum([...EFFORTS])),
  reasoning: maybe(
    Type.Object({
      max_tokens: maybe(Type.Integer({ minimum: -1, maximum: 2_147_483_647 })),
      enabled: maybe(Type.Boolean()),
      exclude: maybe(Type.Boolean()),
    }),
  ),

  service_tier: maybe(Type.Enum(["auto", "default", "standard", "flex", "priority", "scale", "fast"])),
  store: maybe(Type.Boolean()),
  user: maybe(Type.String({ maxLength: 512 })),
  safety_identifier: maybe(Type.String({ maxLength: 512 })),
  prompt_cache_key: maybe(Type.String({ maxLength: 256 })),

  retry_attempt: maybe(Type.Integer({ minimum: 0, maximum: 1000 })),

  extra_body: maybe(Type.Object({ google: maybe(GoogleShape) })),
});

export type ChatCompletionBody = Static<typeof ChatCompletionBody>;
