// Habits of the OpenAI SDKs (openai-node 7, openai-python 3): every documented field, and null where it means absent.
import { says, text, thinkingAt, user, model, type RequestHabit } from "./request-case.ts";

const config = (generationConfig: object): object => ({ generationConfig });

export const OPENAI_SDK: RequestHabit = {
  name: "an OpenAI SDK",
  cases: [
    { title: "with nothing but a text", body: {}, arrives: {} },
    {
      title: "with a system message",
      body: { messages: [{ role: "system", content: "Be terse." }, user("Hi")] },
      arrives: { systemInstruction: { parts: [text("Be terse.")] } },
    },
    {
      title: "with a developer message in parts",
      body: {
        messages: [
          {
            role: "developer",
            content: [
              { type: "text", text: "Be" },
              { type: "text", text: "terse." },
            ],
          },
          user("Hi"),
        ],
      },
      arrives: { systemInstruction: { parts: [text("Be\n\nterse.")] } },
    },
    {
      title: "with two system messages",
      body: { messages: [{ role: "system", content: "A." }, { role: "developer", content: "B." }, user("Hi")] },
      arrives: { systemInstruction: { parts: [text("A.\n\nB.")] } },
    },
    { title: "with content as parts", body: { messages: [user([{ type: "text", text: "Hi" }])] }, arrives: {} },
    {
      title: "with names on its messages",
      body: { messages: [{ role: "user", name: "anna", content: "Hi" }] },
      arrives: {},
      warnings: ["parameter_ignored:messages[0].name"],
    },
    {
      title: "with an earlier answer",
      body: {
        messages: [user("1+1?"), { role: "assistant", content: "2", refusal: null, annotations: [] }, user("Sure?")],
      },
      arrives: { contents: [says(text("1+1?")), model(text("2")), says(text("Sure?"))] },
    },
    {
      title: "with an earlier refusal",
      body: { messages: [user("Bad?"), { role: "assistant", content: null, refusal: "No." }, user("Hi")] },
      arrives: { contents: [says(text("Bad?")), model(text("No.")), says(text("Hi"))] },
    },
    {
      title: "with null in every field that may be null",
      body: {
        audio: null,
        modalities: null,
        max_completion_tokens: null,
        max_tokens: null,
        n: null,
        temperature: null,
        top_p: null,
        presence_penalty: null,
        frequency_penalty: null,
        stop: null,
        seed: null,
        logprobs: null,
        top_logprobs: null,
        logit_bias: null,
        stream_options: null,
        response_format: null,
        reasoning_effort: null,
        verbosity: null,
        prediction: null,
        store: null,
        metadata: null,
        service_tier: null,
        moderation: null,
        prompt_cache_retention: null,
        tools: null,
        tool_choice: null,
        parallel_tool_calls: null,
        user: null,
      },
      arrives: {},
    },
    {
      title: "with max_completion_tokens",
      body: { max_completion_tokens: 512 },
      arrives: config({ maxOutputTokens: 512 }),
    },
    { title: "with the older max_tokens", body: { max_tokens: 512 }, arrives: config({ maxOutputTokens: 512 }) },
    {
      title: "with both limits of tokens",
      body: { max_tokens: 100, max_completion_tokens: 200 },
      arrives: config({ maxOutputTokens: 200 }),
      warnings: ["parameter_ignored:max_tokens"],
    },
    {
      title: "with more tokens than the model gives",
      body: { model: "gemini-3.5-flash", max_tokens: 1_000_000 },
      arrives: config({ maxOutputTokens: 65_536 }),
      warnings: ["value_clamped:max_tokens"],
    },
    {
      title: "with temperature and top_p, which 3.5 still honours",
      body: { model: "gemini-3.5-flash", temperature: 0.3, top_p: 0.9 },
      arrives: config({ temperature: 0.3, topP: 0.9 }),
    },
    {
      title: "with temperature, which newer models ignore",
      body: { temperature: 0.3 },
      arrives: {},
      warnings: ["sampling_ignored:temperature"],
    },
    {
      title: "with penalties, which 2.5 refuses",
      body: { model: "gemini-2.5-flash-lite", presence_penalty: 1, frequency_penalty: -1 },
      arrives: {},
      warnings: ["penalties_ignored:presence_penalty", "penalties_ignored:frequency_penalty"],
    },
    { title: "with a stop word", body: { stop: "END" }, arrives: config({ stopSequences: ["END"] }) },
    {
      title: "with four stop words",
      body: { stop: ["a", "b", "c", "d"] },
      arrives: config({ stopSequences: ["a", "b", "c", "d"] }),
    },
    {
      title: "with more stop words than Gemini takes",
      body: { stop: ["a", "b", "c", "d", "e", "f"] },
      arrives: config({ stopSequences: ["a", "b", "c", "d", "e"] }),
      warnings: ["stop_truncated:stop"],
    },
    { title: "with a seed", body: { seed: 42 }, arrives: config({ seed: 42 }) },
    {
      title: "with logprobs, which no Gemini of this API gives",
      body: { logprobs: true, top_logprobs: 3 },
      arrives: {},
      warnings: ["logprobs_ignored:logprobs"],
    },
    {
      title: "with logit_bias",
      body: { logit_bias: { "50256": -100 } },
      arrives: {},
      warnings: ["parameter_ignored:logit_bias"],
    },
    {
      title: "with a user's name and a cache key",
      body: { user: "u1", safety_identifier: "s1", prompt_cache_key: "k1" },
      arrives: {},
    },
    {
      title: "with metadata and store",
      body: { metadata: { a: "b" }, store: false },
      arrives: { store: false },
      warnings: ["parameter_ignored:metadata"],
    },
    {
      title: "with verbosity and a prediction",
      body: { verbosity: "low", prediction: { type: "content", content: "x" } },
      arrives: {},
      warnings: ["parameter_ignored:verbosity", "parameter_ignored:prediction"],
    },
    { title: "with a service tier", body: { service_tier: "flex" }, arrives: { serviceTier: "flex" } },
    { title: "with the default service tier", body: { service_tier: "auto" }, arrives: {} },
    {
      title: "with reasoning_effort low",
      body: { reasoning_effort: "low" },
      arrives: config({ thinkingConfig: thinkingAt("low") }),
    },
    {
      title: "with reasoning_effort none, which is the least a model of levels has",
      body: { reasoning_effort: "none" },
      arrives: config({ thinkingConfig: { thinkingLevel: "low" } }),
      warnings: ["thinking_adjusted:reasoning_effort"],
    },
    {
      title: "with reasoning_effort max, which only some models have",
      body: { reasoning_effort: "max" },
      arrives: config({ thinkingConfig: thinkingAt("high") }),
      warnings: ["thinking_adjusted:reasoning_effort"],
    },
    {
      title: "with reasoning_effort xhigh, which hydrogen has",
      body: { model: "gemini-4-hydrogen", reasoning_effort: "xhigh" },
      arrives: config({ thinkingConfig: thinkingAt("xhigh") }),
    },
    {
      title: "with reasoning_effort medium for a model of budgets",
      body: { model: "gemini-2.5-flash-lite", reasoning_effort: "medium" },
      arrives: config({ thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 } }),
    },
    {
      title: "with an unknown field",
      body: { chat_template_kwargs: { enable_thinking: false } },
      arrives: {},
      warnings: ["parameter_unknown:chat_template_kwargs"],
    },
    {
      title: "with an unknown field, strictly",
      headers: { "x-gateway-strict": "true" },
      body: { chat_template_kwargs: {} },
      refused: { param: "chat_template_kwargs", code: "unknown_parameter" },
    },
    {
      title: "with an ignored field, strictly",
      headers: { "x-gateway-strict": "true" },
      body: { logit_bias: { "1": 1 } },
      refused: { param: "logit_bias", code: "unsupported_parameter" },
    },
    {
      title: "with a temperature of the wrong type",
      body: { temperature: "hot" },
      refused: { param: "temperature", code: "invalid_type" },
    },
    {
      title: "with a temperature out of range",
      body: { temperature: 3 },
      refused: { param: "temperature", code: "invalid_value" },
    },
    {
      title: "with stream_options of a stream",
      body: { stream: true, stream_options: { include_usage: true, include_obfuscation: false } },
      arrives: {},
    },
    {
      title: "with cache breakpoints in its parts",
      body: {
        messages: [user([{ type: "text", text: "Hi", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } }])],
        prompt_cache_options: { mode: "implicit", ttl: "30m" },
      },
      arrives: {},
      warnings: ["parameter_ignored:prompt_cache_options"],
    },
    {
      title: "with moderation",
      body: { moderation: { model: "omni", policy: { input: { mode: "score" } } } },
      arrives: {},
      warnings: ["parameter_ignored:moderation"],
    },
  ],
};
