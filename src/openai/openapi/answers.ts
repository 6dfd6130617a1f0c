// Shapes of answers, for the OpenAPI description only: answers are written, never checked.
import type { TSchema } from "typebox";
import { Type } from "../shape.ts";

const nullable = <T extends TSchema>(shape: T) => Type.Union([shape, Type.Null()]);
const optional = <T extends TSchema>(shape: T) => Type.Optional(nullable(shape));
const Count = Type.Integer({ minimum: 0 });
const AnyObject = Type.Object({});

const CALL = {
  index: Type.Optional(Type.Integer({ description: "Only in streams." })),
  id: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
  extra_content: Type.Optional(AnyObject),
};
const ToolCall = Type.Union([
  Type.Object({
    ...CALL,
    type: Type.Literal("function"),
    function: Type.Object({ name: Type.String(), arguments: Type.String({ description: "JSON text." }) }),
  }),
  Type.Object({
    ...CALL,
    type: Type.Literal("custom"),
    custom: Type.Object({ name: Type.String(), input: Type.String() }),
  }),
]);
const Image = Type.Object({
  type: Type.Literal("image_url"),
  index: Type.Integer(),
  image_url: Type.Object({ url: Type.String({ description: "A data URL." }) }),
});
const Citation = Type.Object({
  type: Type.Literal("url_citation"),
  url_citation: Type.Object({
    start_index: Type.Integer({ description: "In UTF-16 units of `content`." }),
    end_index: Type.Integer(),
    url: Type.String(),
    title: Type.String(),
  }),
});

const Sound = {
  id: Type.String(),
  data: Type.String({ description: "Base64." }),
  transcript: Type.String(),
  expires_at: Type.Integer(),
};

/** Fields of a message and, in pieces, of a delta. */
const SAID = {
  refusal: optional(Type.String()),
  reasoning_content: Type.Optional(Type.String()),
  reasoning: Type.Optional(Type.String()),
  annotations: Type.Optional(Type.Array(Citation)),
  images: Type.Optional(Type.Array(Image)),
  tool_calls: Type.Optional(Type.Array(ToolCall)),
  function_call: Type.Optional(
    Type.Object({ name: Type.String(), arguments: Type.String(), extra_content: CALL.extra_content }),
  ),
  extra_content: Type.Optional(AnyObject),
};

const Finish = Type.Enum(["stop", "length", "tool_calls", "content_filter", "function_call"]);

/** Members of a choice and, beside its finish reason, of a stream's choice. */
const CHOICE = {
  index: Count,
  logprobs: nullable(AnyObject),
  native_finish_reason: Type.Optional(Type.String({ description: "Gemini's word." })),
  finish_message: Type.Optional(Type.String()),
  safety_ratings: Type.Optional(Type.Array(AnyObject)),
  citation_metadata: Type.Optional(
    Type.Object({}, { description: "Repeated works, also those without a URL, with their licences; in UTF-8 bytes." }),
  ),
  grounding_metadata: Type.Optional(AnyObject),
  url_context_metadata: Type.Optional(AnyObject),
  native_metadata: Type.Optional(Type.Object({}, { description: "What else Gemini told, such as `avgLogprobs`." })),
};
const Choice = Type.Object({
  ...CHOICE,
  message: Type.Object({
    role: Type.Literal("assistant"),
    content: nullable(Type.String()),
    ...SAID,
    audio: Type.Optional(Type.Object(Sound)),
  }),
  finish_reason: Finish,
});
const StreamChoice = Type.Object({
  ...CHOICE,
  delta: Type.Object({
    role: Type.Optional(Type.Literal("assistant")),
    content: optional(Type.String()),
    ...SAID,
    audio: Type.Optional(Type.Partial(Type.Object(Sound), { description: "A piece; `expires_at` is its end." })),
  }),
  finish_reason: nullable(Finish),
});

const Usage = Type.Object({
  prompt_tokens: Count,
  completion_tokens: Type.Integer({ minimum: 0, description: "Thoughts included." }),
  total_tokens: Count,
  prompt_tokens_details: Type.Optional(AnyObject),
  completion_tokens_details: Type.Optional(AnyObject),
  search_queries: Type.Optional(Type.Integer({ description: "Searches of grounding, which are billed." })),
  traffic_type: Type.Optional(Type.String({ description: "Google's word." })),
  estimated: Type.Optional(Type.Literal(true, { description: "Google told no counts: these are the gateway's." })),
});
const Warning = Type.Object({ code: Type.String(), param: Type.String(), message: Type.String() });

const IDENTITY = {
  id: Type.String({ description: "`chatcmpl-…`" }),
  created: Type.Integer({ description: "Unix seconds." }),
  model: Type.String({ description: "As it was asked for." }),
  response_id: Type.Optional(Type.String({ description: "Gemini's id of the answer." })),
  model_version: Type.Optional(Type.String({ description: "The model that really answered." })),
  model_status: Type.Optional(
    Type.Object(
      {
        stage: Type.Optional(Type.String({ description: "Gemini's word, such as `DEPRECATED`." })),
        retirement_time: Type.Optional(Type.String({ description: "RFC 3339." })),
        message: Type.Optional(Type.String()),
      },
      { description: "The model's life stage. In a stream in the first chunk or, when it came late, in the last." },
    ),
  ),
  prompt_safety_ratings: Type.Optional(Type.Array(AnyObject)),
  service_tier: Type.Optional(Type.String()),
  native_service_tier: Type.Optional(Type.String({ description: "Gemini's word, where OpenAI has none." })),
  warnings: Type.Optional(Type.Array(Warning)),
};

const Model = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  created: Type.Integer(),
  owned_by: Type.String(),
  shutdown_date: Type.Optional(Type.String({ description: "`YYYY-MM-DD`" })),
});

/** Components of the OpenAPI document. */
export const ANSWER_SCHEMAS = {
  ChatCompletion: Type.Object({
    ...IDENTITY,
    object: Type.Literal("chat.completion"),
    choices: Type.Array(Choice, { minItems: 1 }),
    usage: Type.Optional(Usage),
  }),
  ChatCompletionChunk: Type.Object({
    ...IDENTITY,
    object: Type.Literal("chat.completion.chunk"),
    choices: Type.Array(StreamChoice),
    usage: optional(Usage),
  }),
  Model,
  ModelList: Type.Object({ object: Type.Literal("list"), data: Type.Array(Model) }),
  Error: Type.Object({
    error: Type.Object({
      message: Type.String(),
      type: Type.Enum(["invalid_request_error", "rate_limit_error", "server_error"]),
      param: nullable(Type.String()),
      code: nullable(Type.String()),
    }),
  }),
};
