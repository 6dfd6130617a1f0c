// Failures behind the contract name a field of ChatRequest; callers are told their own parameter.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toOpenAiParam } from "../../src/openai/params.ts";
import { read, refusalOf } from "./reading.ts";

describe("the OpenAI parameter", () => {
  for (const [path, param] of [
    ["sampling.max_output_tokens", "max_tokens"],
    ["sampling.candidate_count", "n"],
    ["sampling.stop_sequences[2]", "stop"],
    ["sampling.response_logprobs", "logprobs"],
    ["thinking", "reasoning_effort"],
    ["thinking.level", "reasoning_effort"],
    ["output_format.json_schema.schema", "response_format.json_schema.schema"],
    ["output_format", "response_format"],
    ["image.size", "extra_body.google.image_config.image_size"],
    ["speech.voice", "audio.voice"],
    ["speech.format", "audio.format"],
    ["speech", "audio"],
    ["safety_settings[1].category", "extra_body.google.safety_settings"],
    ["cached_content", "extra_body.google.cached_content"],
    ["conversation_key", "prompt_cache_key"],
    ["end_user", "user"],
    ["tool_choice.allowed_names", "tool_choice"],
    ["tools[0].function.parameters_json_schema", "tools[0].function.parameters"],
    ["tools[3].function.parameters_json_schema.properties.a", "tools[3].function.parameters.properties.a"],
    ["messages[2].parts[1].media", "messages[2].content[1]"],
    ["messages[2].parts[1]", "messages[2].content[1]"],
  ] as const) {
    it(`of ${path} is ${param}`, () => assert.equal(toOpenAiParam(path), param));
  }
  for (const path of [
    "model",
    "messages",
    "messages[0]",
    "messages[1].role",
    "tools[0].function.name",
    "tool_choice",
    "service_tier",
    "modalities",
  ]) {
    it(`of ${path} has the same name`, () => assert.equal(toOpenAiParam(path), undefined));
  }
  for (const param of [
    "temperature",
    "messages[1].content[0].image_url.url",
    "audio.voice",
    "response_format.type",
    "thinking.budget_tokens",
    "extra_body.google.top_k",
    "size",
    "constructor",
    "",
  ]) {
    it(`leaves ${param} alone, which is one already`, () => assert.equal(toOpenAiParam(param), undefined));
  }
  it("is exact for parts when it is known where they came from", () => {
    const parts = [["content"], ["content[0].text", "content[1].image_url.url"], ["content", "tool_calls[0]"]];
    const of = (path: string): string | undefined =>
      toOpenAiParam(path, { parts, fields: new Map(), renames: new Map() });
    assert.equal(of("messages[0].parts[0].text"), "messages[0].content");
    assert.equal(of("messages[1].parts[1].media.data"), "messages[1].content[1].image_url.url");
    assert.equal(of("messages[1].parts[1].media.resolution"), "messages[1].content[1].image_url.detail");
    assert.equal(of("messages[1].parts[1].media.video"), "messages[1].content[1].image_url.video_metadata");
    assert.equal(of("messages[1].parts[0].media.video"), "messages[1].content[0].text");
    assert.equal(of("messages[2].parts[1].tool_call.arguments"), "messages[2].tool_calls[0].function.arguments");
    assert.equal(of("messages[2].parts[1].tool_call.name"), "messages[2].tool_calls[0].function.name");
    assert.equal(of("messages[2].parts[1].tool_call.id"), "messages[2].tool_calls[0].id");
    assert.equal(of("messages[2].parts[1]"), "messages[2].tool_calls[0]");
    assert.equal(of("messages[9].parts[0]"), "messages[9].content[0]");
  });
  it("is in the spelling of the caller", () => {
    for (const [body, path, param] of [
      [{ image_config: { image_size: "2K" } }, "image.size", "image_config.image_size"],
      [{ imageConfig: { imageSize: "2K" } }, "image.size", "imageConfig.imageSize"],
      [{ resolution: "2K" }, "image.size", "resolution"],
      [{ aspect_ratio: "1:1" }, "image.aspect_ratio", "aspect_ratio"],
      [{ size: "1024x1024" }, "image.aspect_ratio", "size"],
      [{ size: "1024x1024", aspect_ratio: "1:1" }, "image.aspect_ratio", "aspect_ratio"],
      [
        { google: { image_config: { image_size: "1K" } }, resolution: "2K" },
        "image.size",
        "google.image_config.image_size",
      ],
      [{ google: { cachedContent: "c" } }, "cached_content", "google.cachedContent"],
      [
        { extra_body: { google: { imageConfig: { imageSize: "2K" } } } },
        "image.size",
        "extra_body.google.imageConfig.imageSize",
      ],
      [{ topK: 3 }, "sampling.top_k", "topK"],
      [{ cached_content: "c" }, "cached_content", "cached_content"],
      [{ thinking_config: { thinking_budget: 3 } }, "thinking", "thinking_config.thinking_budget"],
      [{ functions: [{ name: "f" }] }, "tools[0].function.parameters_json_schema", "functions[0].parameters"],
      [{ functions: [{ name: "f" }], function_call: "auto" }, "tool_choice", "function_call"],
      [
        { tools: [{ googleSearch: {}, urlContext: {} }, { googleMaps: {} }] },
        "tools[2].google_maps",
        "tools[1].google_maps",
      ],
      [
        { tools: [{ googleSearch: {}, urlContext: {} }, { googleMaps: {} }] },
        "tools[1].url_context",
        "tools[0].url_context",
      ],
      [{ guided_json: {} }, "output_format.json_schema.schema", "guided_json"],
    ] as const) {
      assert.equal(toOpenAiParam(path, read(body).callerParams) ?? path, param, JSON.stringify(body));
    }
    const called = { role: "assistant", function_call: { name: "f", arguments: "{}" } };
    const { callerParams } = read({ messages: [called] });
    assert.equal(toOpenAiParam("messages[0].parts[0]", callerParams), "messages[0].function_call");
    assert.equal(toOpenAiParam("messages[0].parts[0].tool_call.name", callerParams), "messages[0].function_call.name");
  });
  it("is in the spelling of the caller where a request is refused or warned about while it is read", () => {
    const nameless = refusalOf({ functions: [{ description: "d" }] });
    assert.deepEqual(
      [nameless.field, nameless.message],
      ["functions[0].name", "Missing required parameter: 'functions[0].name'."],
    );
    assert.equal(refusalOf({ functions: [{ name: "f" }], function_call: { name: "g" } }).field, "function_call.name");
    const tools = [
      { googleSearch: {}, urlContext: {} },
      { type: "mcp", server_label: "a" },
    ];
    assert.equal(refusalOf({ tools }).field, "tools[1].server_url");
  });
});
