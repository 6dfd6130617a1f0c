// A request for each row of the table of fields, and a plain one beside each other spelling.

const PNG = Buffer.from("a picture").toString("base64");
const URL = "https://example.com/a.mp4";
const SIGNATURE = "QUJD";

const user = (...content: object[]): object => ({ messages: [{ role: "user", content }] });
const SOURCES: Readonly<Record<string, string>> = { file: "file_data", input_audio: "data" };
const media = (kind: string, more: object): object =>
  user({ type: kind, [kind]: { [SOURCES[kind] ?? "url"]: URL, ...more } });
const answer = (message: object): object => ({
  messages: [
    { role: "user", content: "q" },
    { role: "assistant", content: "a", ...message },
  ],
});
const call = (more: object = {}): object => ({
  id: "c1",
  type: "function",
  function: { name: "f", arguments: '{"x":1}' },
  ...more,
});
const calls = (...list: object[]): object => answer({ tool_calls: list });
const custom = { id: "c1", type: "custom", custom: { name: "f", input: "x" } };
const fn = (more: object): object => ({ tools: [{ type: "function", function: { name: "f", ...more } }] });
const google = (options: object): object => ({ extra_body: { google: options } });
const speech = { google: { speech_metadata: { speaker: "Joe", style: "gladly" } } };
const film = { start_offset: "1s", end_offset: "2s", fps: 2 };
const range = { start_time: "2026-01-01T00:00:00Z", end_time: "2026-02-01T00:00:00Z" };
const search = {
  tools: [{ type: "google_search", google_search: { search_types: { web_search: {}, image_search: {} } } }],
};
const timed = { tools: [{ type: "google_search", google_search: { time_range_filter: range } }] };
const stores = { file_search_store_names: ["fileSearchStores/x"], top_k: 3, metadata_filter: "a=b" };
const files = { tools: [{ type: "file_search", file_search: stores }] };
const screen = {
  tools: [
    {
      type: "computer_use",
      computer_use: { environment: "ENVIRONMENT_DESKTOP", excluded_predefined_functions: ["drag"] },
    },
  ],
};
const mcp = (more: object = {}): object => ({
  tools: [{ type: "mcp", server_label: "a", server_url: "https://example.com", ...more }],
});
const voice = (name: string): object => ({ prebuilt_voice_config: { voice_name: name } });
const speakers = google({
  speech_config: {
    multi_speaker_voice_config: {
      speaker_voice_configs: [
        { speaker: "Joe", voice_config: voice("Kore") },
        { speaker: "Ann", voice_config: voice("Puck") },
      ],
    },
  },
});
const safety = google({ safety_settings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }] });
const place = google({ retrieval_config: { lat_lng: { latitude: 1, longitude: 2 }, language_code: "fr" } });
const schema = {
  response_format: {
    type: "json_schema",
    json_schema: { name: "n", description: "d", schema: { type: "object" }, strict: true },
  },
};
const AT_KINDS = ["image_url", "video_url", "input_audio", "file"].flatMap((kind) => [
  [`messages[].content[].${kind}.detail`, media(kind, { detail: "high" })],
  [`messages[].content[].${kind}.format`, media(kind, { format: "video/webm" })],
  ...Object.keys(film).map((key) => [
    `messages[].content[].${kind}.video_metadata.${key}`,
    media(kind, { video_metadata: film }),
  ]),
]) as [string, object][];

/** Path of a row → a body that says it. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  model: { model: "gemini-2.5-pro" },
  modalities: { modalities: ["image"] },
  "audio.voice": { audio: { voice: "Kore" } },
  "audio.voice.id": { audio: { voice: { id: "Kore" } } },
  "audio.format": { audio: { format: "wav" } },
  max_completion_tokens: { max_completion_tokens: 5 },
  max_tokens: { max_tokens: 5 },
  n: { n: 2 },
  temperature: { temperature: 0 },
  top_p: { top_p: 0 },
  presence_penalty: { presence_penalty: 0 },
  frequency_penalty: { frequency_penalty: 0 },
  stop: { stop: ["a"] },
  seed: { seed: 0 },
  logprobs: { logprobs: true },
  top_logprobs: { logprobs: true, top_logprobs: 0 },
  logit_bias: { logit_bias: { 5: 1 } },
  stream: { stream: true },
  "stream_options.include_usage": { stream: true, stream_options: { include_usage: true } },
  "stream_options.include_obfuscation": { stream: true, stream_options: { include_obfuscation: true } },
  "response_format.type": { response_format: { type: "json_object" } },
  "response_format.json_schema.name": schema,
  "response_format.json_schema.description": schema,
  "response_format.json_schema.schema": schema,
  "response_format.json_schema.strict": schema,
  "response_format.enum": { response_format: { type: "enum", enum: ["a"] } },
  tool_choice: { ...fn({}), tool_choice: "required" },
  parallel_tool_calls: { ...fn({}), parallel_tool_calls: false },
  web_search_options: { web_search_options: {} },
  "web_search_options.search_context_size": { web_search_options: { search_context_size: "low" } },
  "web_search_options.user_location": { web_search_options: { user_location: { type: "approximate" } } },
  reasoning_effort: { reasoning_effort: "low" },
  "reasoning.max_tokens": { reasoning: { max_tokens: 5 } },
  "reasoning.enabled": { reasoning: { enabled: true } },
  "reasoning.exclude": { reasoning: { exclude: true } },
  "reasoning.summary": { reasoning: { summary: "auto" } },
  service_tier: { service_tier: "flex" },
  store: { store: false },
  user: { user: "u" },
  safety_identifier: { safety_identifier: "u" },
  prompt_cache_key: { prompt_cache_key: "k" },
  retry_attempt: { retry_attempt: 0 },
  metadata: { metadata: { a: "b" } },
  moderation: { moderation: { model: "m" } },
  prediction: { prediction: { type: "content", content: "x" } },
  prompt_cache_options: { prompt_cache_options: { mode: "explicit" } },
  prompt_cache_retention: { prompt_cache_retention: "24h" },
  verbosity: { verbosity: "low" },
  guided_regex: { guided_regex: "a+" },
  include_server_side_tool_invocations: { include_server_side_tool_invocations: true },

  "extra_body.google.thinking_config.thinking_budget": google({ thinking_config: { thinking_budget: 0 } }),
  "extra_body.google.thinking_config.thinking_level": google({ thinking_config: { thinking_level: "low" } }),
  "extra_body.google.thinking_config.include_thoughts": google({ thinking_config: { include_thoughts: false } }),
  "extra_body.google.image_config.aspect_ratio": google({ image_config: { aspect_ratio: "1:1" } }),
  "extra_body.google.image_config.image_size": google({ image_config: { image_size: "1K" } }),
  "extra_body.google.speech_config.language_code": google({ speech_config: { language_code: "fr" } }),
  "extra_body.google.speech_config.voice_config.prebuilt_voice_config.voice_name": google({
    speech_config: { voice_config: voice("Kore") },
  }),
  "extra_body.google.speech_config.multi_speaker_voice_config.speaker_voice_configs[].speaker": speakers,
  "extra_body.google.speech_config.multi_speaker_voice_config.speaker_voice_configs[].voice_config.prebuilt_voice_config.voice_name":
    speakers,
  "extra_body.google.cached_content": google({ cached_content: "cachedContents/x" }),
  "extra_body.google.safety_settings[].category": safety,
  "extra_body.google.safety_settings[].threshold": safety,
  "extra_body.google.retrieval_config.lat_lng.latitude": place,
  "extra_body.google.retrieval_config.lat_lng.longitude": place,
  "extra_body.google.retrieval_config.language_code": place,
  "extra_body.google.media_resolution": google({ media_resolution: "low" }),
  "extra_body.google.top_k": google({ top_k: 1 }),
  "extra_body.google.labels": google({ labels: { a: "b" } }),

  "messages[].role": { messages: [{ role: "user", content: "q" }] },
  "messages[].content": { messages: [{ role: "user", content: "q" }] },
  "messages[].name": { messages: [{ role: "user", content: "q", name: "ann" }] },
  "messages[].refusal": answer({ refusal: "no" }),
  "messages[].tool_call_id": { messages: [{ role: "tool", tool_call_id: "c1", content: "x" }] },
  "messages[].audio": answer({ audio: { id: "audio_1" } }),
  "messages[].extra_content.google.thought_signature": answer({
    extra_content: { google: { thought_signature: SIGNATURE } },
  }),
  "messages[].extra_content.google.parts": answer({ extra_content: { google: { parts: [{ text: "b" }] } } }),
  "messages[].reasoning_content": answer({ reasoning_content: "hm" }),
  "messages[].reasoning": answer({ reasoning: "hm" }),
  "messages[].annotations": answer({ annotations: [] }),
  "messages[].content[].type": user({ type: "text", text: "a" }),
  "messages[].content[].text": user({ type: "text", text: "a" }),
  "messages[].content[].refusal": answer({ content: [{ type: "refusal", refusal: "no" }] }),
  "messages[].content[].extra_content.google.speech_metadata.speaker": user({
    type: "text",
    text: "a",
    extra_content: speech,
  }),
  "messages[].content[].extra_content.google.speech_metadata.style": user({
    type: "text",
    text: "a",
    extra_content: speech,
  }),
  "messages[].content[].image_url.url": media("image_url", {}),
  "messages[].content[].video_url.url": media("video_url", {}),
  "messages[].content[].input_audio.data": user({ type: "input_audio", input_audio: { data: PNG } }),
  "messages[].content[].file.file_data": media("file", {}),
  "messages[].content[].file.file_id": user({ type: "file", file: { file_id: "files/abc" } }),
  "messages[].content[].file.filename": media("file", { filename: "a.pdf" }),
  ...Object.fromEntries(AT_KINDS),
  "messages[].content[].prompt_cache_breakpoint": user({
    type: "text",
    text: "a",
    prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" },
  }),
  "messages[].content[].cache_control": user({ type: "text", text: "a", cache_control: { type: "ephemeral" } }),
  "messages[].tool_calls[].id": calls(call()),
  "messages[].tool_calls[].type": calls(call()),
  "messages[].tool_calls[].function.name": calls(call()),
  "messages[].tool_calls[].function.arguments": calls(call()),
  "messages[].tool_calls[].custom.name": calls(custom),
  "messages[].tool_calls[].custom.input": calls(custom),
  "messages[].tool_calls[].extra_content.google.thought_signature": calls(
    call({ extra_content: { google: { thought_signature: SIGNATURE } } }),
  ),

  "tools[].type": fn({}),
  "tools[].function.name": fn({}),
  "tools[].function.description": fn({ description: "d" }),
  "tools[].function.parameters": fn({ parameters: { type: "object" } }),
  "tools[].function.strict": fn({ strict: true }),
  "tools[].custom.name": { tools: [{ type: "custom", custom: { name: "f" } }] },
  "tools[].custom.description": { tools: [{ type: "custom", custom: { name: "f", description: "d" } }] },
  "tools[].custom.format": {
    tools: [
      {
        type: "custom",
        custom: { name: "f", format: { type: "grammar", grammar: { syntax: "regex", definition: "a+" } } },
      },
    ],
  },
  "tools[].google_search.time_range_filter.start_time": timed,
  "tools[].google_search.time_range_filter.end_time": timed,
  "tools[].google_search.search_types.web_search": search,
  "tools[].google_search.search_types.image_search": search,
  "tools[].file_search.file_search_store_names": files,
  "tools[].file_search.top_k": files,
  "tools[].file_search.metadata_filter": files,
  "tools[].computer_use.environment": screen,
  "tools[].computer_use.excluded_predefined_functions": screen,
  "tools[].server_label": mcp(),
  "tools[].server_url": mcp(),
  "tools[].headers": mcp({ headers: { a: "b" } }),
  "tools[].timeout": mcp({ timeout: "30s" }),
  "tools[].allowed_tools": mcp({ allowed_tools: ["x"] }),
  "tools[].require_approval": mcp({ require_approval: "never" }),
};

const OPTIONS = {
  thinking_config: { thinking_budget: 5 },
  image_config: { image_size: "2K" },
  speech_config: { language_code: "fr" },
  cached_content: "cachedContents/x",
  safety_settings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }],
  retrieval_config: { language_code: "fr" },
  media_resolution: "low",
  top_k: 3,
  labels: { a_b: "c" },
};
const AT_THE_TOP = Object.entries(OPTIONS).flatMap(([option, value]) => {
  const camel = option.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const plain = google({ [option]: value });
  return [option, camel].map((name): [string, [object, object]] => [name, [{ [name]: value }, plain]]);
});

const effort = (word: string): object => ({ reasoning_effort: word });
const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
const signedAnswer = answer({ extra_content: { google: { thought_signature: SIGNATURE } } });
const signedCall = calls(call({ extra_content: { google: { thought_signature: SIGNATURE } } }));
const beside = (field: string, value: unknown, inside: object): [object, object] => [
  user({ type: "video_url", video_url: { url: URL }, [field]: value }),
  media("video_url", inside),
];

/** Path of another spelling → a body in it, and the plain body of the same meaning. */
export const SPELLED: Readonly<Record<string, readonly [foreign: object, plain: object]>> = {
  google: [{ google: { top_k: 3 } }, google({ top_k: 3 })],
  ...Object.fromEntries(AT_THE_TOP),
  thinking: [{ thinking: { type: "enabled", budget_tokens: 5 } }, { reasoning: { max_tokens: 5 } }],
  thinking_budget: [{ thinking_budget: 5 }, { reasoning: { max_tokens: 5 } }],
  close_reasoning_content: [
    { ...effort("low"), close_reasoning_content: true },
    { ...effort("low"), reasoning: { exclude: true } },
  ],
  return_reasoning_content: [{ return_reasoning_content: true }, { reasoning: { exclude: false } }],
  include_reasoning: [{ include_reasoning: false }, { reasoning: { exclude: true } }],
  aspect_ratio: [{ aspect_ratio: "1:1" }, google({ image_config: { aspect_ratio: "1:1" } })],
  resolution: [{ resolution: "2K" }, google({ image_config: { image_size: "2K" } })],
  size: [{ size: "1024x1024" }, google({ image_config: { aspect_ratio: "1:1" } })],
  guided_choice: [{ guided_choice: ["a"] }, { response_format: { type: "enum", enum: ["a"] } }],
  guided_json: [
    { guided_json: { type: "object" } },
    { response_format: { type: "json_schema", json_schema: { name: "guided_json", schema: { type: "object" } } } },
  ],
  functions: [{ functions: [{ name: "f" }] }, fn({})],
  function_call: [
    { functions: [{ name: "f" }], function_call: { name: "f" } },
    { ...fn({}), tool_choice: { type: "function", function: { name: "f" } } },
  ],
  "messages[].images": [answer({ images: [picture] }), answer({ content: [{ type: "text", text: "a" }, picture] })],
  "messages[].content_blocks": [
    answer({ content: null, content_blocks: [{ type: "text", text: "a" }, picture] }),
    answer({ content: [{ type: "text", text: "a" }, picture] }),
  ],
  "messages[].thinking_blocks": [
    answer({ thinking_blocks: [{ type: "thinking", thinking: "hm", signature: SIGNATURE }] }),
    signedAnswer,
  ],
  "messages[].reasoning_details": [
    answer({ reasoning_details: [{ type: "reasoning.encrypted", data: SIGNATURE }] }),
    signedAnswer,
  ],
  "messages[].provider_specific_fields": [
    answer({ provider_specific_fields: { thought_signatures: [SIGNATURE] } }),
    signedAnswer,
  ],
  "messages[].function_call": [
    answer({ function_call: { name: "f", arguments: '{"x":1}' } }),
    calls(call({ id: "function_call_1" })),
  ],
  "messages[].tool_calls[].provider_specific_fields": [
    calls(call({ provider_specific_fields: { thought_signature: SIGNATURE } })),
    signedCall,
  ],
  "messages[].tool_calls[].function.provider_specific_fields": [
    calls(
      call({
        function: { name: "f", arguments: '{"x":1}', provider_specific_fields: { thought_signature: SIGNATURE } },
      }),
    ),
    signedCall,
  ],
  "messages[].tool_calls[].function.thought_signature": [
    calls(call({ function: { name: "f", arguments: '{"x":1}', thought_signature: SIGNATURE } })),
    signedCall,
  ],
  "messages[].content[].audio_url": [
    user({ type: "audio_url", audio_url: { url: URL } }),
    user({ type: "input_audio", input_audio: { data: URL } }),
  ],
  "messages[].content[].input_video": [
    user({ type: "input_video", input_video: { data: PNG, format: "mp4" } }),
    user({ type: "file", file: { file_data: PNG, format: "video/mp4" } }),
  ],
  "messages[].content[].video_metadata": beside("video_metadata", film, { video_metadata: film }),
  "messages[].content[].videoMetadata": beside("videoMetadata", { fps: 2 }, { video_metadata: { fps: 2 } }),
  "messages[].content[].media_resolution": beside("media_resolution", "low", { detail: "low" }),
  "messages[].content[].mediaResolution": beside("mediaResolution", "MEDIA_RESOLUTION_LOW", { detail: "low" }),
  "messages[].content[].detail": beside("detail", "low", { detail: "low" }),
  "messages[].content[].fps": beside("fps", 2, { video_metadata: { fps: 2 } }),
};
