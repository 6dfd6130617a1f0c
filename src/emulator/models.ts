// The catalogue: every model the emulator serves and what sets it apart, and the ids that are gone.

/** What tokens are counted under and what a model may be given. */
export type Modality = "TEXT" | "IMAGE" | "VIDEO" | "AUDIO" | "DOCUMENT";

/** How a model is told to think: not at all, by a token budget (2.5), or by a named level (3 and later). */
export type ThinkingControl =
  | { readonly control: "none" }
  | {
      readonly control: "budget";
      readonly min: number;
      readonly max: number;
      readonly canBeOff: boolean;
      readonly default: number;
    }
  | {
      readonly control: "level";
      readonly levels: readonly string[];
      readonly default: string;
      readonly takesBudget: boolean;
    };

/** One row of the catalogue; limits are in tokens. */
export interface EmulatedModel {
  readonly id: string;
  readonly displayName: string;
  /** What `modelVersion` says: the id itself, or what an alias stands for. */
  readonly version: string;
  /** 2.5, 3.1, 4, …; 0 for Gemma and Lyria, which are no Gemini. Rules that came with Gemini 3 ask `generation >= 3`. */
  readonly generation: number;
  readonly kind: "chat" | "image" | "speech" | "music" | "transcription";
  readonly input: readonly Modality[];
  readonly inputTokenLimit: number;
  readonly outputTokenLimit: number;
  readonly thinking: ThinkingControl;
  /** Without a shutdown date: only these are listed, but all are served. */
  readonly listed: boolean;
  readonly functions: boolean;
  readonly json: boolean;
  readonly systemInstruction: boolean;
  readonly builtIns: "all" | "search" | "none";
  /** A trailing model turn is continued; 3.6-flash, 3.5-flash-lite and everything newer refuse it. */
  readonly prefill: boolean;
  readonly imageSizes: readonly string[];
  readonly wideRatios: boolean;
}

const ALL_INPUT: readonly Modality[] = ["TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"];
const NO_THINKING: ThinkingControl = { control: "none" };

const level = (defaultLevel: string, ...levels: string[]): ThinkingControl => ({
  control: "level",
  levels,
  default: defaultLevel,
  takesBudget: true,
});
const levelOnly = (defaultLevel: string, ...levels: string[]): ThinkingControl => ({
  control: "level",
  levels,
  default: defaultLevel,
  takesBudget: false,
});
const budget = (min: number, max: number, canBeOff: boolean, defaultBudget: number): ThinkingControl => ({
  control: "budget",
  min,
  max,
  canBeOff,
  default: defaultBudget,
});

const FLASH_BUDGET = budget(1, 24_576, true, -1);

function model(id: string, generation: number, changes: Partial<EmulatedModel> = {}): EmulatedModel {
  return {
    id,
    displayName: toDisplayName(id),
    version: id,
    generation,
    kind: "chat",
    input: ALL_INPUT,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    thinking: NO_THINKING,
    listed: true,
    functions: true,
    json: true,
    systemInstruction: true,
    builtIns: "all",
    prefill: true,
    imageSizes: [],
    wideRatios: false,
    ...changes,
  };
}

const toDisplayName = (id: string) =>
  id
    .split("-")
    .map((word) => (word === "tts" ? "TTS" : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(" ");

const DATED = { listed: false };
const NO_PREFILL = { prefill: false };

const CHAT: readonly EmulatedModel[] = [
  model("gemini-4-argon", 4, { thinking: levelOnly("MEDIUM", "LOW", "MEDIUM", "HIGH"), ...NO_PREFILL }),
  model("gemini-4-carbon", 4, { thinking: levelOnly("MEDIUM", "LOW", "MEDIUM", "HIGH"), ...NO_PREFILL }),
  model("gemini-4-hydrogen", 4, { thinking: levelOnly("HIGH", "LOW", "MEDIUM", "HIGH", "XHIGH"), ...NO_PREFILL }),
  model("gemini-4-hydrogen-eap", 4, { thinking: levelOnly("HIGH", "LOW", "MEDIUM", "HIGH", "XHIGH"), ...NO_PREFILL }),
  model("gemini-3.8-flash", 3.8, { thinking: level("MEDIUM", "LOW", "MEDIUM", "HIGH"), ...NO_PREFILL }),
  model("gemini-3.7-flash", 3.7, { thinking: level("MEDIUM", "LOW", "MEDIUM", "HIGH"), ...NO_PREFILL }),
  model("gemini-3.6-flash", 3.6, { thinking: level("MEDIUM", "MINIMAL", "LOW", "MEDIUM", "HIGH"), ...NO_PREFILL }),
  model("gemini-3.5-flash", 3.5, { thinking: level("MEDIUM", "MINIMAL", "LOW", "MEDIUM", "HIGH") }),
  model("gemini-3.5-flash-lite", 3.5, {
    thinking: level("MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
    ...NO_PREFILL,
  }),
  // Ends 2027-05-07.
  model("gemini-3.1-flash-lite", 3.1, { thinking: level("MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"), ...DATED }),
  model("gemini-3.1-pro-preview", 3.1, { thinking: level("HIGH", "LOW", "MEDIUM", "HIGH") }),
  model("gemini-3.1-pro-preview-customtools", 3.1, { thinking: level("HIGH", "LOW", "MEDIUM", "HIGH") }),
  model("gemini-3-flash-preview", 3, { thinking: level("HIGH", "MINIMAL", "LOW", "MEDIUM", "HIGH") }),
  // Both end 2026-12-01.
  model("gemini-2.5-pro", 2.5, { thinking: budget(128, 32_768, false, -1), ...DATED }),
  model("gemini-2.5-flash", 2.5, { thinking: FLASH_BUDGET, ...DATED }),
  model("gemini-2.5-flash-lite", 2.5, { thinking: budget(512, 24_576, true, 0) }),
  // Targets of the aliases are not documented; these are the newest of each line.
  model("gemini-flash-latest", 3.8, {
    version: "gemini-3.8-flash",
    thinking: level("MEDIUM", "LOW", "MEDIUM", "HIGH"),
    ...NO_PREFILL,
  }),
  model("gemini-pro-latest", 3.1, {
    version: "gemini-3.1-pro-preview",
    thinking: level("HIGH", "LOW", "MEDIUM", "HIGH"),
  }),
  model("gemini-flash-lite-latest", 3.5, {
    version: "gemini-3.5-flash-lite",
    thinking: level("MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
    ...NO_PREFILL,
  }),
  model("gemini-2.5-computer-use-preview-10-2025", 2.5, {
    input: ["TEXT", "IMAGE"],
    inputTokenLimit: 128_000,
    outputTokenLimit: 64_000,
    thinking: FLASH_BUDGET,
  }),
  model("gemini-robotics-er-2-preview", 3.5, {
    input: ["TEXT", "IMAGE", "VIDEO", "AUDIO"],
    inputTokenLimit: 131_072,
    thinking: level("HIGH", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
  }),
  model("gemini-robotics-er-1.6-preview", 2.5, {
    input: ["TEXT", "IMAGE", "VIDEO", "AUDIO"],
    inputTokenLimit: 131_072,
    thinking: FLASH_BUDGET,
  }),
];

const gemma = (id: string, changes: Partial<EmulatedModel>) =>
  model(id, 0, {
    systemInstruction: false,
    builtIns: "none",
    input: ["TEXT", "IMAGE"],
    outputTokenLimit: 32_768,
    ...changes,
  });

const GEMMA_4 = { inputTokenLimit: 262_144, thinking: levelOnly("MINIMAL", "MINIMAL", "HIGH") };
const GEMMA_3 = { inputTokenLimit: 131_072, outputTokenLimit: 8_192, functions: false, json: false };

const GEMMA: readonly EmulatedModel[] = [
  gemma("gemma-4-31b-it", GEMMA_4),
  gemma("gemma-4-26b-a4b-it", GEMMA_4),
  gemma("gemma-3-27b-it", GEMMA_3),
  gemma("gemma-3-12b-it", GEMMA_3),
  gemma("gemma-3-4b-it", GEMMA_3),
  gemma("gemma-3-1b-it", { ...GEMMA_3, inputTokenLimit: 32_768, input: ["TEXT"] }),
  gemma("gemma-3n-e4b-it", { ...GEMMA_3, inputTokenLimit: 8_192, input: ["TEXT"] }),
  gemma("gemma-3n-e2b-it", { ...GEMMA_3, inputTokenLimit: 8_192, input: ["TEXT"] }),
];

const image = (id: string, generation: number, changes: Partial<EmulatedModel>) =>
  model(id, generation, {
    kind: "image",
    input: ["TEXT", "IMAGE", "DOCUMENT"],
    inputTokenLimit: 65_536,
    outputTokenLimit: 32_768,
    builtIns: "search",
    imageSizes: ["1K", "2K", "4K"],
    ...changes,
  });

const IMAGE: readonly EmulatedModel[] = [
  image("gemini-nano-banana-2.1", 3.8, {
    thinking: level("MEDIUM", "MINIMAL", "MEDIUM", "HIGH"),
    wideRatios: true,
    functions: false,
    json: false,
    ...NO_PREFILL,
  }),
  image("gemini-3.1-flash-image", 3.1, {
    thinking: level("MINIMAL", "MINIMAL", "HIGH"),
    imageSizes: ["512", "1K", "2K", "4K"],
    wideRatios: true,
    input: ["TEXT", "IMAGE", "VIDEO", "DOCUMENT"],
  }),
  image("gemini-3.1-flash-lite-image", 3.1, { thinking: level("MINIMAL", "MINIMAL", "HIGH"), imageSizes: ["1K"] }),
  image("gemini-3-pro-image", 3, { thinking: budget(1, 32_768, false, -1) }),
  image("nano-banana-pro-preview", 3, { version: "gemini-3-pro-image", thinking: budget(1, 32_768, false, -1) }),
  image("gemini-2.5-flash-image", 2.5, {
    inputTokenLimit: 32_768,
    imageSizes: [],
    functions: false,
    json: false,
    builtIns: "none",
  }),
];

const speech = (id: string, generation: number) =>
  model(id, generation, {
    kind: "speech",
    input: ["TEXT"],
    inputTokenLimit: 8_192,
    outputTokenLimit: 16_384,
    functions: false,
    json: false,
    systemInstruction: false,
    builtIns: "none",
    prefill: generation < 3.8,
  });

const music = (id: string) =>
  model(id, 0, {
    kind: "music",
    input: ["TEXT", "IMAGE"],
    inputTokenLimit: 131_072,
    functions: false,
    json: false,
    systemInstruction: false,
    builtIns: "none",
  });

const SOUND: readonly EmulatedModel[] = [
  speech("gemini-3.8-flash-tts", 3.8),
  speech("gemini-3.8-flash-lite-tts", 3.8),
  speech("gemini-3.1-flash-tts-preview", 3.1),
  speech("gemini-2.5-flash-preview-tts", 2.5),
  speech("gemini-2.5-pro-preview-tts", 2.5),
  model("gemini-3.5-transcribe", 3.5, {
    kind: "transcription",
    input: ["TEXT", "AUDIO", "VIDEO"],
    functions: false,
    json: false,
    builtIns: "none",
    prefill: false,
  }),
  music("lyria-3-clip-preview"),
  music("lyria-3-pro-preview"),
];

const MODELS: readonly EmulatedModel[] = [...CHAT, ...GEMMA, ...IMAGE, ...SOUND];
const BY_ID: ReadonlyMap<string, EmulatedModel> = new Map(MODELS.map((entry) => [entry.id, entry]));

/** The ids of `models.list`: they serve generateContent and have no shutdown date. */
export const LISTED_MODELS: readonly EmulatedModel[] = MODELS.filter((entry) => entry.listed);

/** The model of an id, listed or not; undefined for unknown, shut-down and non-generating ids. */
export const findModel = (id: string): EmulatedModel | undefined => BY_ID.get(id);

/** Whole lines of models that were shut down, and single previews of living ones. */
const SHUT_DOWN: readonly RegExp[] = [
  /^gemini-(1\.|2\.0-|pro(-vision)?$|exp-|ultra)/,
  /^learnlm-/,
  /^gemini-2\.5-(flash|flash-lite|pro)-(preview|exp)-\d\d-(\d\d|\d{4})$/,
  /^gemini-2\.5-flash-image-preview$/,
  /^gemini-3-pro-(image-)?preview$/,
  /^gemini-3\.1-flash-(lite|image)-preview$/,
  /^gemini-robotics-er-1\.5-preview$/,
];

/** Whether an id once served and was shut down (404 with a text of its own). */
export const isShutDown = (id: string): boolean => SHUT_DOWN.some((pattern) => pattern.test(id));
