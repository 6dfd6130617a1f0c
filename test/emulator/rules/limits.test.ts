// Bounds and abilities of §2 and §6 of the wire reference that are no numbered rule: safety, media, tools, ranges.

import { ask, withFunctions } from "../client.ts";
import { testRefusals, type Refusal } from "./refusals.ts";

const FLASH = "gemini-3.8-flash";
const OLD = "gemini-2.5-flash";
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const parts = (...list: object[]) => ({ contents: [{ role: "user", parts: list }] });
const image = { inlineData: { mimeType: "image/png", data: PNG } };
const address = (fileUri: string, mimeType?: string) => ({ fileData: { fileUri, ...(mimeType && { mimeType }) } });
const safety = (...categories: string[]) =>
  ask("Hi", { safetySettings: categories.map((category) => ({ category, threshold: "OFF" })) });
const calling = (functionCallingConfig: object) => ({ toolConfig: { functionCallingConfig } });

const ROWS: readonly Refusal[] = [
  [
    "a safety category set twice",
    FLASH,
    safety("HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HARASSMENT"),
    /safety_settings\[1\]\.category: duplicate/,
  ],
  ["a safety category of PaLM", FLASH, safety("HARM_CATEGORY_TOXICITY"), /element predicate failed: \$\.category in/],
  [
    "a media resolution on a part before Gemini 3",
    OLD,
    parts({ ...image, mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } }),
    /^Media resolution/,
  ],
  ["agentic video before Gemini 3", OLD, parts({ ...image, mediaProcessing: "AGENTIC" }), /^Media processing/],
  [
    "more than 3,600 images",
    FLASH,
    parts(...Array.from({ length: 3_601 }, () => image)),
    /^Please use fewer than 3601 images/,
  ],
  [
    "more than ten YouTube videos",
    FLASH,
    parts(...Array.from({ length: 11 }, (_, index) => address(`https://youtu.be/${index}`))),
    /^Request contains an invalid argument\.$/,
  ],
  [
    "a GIF",
    FLASH,
    parts({ inlineData: { mimeType: "image/gif", data: "R0lGODlhAQABAAAAACw=" } }),
    /^Unsupported MIME type: image\/gif$/,
  ],
  [
    "image/jpg",
    FLASH,
    parts({ inlineData: { mimeType: "image/jpg", data: "/9j/" } }),
    /^Unsupported MIME type: image\/jpg$/,
  ],
  [
    "audio by address",
    FLASH,
    parts(address("https://example.com/a.mp3", "audio/mp3")),
    /^Unsupported MIME type: audio\/mp3$/,
  ],
  ["an address without a type", FLASH, parts(address("https://example.com/a")), /^Unsupported MIME type: $/],
  [
    "an address that cannot be opened",
    FLASH,
    parts(address("https://example.com/emulator-unfetchable.png", "image/png")),
    /^Cannot fetch content/,
  ],
  ["a YouTube short", FLASH, parts(address("https://www.youtube.com/shorts/abc")), /^Unsupported MIME type/],
  ["a bucket", FLASH, parts(address("gs://bucket/a.mp4", "video/mp4")), /^Invalid or unsupported file uri/],
  ["log probabilities", FLASH, ask("Hi", { generationConfig: { responseLogprobs: true } }), /^Logprobs is not enabled/],
  ["a number of them alone", FLASH, ask("Hi", { generationConfig: { logprobs: 3 } }), /^Logprobs is set but/],
  [
    "the Live API's behaviour",
    FLASH,
    ask("Hi", withFunctions({ name: "f", behavior: "NON_BLOCKING" })),
    /behavior: NON_BLOCKING/,
  ],
  ["computer use before Gemini 3", OLD, ask("Hi", { tools: [{ computerUse: {} }] }), /^Computer Use is not enabled/],
  ["a mode without functions", FLASH, ask("Hi", calling({ mode: "ANY" })), /^Function calling config is set without/],
  [
    "allowed names with the mode NONE",
    FLASH,
    ask("Hi", { ...withFunctions({ name: "f" }), ...calling({ mode: "NONE", allowedFunctionNames: ["f"] }) }),
    /^allowed_function_names should not be set/,
  ],
  [
    "an allowed name that nobody declared",
    FLASH,
    ask("Hi", { ...withFunctions({ name: "f" }), ...calling({ mode: "ANY", allowedFunctionNames: ["g"] }) }),
    /^allowed_function_names contains g/,
  ],
];

await testRefusals(ROWS);
