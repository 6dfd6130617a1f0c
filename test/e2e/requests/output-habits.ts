// Forms of the answer: JSON, enums, images, sound, and what neighbours call them.
import { text, type RequestHabit } from "./request-case.ts";

const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const format = (schema: object, more: object = {}): object => ({
  response_format: { type: "json_schema", json_schema: { name: "out", schema, ...more } },
});
const json = (responseJsonSchema?: object): object => ({
  generationConfig: { responseMimeType: "application/json", ...(responseJsonSchema && { responseJsonSchema }) },
});

export const OUTPUT_HABITS: RequestHabit = {
  name: "a client that wants a form of answer",
  cases: [
    { title: "of plain text", body: { response_format: { type: "text" } }, arrives: {} },
    { title: "of any JSON", body: { response_format: { type: "json_object" } }, arrives: json() },
    { title: "of a JSON schema", body: format(SCHEMA, { strict: true }), arrives: json(SCHEMA) },
    {
      title: "of a JSON schema with $schema, as the AI SDK sends it",
      body: format({ $schema: "http://json-schema.org/draft-07/schema#", ...SCHEMA }),
      arrives: json(SCHEMA),
    },
    {
      title: "of a schema with $defs, as pydantic writes it",
      body: format({ $defs: { City: SCHEMA }, type: "object", properties: { at: { $ref: "#/$defs/City" } } }),
      arrives: json({ $defs: { City: SCHEMA }, type: "object", properties: { at: { $ref: "#/$defs/City" } } }),
    },
    {
      title: "of a schema with the older definitions",
      body: format({
        definitions: { City: SCHEMA },
        type: "object",
        properties: { at: { $ref: "#/definitions/City" } },
      }),
      arrives: json({ type: "object", properties: { at: { $ref: "#/$defs/City" } }, $defs: { City: SCHEMA } }),
    },
    {
      title: "of a recursive schema",
      body: format({
        $defs: { Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } } },
        $ref: "#/$defs/Node",
      }),
      arrives: json({
        $defs: { Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } } },
        $ref: "#/$defs/Node",
      }),
    },
    {
      title: "of a schema with const",
      body: format({ type: "object", properties: { kind: { const: "a" } } }),
      arrives: json({ type: "object", properties: { kind: { type: "string", enum: ["a"] } } }),
    },
    {
      title: "of a schema with null as one of its types",
      body: format({ type: "object", properties: { a: { type: ["string", "null"] } } }),
      arrives: json({ type: "object", properties: { a: { type: ["string", "null"] } } }),
    },
    {
      title: "of a schema with OpenAPI's nullable",
      body: format({ type: "object", properties: { a: { type: "string", nullable: true } } }),
      arrives: json({ type: "object", properties: { a: { type: ["string", "null"] } } }),
    },
    {
      title: "of a schema with anyOf and null, as zod writes it",
      body: format({ type: "object", properties: { a: { anyOf: [{ type: "number" }, { type: "null" }] } } }),
      arrives: json({ type: "object", properties: { a: { anyOf: [{ type: "number" }, { type: "null" }] } } }),
    },
    {
      title: "of a schema that refers to nowhere",
      body: format({ type: "object", properties: { a: { $ref: "#/$defs/Lost" } } }),
      refused: { param: "response_format.json_schema.schema", code: "invalid_value" },
    },
    {
      title: "of a choice of words, as vLLM says it",
      body: { guided_choice: ["yes", "no"] },
      arrives: {
        generationConfig: { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["yes", "no"] } },
      },
    },
    { title: "of JSON, as vLLM says it", body: { guided_json: SCHEMA }, arrives: json(SCHEMA) },
    {
      title: "of a picture, as OpenRouter says it",
      body: {
        model: "gemini-3.1-flash-image",
        modalities: ["image", "text"],
        image_config: { aspect_ratio: "16:9", image_size: "2K" },
      },
      arrives: {
        generationConfig: {
          responseModalities: ["IMAGE", "TEXT"],
          imageConfig: { aspectRatio: "16:9", imageSize: "2K" },
        },
      },
    },
    {
      title: "of a picture in OpenAI's pixels",
      body: { model: "gemini-3.1-flash-image", size: "1024x1024" },
      arrives: { generationConfig: { responseModalities: ["TEXT", "IMAGE"], imageConfig: { aspectRatio: "1:1" } } },
    },
    {
      title: "of a picture in words of the seed",
      body: { model: "gemini-3.1-flash-image", resolution: "2K", aspect_ratio: "9:16" },
      arrives: {
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          imageConfig: { aspectRatio: "9:16", imageSize: "2K" },
        },
      },
    },
    {
      title: "of a picture of a model that has only one size",
      body: { model: "gemini-2.5-flash-image", image_config: { image_size: "4K" } },
      arrives: { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } },
      warnings: ["image_options_ignored:image_config.image_size"],
    },
    {
      title: "of sound in a voice of OpenAI",
      body: { model: "gemini-3.8-flash-tts", modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } },
      arrives: {
        generationConfig: {
          responseModalities: ["AUDIO"],
          speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
        },
      },
      warnings: ["voice_mapped:audio.voice"],
    },
    {
      title: "of sound in a voice of Gemini",
      body: { model: "gemini-2.5-flash-preview-tts", modalities: ["audio"], audio: { voice: "Puck", format: "pcm16" } },
      arrives: {
        generationConfig: {
          responseModalities: ["AUDIO"],
          speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
        },
      },
    },
    {
      title: "of sound in a format nobody encodes",
      body: { model: "gemini-3.8-flash-tts", modalities: ["audio"], audio: { voice: "Puck", format: "flac" } },
      refused: { param: "audio.format", code: "unsupported_value" },
    },
    {
      title: "of JSON beside functions on 2.5, which must choose",
      body: {
        model: "gemini-2.5-flash-lite",
        ...format(SCHEMA),
        tools: [{ type: "function", function: { name: "f" } }],
      },
      arrives: {
        systemInstruction: {
          parts: [
            text(
              `Answer with a JSON value and nothing else, without code fences. It must obey this JSON Schema:\n${JSON.stringify(SCHEMA)}`,
            ),
          ],
        },
        tools: [{ functionDeclarations: [{ name: "f", description: "" }] }],
      },
      warnings: ["json_with_tools:response_format"],
    },
  ],
};
