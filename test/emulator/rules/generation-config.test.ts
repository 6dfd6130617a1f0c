// generationConfig: ranges and abilities, modalities, images and speech.

import { ask } from "../client.ts";
import { testRefusals } from "./refusals.ts";

const config = (generationConfig: object) => ask("Hi", { generationConfig });
const json = { generationConfig: { responseMimeType: "application/json" } };
const builtIn = { codeExecution: {} };

await testRefusals([
  ["penalties on 2.5", "gemini-2.5-flash", config({ presencePenalty: 1 }), /^Penalty is not enabled for this model/],
  [
    "several candidates on Gemini 3",
    "gemini-3.8-flash",
    config({ candidateCount: 2 }),
    /^Multiple candidates is not enabled for this model/,
  ],
  ["too many candidates", "gemini-2.5-flash", config({ candidateCount: 9 }), /candidate_count must be in the range/],
  ["logprobs", "gemini-3.8-flash", config({ responseLogprobs: true }), /^Logprobs is not enabled for this model/],
  ["six stop sequences", "gemini-3.8-flash", config({ stopSequences: [..."abcdef"] }), /at most 5 stop sequences/],
  ["no output tokens", "gemini-3.8-flash", config({ maxOutputTokens: 0 }), /must be positive/],
  ["too many output tokens", "gemini-3.8-flash", config({ maxOutputTokens: 65_537 }), /supported range is from 1/],
  ["a hot temperature", "gemini-3.8-flash", config({ temperature: 2.5 }), /range \[0\.0, 2\.0\]/],
  ["top_p above one", "gemini-3.8-flash", config({ topP: 2 }), /range \[0\.0, 1\.0\]/],
  ["an unknown output type", "gemini-3.8-flash", config({ responseMimeType: "text/html" }), /allowed mimetypes are/],
  [
    "two schemas",
    "gemini-3.8-flash",
    config({ responseMimeType: "application/json", responseSchema: {}, responseJsonSchema: {} }),
    /must not both be set/,
  ],
  [
    "a schema for plain text",
    "gemini-3.8-flash",
    config({ responseSchema: { type: "OBJECT" } }),
    /only allowed when response_mime_type/,
  ],
  [
    "an enum answer without its schema",
    "gemini-3.8-flash",
    config({ responseMimeType: "text/x.enum" }),
    /required when/,
  ],
  ["JSON from an image model", "gemini-2.5-flash-image", ask("Hi", json), /^JSON mode is not enabled/],
  [
    "an unknown cache",
    "gemini-3.8-flash",
    ask("Hi", { cachedContent: "cachedContents/x" }),
    /^CachedContent not found/,
  ],
  [
    "a cache beside tools",
    "gemini-3.8-flash",
    ask("Hi", { cachedContent: "cachedContents/x", tools: [builtIn] }),
    /^CachedContent can not be used with/,
  ],

  [
    "images from a chat model",
    "gemini-3.8-flash",
    config({ responseModalities: ["IMAGE"] }),
    /^Model does not support the requested response modalities: IMAGE/,
  ],
  [
    "text alone from an image model",
    "gemini-2.5-flash-image",
    config({ responseModalities: ["TEXT"] }),
    /^Model does not support the requested/,
  ],
  [
    "speech without the audio modality",
    "gemini-2.5-flash-preview-tts",
    ask("Hi"),
    /^Model does not support the requested response modalities: TEXT/,
  ],
  [
    "speech with text besides",
    "gemini-3.8-flash-tts",
    config({ responseModalities: ["TEXT", "AUDIO"] }),
    /accepts the following combination/,
  ],
  [
    "a lower-case image size",
    "gemini-3.1-flash-image",
    config({ imageConfig: { imageSize: "1k" } }),
    /^Unsupported image size: 1k/,
  ],
  [
    "a size on 2.5-flash-image",
    "gemini-2.5-flash-image",
    config({ imageConfig: { imageSize: "1K" } }),
    /^Unsupported image size/,
  ],
  [
    "a wide ratio on an older model",
    "gemini-3-pro-image",
    config({ imageConfig: { aspectRatio: "8:1" } }),
    /^Unsupported aspect ratio: 8:1/,
  ],
  [
    "an image config elsewhere",
    "gemini-3.8-flash",
    config({ imageConfig: { aspectRatio: "1:1" } }),
    /^Image config is not enabled/,
  ],
]);
