// Random request bodies: mostly right, with something wrong here and there, in plain OpenAI and in the spellings of others.
import fc from "fast-check";

const nastyName = fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "text", "id");

/** Any JSON, with names that hurt careless code. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double({ noNaN: true }), fc.string({ unit: "binary" })),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), nastyName), tie("value"), { maxKeys: 4 }),
  ),
})).value;

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "",
    "你是什么模型",
    "![image](data:image/png;base64,iVBORw0KGgo=) after",
    "[audio](data:audio/wav;base64,UklGRg==)",
    "\ud800",
  ),
);
const base64 = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const place = fc.oneof(
  base64,
  base64.map((data) => `data:image/png;base64,${data}`),
  fc.constantFrom(
    "https://example.com/a.png",
    "https://youtu.be/x",
    "gs://bucket/a",
    "files/abc-123",
    "ftp://x",
    "data:,x",
    "http://",
  ),
);

/** The arbitrary, or now and then something else entirely. */
function mostly<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 60, arbitrary: good },
    { weight: 1, arbitrary: anyJson },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

/** An object with a few of its fields. */
function some(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  const names = Object.keys(fields);
  return fc
    .subarray(names, { maxLength: Math.min(4, names.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((field) => [field, fields[field] ?? fc.constant(null)]))),
    );
}

/** An object with all its fields. */
function all(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  return fc.record(fields);
}

const is = (word: string): fc.Arbitrary<string> => fc.constant(word);
const words = (...list: string[]): fc.Arbitrary<unknown> => mostly(fc.constantFrom(...list));
const name = words("f", "f", "f", "get_weather", "codeExecution", "google_search", "__proto__", "toString", "a b");

const mediaOptions = {
  detail: words("auto", "low", "high", "original"),
  format: words("png", "video/mp4", "x/y/z"),
  mime_type: words("image/png"),
  video_metadata: mostly(
    some({
      start_offset: words("1s", "2.5"),
      endOffset: mostly(fc.double({ min: 0, max: 100 })),
      fps: mostly(fc.integer({ min: 1, max: 24 })),
    }),
  ),
};
const mediaUrl = mostly(fc.oneof(place, some({ url: place, ...mediaOptions }), all({ url: place })));
const part = mostly(
  fc.oneof(
    all({ type: is("text"), text: mostly(text) }),
    all({
      type: is("text"),
      text,
      extra_content: mostly(some({ google: some({ speech_metadata: some({ speaker: text, style: text }) }) })),
    }),
    all({ type: is("image_url"), image_url: mediaUrl }),
    all({ type: is("video_url"), video_url: mediaUrl }),
    all({ type: is("input_audio"), input_audio: all({ data: mostly(base64), format: words("wav", "mp3") }) }),
    all({ type: is("audio_url"), audio_url: mediaUrl }),
    all({ type: words("thinking", "reasoning"), thinking: mostly(text), signature: mostly(base64) }),
    all({ type: is("video_url"), video_url: mediaUrl, fps: mostly(fc.double()), mediaResolution: words("high") }),
    all({ type: is("input_video"), input_video: all({ data: mostly(base64), format: words("mp4") }) }),
    all({
      type: is("file"),
      file: some({ file_data: mostly(place), file_id: mostly(place), filename: mostly(text), ...mediaOptions }),
    }),
  ),
);
const content = mostly(fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 })));

const signature = mostly(fc.oneof(base64, text));
const signed = mostly(some({ google: mostly(some({ thought_signature: signature })) }));
const call = mostly(
  some({
    id: words("call_1", "call_2", "x__thought__QUJD", ""),
    extra_content: signed,
    provider_specific_fields: mostly(some({ thought_signature: signature })),
  }).chain((fields) =>
    fc
      .oneof(
        all({
          function: mostly(all({ name, arguments: mostly(fc.oneof(text, fc.constant("{}"), some({ a: anyJson }))) })),
        }),
        all({ type: is("custom"), custom: mostly(all({ name, input: mostly(text) })) }),
      )
      .map((called) => ({ ...fields, ...called })),
  ),
);
const nativePart = mostly(
  fc.oneof(
    all({ text: mostly(text), thoughtSignature: signature }),
    all({ functionCall: mostly(some({ id: words("call_1"), name, args: mostly(some({ a: anyJson })) })) }),
    all({ executableCode: mostly(some({ language: words("PYTHON"), code: mostly(text) })) }),
    all({ codeExecutionResult: mostly(some({ outcome: words("OUTCOME_OK", "NEW"), output: mostly(text) })) }),
    all({ inlineData: mostly(some({ mimeType: words("image/png") })) }),
  ),
);
const message = mostly(
  fc.oneof(
    all({ role: fc.constantFrom("system", "developer"), content: mostly(text) }),
    all({ role: is("user"), content, name: mostly(text) }),
    some({
      role: is("assistant"),
      content,
      refusal: mostly(text),
      tool_calls: mostly(fc.array(call, { maxLength: 3 })),
      function_call: mostly(all({ name, arguments: mostly(text) })),
      audio: mostly(some({ id: text })),
      images: mostly(fc.array(mostly(all({ image_url: mediaUrl })), { maxLength: 2 })),
      extra_content: mostly(
        some({
          google: mostly(some({ thought_signature: signature, parts: mostly(fc.array(nativePart, { maxLength: 3 })) })),
        }),
      ),
      content_blocks: mostly(
        fc.array(mostly(fc.oneof(part, all({ type: is("thinking"), signature: mostly(text) }))), { maxLength: 2 }),
      ),
      provider_specific_fields: mostly(
        some({
          thought_signatures: mostly(fc.array(text, { maxLength: 2 })),
          server_side_tool_invocations: mostly(
            fc.array(
              mostly(some({ tool_type: words("X"), id: mostly(text), args: mostly(anyJson), response: anyJson })),
              {
                maxLength: 2,
              },
            ),
          ),
        }),
      ),
      thinking_blocks: mostly(fc.array(mostly(some({ signature })), { maxLength: 2 })),
      reasoning_details: mostly(
        fc.array(mostly(some({ id: words("call_1"), signature, data: signature })), { maxLength: 2 }),
      ),
    }).map((value) => ({ role: "assistant", ...value })),
    all({ role: fc.constantFrom("tool", "function"), content, tool_call_id: words("call_1", "call_9") }),
  ),
);

const schema = mostly(
  fc.oneof(
    some({ type: is("object"), properties: mostly(some({ ["__proto__"]: anyJson, a: anyJson })) }),
    fc.constant({}),
  ),
);
const declared = mostly(all({ name, description: mostly(text), parameters: schema, strict: mostly(fc.boolean()) }));
const tool = mostly(
  fc.oneof(
    all({ type: is("function"), function: declared }),
    all({
      type: is("custom"),
      custom: mostly(
        all({ name, format: mostly(fc.constant({ type: "grammar", grammar: { syntax: "lark", definition: "x" } })) }),
      ),
    }),
    some({
      googleSearch: mostly(fc.constant({})),
      code_execution: fc.constant({}),
      googleMaps: mostly(some({ latitude: fc.constant(1), longitude: fc.constant(2) })),
    }),
    all({
      type: is("mcp"),
      server_label: mostly(text),
      server_url: words(
        "https://example.com/mcp?a=b%20c",
        "https://example.com:8443",
        "http://[::1]/",
        "https://é.fr",
        "x",
      ),
      headers: mostly(fc.dictionary(text, text, { maxKeys: 2 })),
      authorization: mostly(text),
      timeout: words("5s", "0.5s", "5"),
    }),
    all({
      type: words("web_search", "web_search_preview", "google_search", "url_context", "computer_use", "constructor"),
    }),
  ),
);
const choice = mostly(
  fc.oneof(
    fc.constantFrom("none", "auto", "required"),
    all({ type: is("function"), function: mostly(all({ name })) }),
    all({
      type: is("allowed_tools"),
      allowed_tools: mostly(
        all({
          mode: words("auto", "required"),
          tools: mostly(fc.array(mostly(all({ type: is("function"), function: all({ name }) })), { maxLength: 2 })),
        }),
      ),
    }),
  ),
);
const googleBlock = mostly(
  some({
    thinking_config: mostly(
      some({
        thinking_budget: mostly(fc.integer()),
        thinking_level: words("LOW", "high"),
        include_thoughts: mostly(fc.boolean()),
      }),
    ),
    thinkingConfig: mostly(some({ thinkingBudget: mostly(fc.integer()) })),
    imageConfig: mostly(some({ aspectRatio: words("16:9", "0:1"), imageSize: words("1k", "2K") })),
    speechConfig: mostly(
      some({
        languageCode: words("en-US"),
        voiceConfig: mostly(fc.constant({ prebuiltVoiceConfig: { voiceName: "kore" } })),
      }),
    ),
    safety_settings: mostly(
      fc.array(mostly(some({ category: words("HARM_CATEGORY_HARASSMENT"), threshold: words("OFF", "BLOCK_NONE") })), {
        maxLength: 2,
      }),
    ),
    labels: mostly(fc.dictionary(text, text, { maxKeys: 3 })),
    retrieval_config: mostly(
      some({
        lat_lng: mostly(
          some({ latitude: mostly(fc.double({ min: -90, max: 90, noNaN: true })), longitude: fc.constant(0) }),
        ),
        language_code: mostly(text),
      }),
    ),
    media_resolution: words("MEDIA_RESOLUTION_LOW", "high"),
    cached_content: mostly(text),
    response_modalities: mostly(fc.constant(["TEXT", "IMAGE"])),
  }),
);
const odd = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 0.5, 2 ** 53, 2 ** 31, 1e300, "1"));
const number = mostly(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(1, 2) }, { weight: 1, arbitrary: odd }));

/** Request bodies, most of which are right. */
export const anyBody: fc.Arbitrary<object> = fc
  .tuple(
    fc.record({
      model: words(
        "gemini-3.8-flash",
        "models/gemini-2.5-pro",
        "google/gemini-3.8-flash(high)|[free]:search",
        "m:search",
      ),
      messages: mostly(fc.array(message, { minLength: 1, maxLength: 4 })),
    }),
    some({
      tools: mostly(fc.array(tool, { maxLength: 3 })),
      functions: mostly(fc.array(declared, { maxLength: 2 })),
      tool_choice: choice,
      function_call: mostly(fc.oneof(fc.constantFrom("none", "auto"), all({ name }))),
      parallel_tool_calls: mostly(fc.boolean()),
      web_search_options: mostly(
        some({ search_context_size: words("low"), user_location: mostly(fc.constant({ type: "approximate" })) }),
      ),
    }),
    fc.dictionary(
      fc.constantFrom(
        "temperature",
        "top_p",
        "top_k",
        "n",
        "max_tokens",
        "max_completion_tokens",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
        "thinking_budget",
      ),
      number,
      { maxKeys: 2 },
    ),
    some({
      stop: mostly(fc.oneof(text, fc.array(text, { maxLength: 6 }))),
      logprobs: mostly(fc.boolean()),
      stream: mostly(fc.boolean()),
      stream_options: mostly(some({ include_usage: mostly(fc.boolean()) })),
      response_format: mostly(
        fc.oneof(
          all({ type: words("text", "json_object") }),
          all({ type: is("json_schema"), json_schema: mostly(all({ name: words("answer"), schema })) }),
        ),
      ),
      guided_choice: mostly(fc.array(text, { minLength: 1, maxLength: 3 })),
      modalities: mostly(fc.array(words("text", "IMAGE", "audio"), { maxLength: 3 })),
      audio: mostly(some({ voice: words("alloy", "kore", "constructor"), format: words("wav", "pcm", "mp3") })),
      size: words("1024x1024", "auto", "1:1", "1792x1024"),
      reasoning_effort: mostly(fc.oneof(fc.constantFrom("none", "high"), some({ effort: words("low") }))),
      reasoning: mostly(
        some({
          effort: words("low"),
          max_tokens: number,
          exclude: mostly(fc.boolean()),
          enabled: mostly(fc.boolean()),
        }),
      ),
      thinking: mostly(some({ type: words("enabled", "disabled"), budget_tokens: number })),
      extra_body: mostly(some({ google: googleBlock, top_k: number, toString: anyJson })),
      google: googleBlock,
      service_tier: words("auto", "flex", "fast"),
      safetySettings: mostly(fc.array(anyJson, { maxLength: 1 })),
      imageConfig: mostly(some({ aspectRatio: words("16:9"), imageSize: words("1k") })),
      labels: mostly(fc.dictionary(text, text, { maxKeys: 2 })),
      retry_attempt: number,
      return_reasoning_content: mostly(fc.boolean()),
      user: mostly(text),
      metadata: mostly(some({ ["__proto__"]: text })),
    }),
    fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), nastyName), anyJson, { maxKeys: 1 }),
  )
  .map(([base, tools, numbers, rest, unknown]) => ({ ...unknown, ...base, ...tools, ...numbers, ...rest }));
