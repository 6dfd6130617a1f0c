// Whole requests: the ones the product was asked for, the ones real clients send, and any JSON at all.
import { toBinary } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { ChatIntent } from "../../src/openai/intent.ts";
import { readChatCompletion } from "../../src/openai/request.ts";
import { anyBody, anyJson } from "./bodies.ts";
import { hello, outline, read, refusalOf } from "./reading.ts";

const validator = createValidator();
const plainHeaders = { headers: { strict: false, images: undefined } };

/** What becomes of a body; fails on anything but an intent that the contract accepts, or a 4xx. */
function outcomeOf(body: unknown): ChatIntent | Failure {
  let intent: ChatIntent;
  try {
    intent = readChatCompletion(body, plainHeaders);
  } catch (error) {
    assert(error instanceof Failure, String((error as Error).stack));
    assert(error.row.httpStatus >= 400 && error.row.httpStatus < 500, error.reason);
    return error;
  }
  const result = validator.validate(ChatRequestSchema, intent.request);
  assert.equal(result.kind, "valid", String(result.error));
  assert(toBinary(ChatRequestSchema, intent.request).length > 0);
  return intent;
}

function accepted(body: object): ChatIntent {
  const outcome = outcomeOf(JSON.parse(JSON.stringify(body)));
  if (outcome instanceof Failure) throw outcome;
  return outcome;
}

describe("the seven uses of the product", () => {
  const PNG = Buffer.from("a file").toString("base64");
  const question = (text: string, url: string): object[] => [
    {
      role: "user",
      content: [
        { type: "text", text },
        { type: "image_url", image_url: { url } },
      ],
    },
  ];
  it("chat", () => {
    const { request, delivery, warnings } = accepted({
      messages: [{ role: "user", content: "你是什么模型" }],
      model: "gemini-2.0-flash",
      stream: true,
    });
    assert.deepEqual(outline(request.messages[0]?.parts ?? []), ["text 你是什么模型"]);
    assert.deepEqual([request.model, delivery.stream, warnings], ["gemini-2.0-flash", true, []]);
  });
  it("image generation", () => {
    const body = {
      messages: [{ role: "user", content: "画小猫" }],
      model: "gemini-2.0-flash-exp-image-generation",
      stream: true,
    };
    assert.deepEqual([accepted(body).delivery.images, accepted(body).request.modalities], ["markdown", []]);
  });
  for (const [title, text] of [
    ["image understanding", "图片里面有什么内容"],
    ["audio understanding", "音频里面讲了什么"],
    ["video understanding", "视频里面讲了什么"],
  ] as const) {
    for (const url of ["https://example.com/file", `data:audio/mpeg;base64,${PNG}`, PNG]) {
      it(`${title} of ${url.slice(0, 24)}`, () => {
        const { request, warnings } = accepted({
          messages: question(text, url),
          model: "gemini-2.0-flash",
          stream: true,
        });
        const parts = request.messages[0]?.parts ?? [];
        assert.deepEqual([parts.map(({ kind }) => kind.case), warnings], [["text", "media"], []]);
      });
    }
  }
  it("function calling", () => {
    const parameters = {
      type: "object",
      properties: {
        location: { type: "string", description: "The city" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["location"],
    };
    const { request } = accepted({
      model: "gemini-2.0-flash",
      messages: [{ role: "user", content: "What is the weather like in Boston today?" }],
      tools: [
        { type: "function", function: { name: "get_current_weather", description: "Get the weather", parameters } },
      ],
      tool_choice: "auto",
      stream: true,
    });
    assert(request.tools[0]?.kind.case === "function");
    assert.equal(request.tools[0].kind.value.parametersJsonSchema, JSON.stringify(parameters));
  });
  it("code execution", () => {
    const { request } = accepted({
      model: "gemini-2.0-flash",
      messages: [{ role: "user", content: "What is the sum of the first 50 prime numbers?" }],
      tools: [{ type: "function", function: { name: "codeExecution" } }],
      stream: true,
    });
    assert.deepEqual(
      request.tools.map(({ kind }) => kind.case),
      ["codeExecution"],
    );
  });
});

describe("real clients", () => {
  it("ai-sdk: schemas with $schema, and signatures in both directions", () => {
    const extra = { extra_content: { google: { thought_signature: "QUJD" } } };
    const { request, warnings } = accepted({
      model: "gemini-3.8-flash",
      max_tokens: 100,
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "weather?" },
        {
          role: "assistant",
          content: "",
          reasoning_content: "hm",
          tool_calls: [{ id: "call_1", type: "function", function: { name: "w", arguments: "{}" }, ...extra }],
        },
        { role: "tool", tool_call_id: "call_1", content: '{"t":7}' },
        { role: "user", content: [{ type: "video_url", video_url: { url: "https://example.com/a.mp4" } }] },
      ],
      tools: [
        {
          type: "function",
          function: {
            name: "w",
            parameters: {
              $schema: "http://json-schema.org/draft-07/schema#",
              type: "object",
              properties: {},
              additionalProperties: false,
            },
          },
        },
      ],
      tool_choice: "auto",
      stream: true,
      stream_options: { include_usage: true },
    });
    assert.deepEqual(warnings, []);
    assert.equal(Buffer.from(request.messages[2]?.parts[0]?.signature ?? []).toString(), "ABC");
  });
  it("LangChain: an extra message with only the audio, include_usage, strict null", () => {
    const { warnings, delivery } = accepted({
      model: "gemini-3.8-flash",
      messages: [
        ...hello,
        { role: "assistant", content: "a" },
        { role: "assistant", audio: { id: "audio_1" } },
        ...hello,
      ],
      tools: [
        {
          type: "function",
          function: { name: "f", description: "d", parameters: { type: "object", properties: {} }, strict: null },
        },
      ],
      stream: true,
      stream_options: { include_usage: true },
      n: 1,
    });
    assert.equal(delivery.includeUsage, true);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ["audio_reference_ignored"],
    );
  });
  it("Agents: strict schemas, reasoning sent back, stored", () => {
    const { request, warnings } = accepted({
      model: "gemini-3.8-flash",
      messages: [
        { role: "system", content: "a" },
        ...hello,
        { role: "assistant", content: "x", reasoning: "hm" },
        ...hello,
      ],
      tools: [
        {
          type: "function",
          function: {
            name: "f",
            description: "",
            parameters: {
              type: "object",
              properties: { a: { type: "string" } },
              required: ["a"],
              additionalProperties: false,
            },
            strict: true,
          },
        },
      ],
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "final_output",
          strict: true,
          schema: { type: "object", properties: {}, required: [], additionalProperties: false },
        },
      },
      store: false,
      parallel_tool_calls: true,
    });
    assert.deepEqual([request.store, warnings], [false, []]);
  });
  it("openai-node: everything of one answer spread into the next request", () => {
    const answer = {
      role: "assistant",
      content: "hi",
      refusal: null,
      annotations: [],
      audio: null,
      function_call: null,
      tool_calls: undefined,
    };
    assert.deepEqual(
      accepted({ model: "m", messages: [...hello, answer, ...hello], temperature: null, stop: null, tools: null })
        .warnings,
      [],
    );
  });
  it("OpenAI's newest fields are known", () => {
    const { warnings } = accepted({
      model: "m",
      messages: hello,
      reasoning_effort: "xhigh",
      verbosity: "low",
      safety_identifier: "u",
      prompt_cache_key: "k",
      prompt_cache_retention: "24h",
      prompt_cache_options: { mode: "implicit", ttl: "30m" },
      moderation: { model: "m" },
      service_tier: "fast",
      metadata: {},
    });
    assert(!warnings.some(({ code }) => code === "parameter_unknown"));
  });
});

describe("any JSON", () => {
  it("becomes an intent or a 4xx failure, never another error", () => {
    fc.assert(
      fc.property(anyJson, (body) => void outcomeOf(body)),
      { numRuns: 1000 },
    );
  });
  it("that looks like a request becomes one the contract accepts, or a 4xx failure", () => {
    let accepts = 0;
    fc.assert(
      fc.property(anyBody, (body) => {
        if (!(outcomeOf(JSON.parse(JSON.stringify(body))) instanceof Failure)) accepts += 1;
      }),
      { numRuns: 2500 },
    );
    assert(accepts > 250, `only ${accepts} were accepted: the bodies are too wrong to show anything`);
  });
  it("that is no object is refused as such", () => {
    for (const body of [null, undefined, 5, "x", [], true]) {
      assert.throws(() => readChatCompletion(body, plainHeaders), {
        reason: "INVALID_TYPE",
        message: /^Invalid type for the request body: expected an object/,
      });
    }
  });
  it("without model or messages names what is missing", () => {
    assert.equal(refusalOf({ model: undefined }).reason, "INVALID_TYPE");
    for (const [body, field] of [
      [{ messages: hello }, "model"],
      [{ model: "m" }, "messages"],
    ] as const) {
      const outcome = outcomeOf(body);
      assert(outcome instanceof Failure);
      assert.deepEqual(
        [outcome.reason, outcome.field, outcome.message],
        ["MISSING_REQUIRED_PARAMETER", field, `Missing required parameter: '${field}'.`],
      );
    }
  });
  it("as deep as a parser lets it come is refused or read, without a stack overflow", () => {
    const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
    for (const body of [
      { foo: deep },
      { messages: deep },
      { tools: [{ type: "function", function: { name: "f", parameters: { deep } } }] },
      { extra_body: { google: { deep } } },
    ]) {
      outcomeOf({ model: "m", messages: hello, ...body });
    }
  });
  it("reads a five-megabyte picture without copying it", () => {
    const base64 = Buffer.alloc(5_000_000, 7).toString("base64");
    const url = `data:image/png;base64,${base64}`;
    const start = performance.now();
    const { request } = read({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] });
    assert(performance.now() - start < 500);
    assert.equal(request.messages[0]?.parts[0]?.kind.case, "media");
  });
});
