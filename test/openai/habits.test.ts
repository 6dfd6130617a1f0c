// What real clients put into requests with tools, structured output and everything around them: all of it is taken.
import { createValidator } from "@bufbuild/protovalidate";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { outline, read, requestOf } from "./reading.ts";

const validator = createValidator();

/** Codes and parameters of the warnings of a body that must be taken. */
function warningsOf(body: object): string[] {
  const { request, warnings } = read(JSON.parse(JSON.stringify(body)) as object);
  const { kind, error } = validator.validate(ChatRequestSchema, request);
  assert.equal(kind, "valid", String(error));
  return warnings.map(({ code, param }) => `${code}:${param}`);
}

const DRAFT = "http://json-schema.org/draft-07/schema#";
const point = { type: "object", properties: { x: { type: "number" } }, required: ["x"], additionalProperties: false };

/** As they come out of zod, pydantic, TypeBox and by hand. */
const SCHEMAS: Readonly<Record<string, object>> = {
  "$schema and additionalProperties (ai-sdk)": { $schema: DRAFT, ...point },
  "$defs and $ref (pydantic)": {
    $defs: { Point: point },
    properties: { a: { $ref: "#/$defs/Point" } },
    required: ["a"],
    title: "Args",
    type: "object",
  },
  "definitions and a circle (zod-to-json-schema)": {
    definitions: { Node: { type: "object", properties: { next: { $ref: "#/definitions/Node" } } } },
    $ref: "#/definitions/Node",
  },
  "anyOf with null, lists of types, const, enum, default": {
    type: "object",
    properties: {
      a: { anyOf: [{ type: "string" }, { type: "null" }], default: null, title: "A" },
      b: { type: ["integer", "null"], minimum: 0, exclusiveMaximum: 9 },
      c: { const: "x" },
      d: { enum: ["a", 1, null] },
    },
  },
  "format, pattern, limits and propertyNames": {
    type: "object",
    propertyNames: { pattern: "^[a-z]+$" },
    properties: {
      when: { type: "string", format: "date-time" },
      tags: { type: "array", minItems: 1, uniqueItems: true },
    },
  },
  "nothing at all": {},
  "an object without properties": { type: "object", properties: {} },
  "an object without properties, closed": { type: "object", properties: {}, additionalProperties: false, required: [] },
};

describe("a schema with", () => {
  for (const [title, schema] of Object.entries(SCHEMAS)) {
    it(`${title} is taken as parameters and as the form of the answer, strict or not`, () => {
      for (const strict of [true, false, null, undefined]) {
        const tools = [{ type: "function", function: { name: "f", description: "d", parameters: schema, strict } }];
        assert.deepEqual(warningsOf({ tools, tool_choice: "auto", parallel_tool_calls: true }), []);
        const json_schema = { name: "answer", schema, strict };
        assert.deepEqual(warningsOf({ response_format: { type: "json_schema", json_schema } }), []);
      }
    });
  }
});

const call = (text: string): object => ({ id: "call_1", type: "function", function: { name: "f", arguments: text } });
const result = { role: "tool", tool_call_id: "call_1", content: "1" };
const turn = (answer: object): object => ({
  messages: [{ role: "user", content: "q", name: "ann" }, { role: "assistant", ...answer }, result],
});

describe("an earlier answer with", () => {
  for (const [title, answer, parts] of [
    ['arguments ""', { content: null, tool_calls: [call("")] }, ["call call_1 f {}"]],
    ['content "" beside calls', { content: "", tool_calls: [call("{}")] }, ["call call_1 f {}"]],
    ["no content beside calls", { tool_calls: [call("{}")] }, ["call call_1 f {}"]],
    ["empty lists and nulls", { content: "a", tool_calls: [], refusal: null, audio: null, name: null }, ["text a"]],
    ["calls null", { content: "a", tool_calls: null, function_call: null }, ["text a"]],
    ["a name", { content: "a", name: "helper" }, ["text a"]],
    [
      "everything our stream told, folded by a client",
      {
        content: "a",
        reasoning_content: "hm",
        reasoning: "hm",
        annotations: [],
        tool_calls: [{ ...call("{}"), index: 0 }],
      },
      ["text a", "call call_1 f {}"],
    ],
  ] as const) {
    it(`${title} is taken`, () => {
      assert.deepEqual(warningsOf(turn(answer)), []);
      assert.deepEqual(outline(requestOf(turn(answer)).messages[1]?.parts ?? []), parts);
    });
  }
  it("only the id of a sound is left out, with a warning", () =>
    assert.deepEqual(warningsOf(turn({ audio: { id: "audio_1" } })), ["audio_reference_ignored:messages[1].audio"]));
});

describe("a request with", () => {
  const breakpoint = { prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } };
  for (const [title, body, warnings] of [
    ["stream_options beside stream", { stream: true, stream_options: { include_usage: true } }, []],
    ["stream_options null without stream", { stream_options: null }, []],
    ["stream_options null and stream false", { stream: false, stream_options: null }, []],
    ["padding switched off", { stream: true, stream_options: { include_obfuscation: false } }, []],
    [
      "marks for a cache in parts of any role",
      {
        messages: [
          { role: "system", content: [{ type: "text", text: "a", ...breakpoint }] },
          { role: "user", content: [{ type: "text", text: "a", ...breakpoint }] },
          {
            role: "user",
            content: [{ type: "image_url", image_url: { url: "https://example.com/a" }, ...breakpoint }],
          },
        ],
      },
      [],
    ],
    ["tools empty", { tools: [], tool_choice: "none" }, []],
    ["parallel_tool_calls without tools", { parallel_tool_calls: true }, []],
    ["one answer and no log probabilities", { n: 1, logprobs: false, top_logprobs: null }, []],
    ["moderation", { moderation: { model: "omni-moderation-latest" } }, ["parameter_ignored:moderation"]],
    ["a prediction", { prediction: { type: "content", content: "x" } }, ["parameter_ignored:prediction"]],
    ["verbosity", { verbosity: "low" }, ["parameter_ignored:verbosity"]],
    ["one call at a time", { parallel_tool_calls: false }, ["parallel_tool_calls_ignored:parallel_tool_calls"]],
    ["metadata, store and a user", { metadata: { a: "b" }, store: true, user: "u" }, ["parameter_ignored:metadata"]],
    ["words for vLLM", { chat_template_kwargs: { x: 1 } }, ["parameter_unknown:chat_template_kwargs"]],
  ] as const) {
    it(`${title} is taken`, () => assert.deepEqual(warningsOf(body), warnings));
  }
});
