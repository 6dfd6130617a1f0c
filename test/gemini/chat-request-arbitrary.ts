// Any request of the contract: whatever clients put into it, in any order, valid by the contract's rules and nothing more.
import type { MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  CodeResult_Outcome,
  MediaResolution,
  type MediaSchema,
  Modality,
  Role,
  ServiceTier,
  ThinkingLevel,
  ToolChoice_Mode,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { PartInit, RequestInit } from "./mapping.ts";

type Format = NonNullable<RequestInit["outputFormat"]>;
type Speech = NonNullable<RequestInit["speech"]>;
type MediaInit = MessageInitShape<typeof MediaSchema>;

/** The smallest PNG there is: one transparent pixel. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** Any field may be absent. */
const ABSENT: { requiredKeys: never[] } = { requiredKeys: [] };

const text = fc.oneof(
  fc.constantFrom("", " ", "Hello", "Joe: Hi.\nJane: Hey!", "Joe: Hi."),
  fc.string({ maxLength: 20 }),
);
const name = fc.constantFrom("f", "g", "get_weather");
const callId = fc.constantFrom("", "a", "b", "call_abcdefghijkl", "call_abcdefghijkl_x1", "call_abcdefghijkl_x2");
const json = fc.oneof(
  fc.constantFrom("", "{}", '{"$ref":"x"}', '{"__proto__":1}', "[1]", "{"),
  fc.json({ maxDepth: 3 }),
  fc.string(),
);

const resolution = fc.constantFrom(...Object.values(MediaResolution));

const mediaSource = fc.constantFrom(
  { mimeType: "image/png", source: { case: "data" as const, value: PNG } },
  { mimeType: "text/plain", source: { case: "data" as const, value: Buffer.from("Hi") } },
  { mimeType: "audio/wav", source: { case: "data" as const, value: Buffer.from("RIFF") } },
  { mimeType: "video/mp4", source: { case: "data" as const, value: Buffer.from("ftyp") } },
  { mimeType: "application/pdf", source: { case: "data" as const, value: Buffer.from("%PDF-1.7") } },
  { mimeType: "", source: { case: "uri" as const, value: "https://www.youtube.com/watch?v=abc" } },
  { mimeType: "image/png", source: { case: "uri" as const, value: "https://example.test/a.png" } },
);
const media = fc
  .tuple(mediaSource, fc.record({ resolution, video: fc.record({ fps: fc.constantFrom(0.5, 24) }) }, ABSENT))
  .map(([source, more]): MediaInit => ({ ...source, ...more }));

const kind = fc.oneof(
  { weight: 6, arbitrary: text.map((value) => ({ case: "text" as const, value })) },
  { weight: 1, arbitrary: text.map((value) => ({ case: "thought" as const, value })) },
  { weight: 1, arbitrary: text.map((value) => ({ case: "refusal" as const, value })) },
  { weight: 1, arbitrary: media.map((value) => ({ case: "media" as const, value })) },
  {
    weight: 4,
    arbitrary: fc.record({ id: callId, name, arguments: json }).map((value) => ({ case: "toolCall" as const, value })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        toolCallId: callId,
        name: fc.oneof(fc.constant(""), name),
        content: json,
        isError: fc.boolean(),
        media: fc.oneof(
          { weight: 5, arbitrary: fc.constant<MediaInit[]>([]) },
          { weight: 1, arbitrary: fc.array(media, { maxLength: 2 }) },
        ),
      })
      .map((value) => ({ case: "toolResult" as const, value })),
  },
  {
    weight: 1,
    arbitrary: text.map((code) => ({ case: "executableCode" as const, value: { language: "PYTHON", code } })),
  },
  {
    weight: 1,
    arbitrary: text.map((output) => ({
      case: "codeResult" as const,
      value: { outcome: CodeResult_Outcome.OK, output },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      case: "serverToolCall" as const,
      value: { id: "s", toolType: "URL_CONTEXT", argumentsJson: "{}" },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ case: "serverToolResult" as const, value: { id: "s", toolType: "URL_CONTEXT" } }),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ case: "nativePart" as const, value: { json: '{"audioTranscription":{"text":"x"}}' } }),
  },
);

/** The documented strings: a real signature is for one family of models only, and these requests go to all. */
const signature = fc.constantFrom(
  ...["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"].map((word) => Buffer.from(word)),
);

const part = fc
  .record({
    kind,
    signature: fc.option(signature, { nil: undefined }),
    inThought: fc.boolean(),
    style: fc.constantFrom("", "", "sadly"),
  })
  .map(({ kind: value, signature: signed, inThought, style }): PartInit => ({
    kind: value,
    ...(signed && { signature: signed }),
    ...(inThought && value.case !== "text" && value.case !== "thought" && { inThought }),
    style,
  }));

const message = fc.record({
  role: fc.constantFrom(Role.SYSTEM, Role.USER, Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.TOOL),
  parts: fc.array(part, { maxLength: 4 }),
});

const schema = fc.constantFrom(
  "",
  '{"type":"object","properties":{}}',
  '{"$schema":"x","type":"object","properties":{"a":{"$ref":"#/definitions/A","description":"d"}},"definitions":{"A":{"const":"x"}}}',
  '{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"$defs":{"N":{"properties":{"n":{"$ref":"#/$defs/N"}}}}}',
);

const functions = fc
  .uniqueArray(name, { maxLength: 3 })
  .chain((names) =>
    fc.tuple(
      ...names.map((known) =>
        fc.record({ name: fc.constant(known), parametersJsonSchema: schema, strict: fc.boolean() }),
      ),
    ),
  );
const serverTool = fc.constantFrom(
  "codeExecution" as const,
  "googleSearch" as const,
  "urlContext" as const,
  "googleMaps" as const,
  "computerUse" as const,
);

const tools = fc
  .tuple(functions, fc.array(serverTool, { maxLength: 2 }))
  .map(([declared, cases]) => [
    ...declared.map((value) => ({ kind: { case: "function" as const, value } })),
    ...cases.map((tool) => ({ kind: { case: tool, value: {} } })),
  ]);

const outputFormat = fc.oneof(
  fc.constant<Format>({ kind: { case: "jsonObject", value: {} } }),
  schema
    .filter((value) => value !== "")
    .map((value): Format => ({ kind: { case: "jsonSchema", value: { schema: value } } })),
  fc.constant<Format>({ kind: { case: "enumChoice", value: { values: ["a", "b"] } } }),
  fc.constant<Format>({ kind: { case: "text", value: {} } }),
);

const thinking = fc.record(
  {
    control: fc.oneof(
      fc.constantFrom(...Object.values(ThinkingLevel)).map((value) => ({ case: "level" as const, value })),
      fc.integer({ min: -1, max: 100_000 }).map((value) => ({ case: "budgetTokens" as const, value })),
    ),
    includeThoughts: fc.boolean(),
  },
  ABSENT,
);

const penalty = fc.double({ min: -2, max: 2, noNaN: true });
const sampling = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    topK: fc.integer({ min: 1, max: 100 }),
    seed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    maxOutputTokens: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    candidateCount: fc.integer({ min: 1, max: 8 }),
    presencePenalty: penalty,
    frequencyPenalty: penalty,
    stopSequences: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 8 }),
    responseLogprobs: fc.boolean(),
    topLogprobs: fc.integer({ min: 0, max: 20 }),
  },
  ABSENT,
);

const speech = fc.constantFrom<Speech>(
  { voicing: { case: "voice" as const, value: "Kore" }, languageCode: "en-US" },
  {
    voicing: {
      case: "multiSpeaker" as const,
      value: {
        speakers: [
          { speaker: "Joe", voice: "Puck" },
          { speaker: "Jane", voice: "Kore" },
        ],
      },
    },
  },
);

/** Requests without upstream objects; signatures are such as the emulator issues. */
export const chatRequest: fc.Arbitrary<RequestInit> = fc
  .record(
    {
      messages: fc.array(message, { minLength: 1, maxLength: 7 }),
      tools,
      toolChoice: fc.record({
        mode: fc.constantFrom(...Object.values(ToolChoice_Mode)),
        allowedNames: fc.constant<string[]>([]),
      }),
      sampling,
      thinking,
      outputFormat,
      modalities: fc.uniqueArray(fc.constantFrom(Modality.TEXT, Modality.IMAGE, Modality.AUDIO, Modality.VIDEO), {
        maxLength: 3,
      }),
      image: fc.record({
        aspectRatio: fc.constantFrom("", "16:9", "8:1", "7:7"),
        size: fc.constantFrom("", "512", "1K", "4K"),
      }),
      speech,
      mediaResolution: resolution,
      retrieval: fc.record({ languageCode: fc.constant("fr") }),
      serviceTier: fc.constantFrom(...Object.values(ServiceTier)),
    },
    { requiredKeys: ["messages"] },
  )
  .map((request): RequestInit => request);
