// Bodies written for other gateways: LiteLLM, OpenRouter, Portkey, Bifrost, new-api, Envoy, Google's own OpenAI layer, and the seed.
import { model, says, text, thinkingAt, user, type RequestHabit } from "./request-case.ts";

const LITE = "gemini-2.5-flash-lite";
const SIGNATURE = "c2lnbmF0dXJl";
const call = (id: string, more: object = {}): object => ({
  id,
  type: "function",
  function: { name: "f", arguments: "{}" },
  ...more,
});
const turn = (answer: object, id = "call_1"): object => ({
  model: LITE,
  messages: [
    user("Go."),
    { role: "assistant", content: null, ...answer },
    { role: "tool", tool_call_id: id, content: "ok" },
  ],
});
const turned = (thoughtSignature?: string): object => ({
  contents: [
    says(text("Go.")),
    model({ functionCall: { name: "f", args: {} }, ...(thoughtSignature && { thoughtSignature }) }),
    says({ functionResponse: { name: "f", response: { output: "ok" } } }),
  ],
});
const SAFETY = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }];

export const NEIGHBOUR_HABITS: RequestHabit = {
  name: "a client of another gateway",
  cases: [
    {
      title: "LiteLLM, with a signature in its field",
      body: turn({ tool_calls: [call("call_1", { provider_specific_fields: { thought_signature: SIGNATURE } })] }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "LiteLLM, with a signature in the function",
      body: turn({
        tool_calls: [
          {
            id: "call_1",
            type: "function",
            function: { name: "f", arguments: "{}", provider_specific_fields: { thought_signature: SIGNATURE } },
          },
        ],
      }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "LiteLLM, with a signature in the id",
      body: turn({ tool_calls: [call(`call_1__thought__${SIGNATURE}`)] }, `call_1__thought__${SIGNATURE}`),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "LiteLLM, with a signature in the id that was cut",
      body: turn({ tool_calls: [call("call_1__thought__c2l*")] }, "call_1__thought__c2l*"),
      arrives: turned(),
    },
    {
      title: "LiteLLM, with thinking_blocks",
      body: {
        model: LITE,
        messages: [
          user("Go."),
          {
            role: "assistant",
            content: "Ok.",
            thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: SIGNATURE }],
          },
          user("On."),
        ],
      },
      arrives: {
        contents: [says(text("Go.")), model({ text: "Ok.", thoughtSignature: SIGNATURE }), says(text("On."))],
      },
      foreignSignature: true,
    },
    {
      title: "LiteLLM, with text signatures",
      body: {
        model: LITE,
        messages: [
          user("Go."),
          { role: "assistant", content: "Ok.", provider_specific_fields: { thought_signatures: [SIGNATURE] } },
          user("On."),
        ],
      },
      arrives: {
        contents: [says(text("Go.")), model({ text: "Ok.", thoughtSignature: SIGNATURE }), says(text("On."))],
      },
      foreignSignature: true,
    },
    { title: "LiteLLM, with safety settings", body: { safety_settings: SAFETY }, arrives: { safetySettings: SAFETY } },
    { title: "LiteLLM, with top_k", body: { model: LITE, top_k: 20 }, arrives: { generationConfig: { topK: 20 } } },
    {
      title: "LiteLLM, with a cache that is not its own",
      body: { cached_content: "cachedContents/x" },
      refused: { param: "cached_content", code: "unsupported_parameter" },
    },
    {
      title: "LiteLLM, with cache_control on a message",
      body: { messages: [user([{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }])] },
      arrives: {},
    },
    {
      title: "OpenRouter, with reasoning_details",
      body: turn({
        tool_calls: [call("call_1")],
        reasoning: "Hm.",
        reasoning_details: [
          { type: "reasoning.text", text: "Hm.", format: "google-gemini-v1", index: 0 },
          { type: "reasoning.encrypted", data: SIGNATURE, id: "call_1", format: "google-gemini-v1", index: 1 },
        ],
      }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "OpenRouter, with its prefix before the model",
      body: { model: "google/gemini-3.8-flash" },
      calls: "gemini-3.8-flash",
      arrives: {},
    },
    {
      title: "OpenRouter, with its routing words",
      body: { provider: { order: ["google"] }, transforms: [] },
      arrives: {},
      warnings: ["parameter_unknown:provider", "parameter_unknown:transforms"],
    },
    {
      title: "Portkey, with content_blocks",
      body: {
        model: LITE,
        messages: [
          user("Go."),
          {
            role: "assistant",
            content: "Ok.",
            content_blocks: [
              { type: "thinking", thinking: "Hm." },
              { type: "text", text: "Ok." },
            ],
          },
          user("On."),
        ],
      },
      arrives: { contents: [says(text("Go.")), model(text("Ok.")), says(text("On."))] },
    },
    {
      title: "Portkey, with a signature in the function",
      body: turn({
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "f", arguments: "{}", thought_signature: SIGNATURE } },
        ],
      }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "Bifrost, with a signature in the id",
      body: turn({ tool_calls: [call(`abc_ts_${SIGNATURE}`)] }, `abc_ts_${SIGNATURE}`),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "Bifrost, with its reasoning_details",
      body: turn({
        tool_calls: [call("call_1")],
        reasoning_details: [{ id: "tool_call_call_1", type: "reasoning.encrypted", signature: SIGNATURE }],
      }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "Google's own layer, with extra_content",
      body: turn({ tool_calls: [call("call_1", { extra_content: { google: { thought_signature: SIGNATURE } } })] }),
      arrives: turned(SIGNATURE),
      foreignSignature: true,
    },
    {
      title: "Google's own layer, with safety settings",
      body: { extra_body: { google: { safety_settings: SAFETY } } },
      arrives: { safetySettings: SAFETY },
    },
    {
      title: "Google's own layer, in camel case",
      body: { google: { safetySettings: SAFETY, labels: { myTeam: "a" } } },
      arrives: { safetySettings: SAFETY, labels: { myTeam: "a" } },
    },
    {
      title: "new-api, with image_config in Google's block",
      body: {
        model: "gemini-3.1-flash-image",
        extra_body: { google: { image_config: { aspect_ratio: "4:3", image_size: "1K" } } },
      },
      arrives: {
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          imageConfig: { aspectRatio: "4:3", imageSize: "1K" },
        },
      },
    },
    {
      title: "new-api, with reasoning in an earlier answer",
      body: { messages: [user("Go."), { role: "assistant", content: "Ok.", reasoning_content: "Hm." }, user("On.")] },
      arrives: { contents: [says(text("Go.")), model(text("Ok.")), says(text("On."))] },
    },
    {
      title: "Envoy, with thinking and its flag",
      body: { model: LITE, thinking: { type: "enabled", budget_tokens: 600, includeThoughts: false } },
      arrives: { generationConfig: { thinkingConfig: { thinkingBudget: 600 } } },
    },
    {
      title: "Envoy, with a search of a time range",
      body: {
        tools: [
          {
            type: "google_search",
            google_search: {
              time_range_filter: { start_time: "2026-01-01T00:00:00Z", end_time: "2026-02-01T00:00:00Z" },
            },
          },
        ],
      },
      arrives: {
        tools: [
          {
            googleSearch: {
              timeRangeFilter: { startTime: "2026-01-01T00:00:00.000Z", endTime: "2026-02-01T00:00:00.000Z" },
            },
          },
        ],
      },
    },
    {
      title: "the seed, with its switch for thoughts",
      body: { reasoning_effort: "high", close_reasoning_content: true },
      arrives: { generationConfig: { thinkingConfig: { thinkingLevel: "high" } } },
    },
    {
      title: "the seed, with thoughts wanted",
      body: { return_reasoning_content: true, thinking_budget: 1024, model: LITE },
      arrives: { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } },
    },
    {
      title: "the seed, with its parameters in the query",
      query: "?thinking_budget=1024&close_reasoning_content=false&retry_attempt=2",
      body: { model: LITE },
      arrives: { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } },
    },
    {
      title: "the seed, with a picture's shape in the query",
      query: "?resolution=2K&aspect_ratio=16:9",
      body: { model: "gemini-3.1-flash-image" },
      arrives: {
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          imageConfig: { aspectRatio: "16:9", imageSize: "2K" },
        },
      },
    },
    {
      title: "the seed, with a group of tokens behind the model",
      body: { model: "gemini-3.8-flash|[plus,pro]" },
      calls: "gemini-3.8-flash",
      arrives: {},
      warnings: ["parameter_ignored:model"],
    },
    {
      title: "the seed, whose model is long gone",
      body: { model: "gemini-2.0-flash" },
      calls: "gemini-2.5-flash-lite",
      arrives: {},
      warnings: ["model_aliased:model"],
    },
    {
      title: "the seed, that draws with a model long gone",
      body: { model: "gemini-2.0-flash-exp-image-generation" },
      calls: "gemini-2.5-flash-image",
      arrives: { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } },
      warnings: ["model_aliased:model"],
    },
    {
      title: "gemini-balance, with a film in its part",
      body: {
        messages: [
          user([
            { type: "text", text: "What?" },
            { type: "input_video", input_video: { data: "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t", format: "mp4" } },
          ]),
        ],
      },
      arrives: {
        contents: [
          says(text("What?"), { inlineData: { mimeType: "video/mp4", data: "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t" } }),
        ],
      },
    },
    {
      title: "CLIProxyAPI, with a level in brackets",
      body: { model: "gemini-3.8-flash(high)" },
      calls: "gemini-3.8-flash",
      arrives: { generationConfig: { thinkingConfig: thinkingAt("high") } },
    },
  ],
};
