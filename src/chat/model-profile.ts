// What a model can do: the one table of abilities, asked by ability and never by id.
// Only old generations and known exceptions are listed; an unknown `gemini-*` id gets the newest behaviour.
import { Modality, ThinkingLevel, type Tool } from "../gen/gemini/chat/v1/chat_pb.ts";

/** How a model is told to think. */
export type ThinkingControl =
  | { readonly kind: "none" }
  | {
      readonly kind: "budget";
      /** Least and most tokens; 0 and −1 (the model decides) stand outside this range. */
      readonly min: number;
      readonly max: number;
      readonly canBeOff: boolean;
      readonly offByDefault: boolean;
    }
  | {
      readonly kind: "level";
      /** Lowest first. */
      readonly levels: readonly [ThinkingLevel, ...ThinkingLevel[]];
      readonly defaultLevel: ThinkingLevel;
    };

/** A tool that Google runs, as the name of its case in Tool. */
export type ServerTool = Exclude<Tool["kind"]["case"], "function" | undefined>;

/** Abilities of one model. `id` is what the upstream calls it, without `models/`. */
export interface ModelProfile {
  readonly id: string;
  readonly thinking: ThinkingControl;
  readonly outputs: readonly Modality[];
  readonly inputs: readonly Modality[];
  /** Takes systemInstruction. */
  readonly systemInstruction: boolean;
  /** Honours temperature, topP, topK. */
  readonly sampling: boolean;
  /** Highest temperature. */
  readonly maxTemperature: number;
  /** Takes presence and frequency penalties. */
  readonly penalties: boolean;
  /** Gives log probabilities. */
  readonly logprobs: boolean;
  /** Accepts a conversation that ends with its own turn. */
  readonly prefill: boolean;
  /** Takes function declarations. */
  readonly functions: boolean;
  readonly serverTools: readonly ServerTool[];
  /** Refuses requests without this tool. */
  readonly requiredTool: ServerTool | undefined;
  /** Takes functions and Google's tools together. */
  readonly serverToolsWithFunctions: boolean;
  /** Takes responseMimeType application/json and text/x.enum. */
  readonly json: boolean;
  /** Takes JSON output together with tools; with functions then only in mode AUTO. */
  readonly jsonWithTools: boolean;
  /** Takes response schemas that contain themselves. */
  readonly recursiveSchemas: boolean;
  /** Takes media inside functionResponse. */
  readonly mediaInToolResults: boolean;
  /** Checks thought signatures of the current turn. */
  readonly signaturesRequired: boolean;
  /** Knows ids of function calls, and `toolCall` and `toolResponse` parts. */
  readonly callIds: boolean;
  /** Takes a media resolution on a single part. */
  readonly partMediaResolution: boolean;
  /** Values of imageConfig.aspectRatio and imageConfig.imageSize. */
  readonly aspectRatios: readonly string[];
  readonly imageSizes: readonly string[];
  /** Speech models: text is spoken verbatim, style and speaker stand beside it (from 3.8 on). */
  readonly verbatimSpeech: boolean;
  /** Takes cachedContent. */
  readonly explicitCache: boolean;
  /** Reads Office and OpenDocument files. */
  readonly officeDocuments: boolean;
  /** Most output tokens of a request is a budget over several calls, each of which gives less. */
  readonly longDecode: boolean;
  /** Most output tokens of a request; undefined: not known. */
  readonly outputTokenLimit: number | undefined;
  /** Thinks or makes media, so that silence of minutes is normal. */
  readonly slow: boolean;
}

/** Profiles that are remembered; ids are the callers' words, so there is no end of them. */
const PROFILES_MAX = 256;
const profiles = new Map<string, ModelProfile>();

/** The abilities behind an upstream id, with or without `models/`. Never fails: what is not known is taken for the newest Gemini. */
export function profileOf(id: string): ModelProfile {
  const known = profiles.get(id);
  if (known !== undefined) return known;
  if (profiles.size >= PROFILES_MAX) profiles.clear();
  const profile = readProfile(id);
  profiles.set(id, profile);
  return profile;
}

/** Some sixty patterns are tried, which is why the outcome is kept. */
function readProfile(id: string): ModelProfile {
  const name = id.replace(/^(models|tunedModels)\//, "").toLowerCase();
  const is = (pattern: RegExp): boolean => pattern.test(name);
  const image = is(IMAGE);
  const speech = is(SPEECH);
  const old = is(BEFORE_GEMINI_3);
  const functions = !speech && !is(NO_FUNCTIONS);
  const thinking = firstMatch(THINKING, name, LEVELS_OF_NEWEST);
  return {
    id: id.replace(/^models\//, ""),
    thinking,
    outputs: outputsOf(name),
    inputs: firstMatch(INPUTS, name, [TEXT, IMAGE_INPUT, AUDIO, VIDEO, DOCUMENT]),
    systemInstruction: !is(NO_SYSTEM_INSTRUCTION),
    sampling: is(BEFORE_SAMPLING_ENDED),
    // The list says 1 of image models (recorded lists of 2025 and 2026).
    maxTemperature: image ? 1 : 2,
    penalties: !is(NO_PENALTIES),
    // Vertex gives them; on the Gemini API every model answers 400 "Logprobs is not enabled".
    logprobs: false,
    prefill: is(BEFORE_SAMPLING_ENDED),
    functions,
    serverTools: firstMatch(SERVER_TOOLS, name, [...TOOLS_OF_2_5, "computerUse"]),
    requiredTool: is(COMPUTER_USE) ? "computerUse" : undefined,
    serverToolsWithFunctions: !old,
    json: functions && !is(GEMMA),
    jsonWithTools: !old,
    recursiveSchemas: !old,
    mediaInToolResults: !old,
    signaturesRequired: !old,
    callIds: !old,
    partMediaResolution: !old,
    aspectRatios: image ? (is(TEN_RATIOS) ? TEN : FOURTEEN) : [],
    imageSizes: image ? firstMatch(IMAGE_SIZES, name, ["1K", "2K", "4K"]) : [],
    verbatimSpeech: speech && !is(SPEECH_BY_PROMPT),
    explicitCache: !is(GEMINI_4),
    officeDocuments: is(/^gemini-4-hydrogen/),
    longDecode: is(GEMINI_4),
    outputTokenLimit: firstMatch(OUTPUT_TOKEN_LIMITS, name, undefined),
    slow: thinking.kind !== "none" || image || speech || is(MUSIC),
  };
}

const { TEXT, IMAGE: IMAGE_INPUT, AUDIO, VIDEO, DOCUMENT } = Modality;
const { MINIMAL, LOW, MEDIUM, HIGH, XHIGH } = ThinkingLevel;

const GEMMA = /^gemma-/;
const SPEECH = /-tts(-|$)/;
const MUSIC = /^lyria-/;
const IMAGE = /-image(-|$)|nano-banana/;
const COMPUTER_USE = /computer-use/;
const GEMINI_4 = /^gemini-([4-9]|\d\d)[.-]/;

/** Robotics-ER 1.x stands on Gemini 2.5. */
const BEFORE_GEMINI_3 = /^(gemma-|lyria-|gemini-[12][.-]|gemini-robotics-er-1)/;

/** 3.6-flash, 3.5-flash-lite and everything newer ignore sampling and refuse a trailing model turn; so may any `-latest`. */
const BEFORE_SAMPLING_ENDED =
  /^(gemma-|lyria-|gemini-[12][.-]|gemini-robotics-er-1|gemini-3(\.[0-4])?-|gemini-3\.5-(?!flash-lite)|nano-banana-pro)/;

/** The Gemini API answers 400 "Penalty is not enabled" for all of 2.5. */
const NO_PENALTIES = /^gemini-(2\.5|robotics-er-1)/;

const NO_SYSTEM_INSTRUCTION = /^gemma-|^lyria-|-tts(-|$)|^gemini-2\.0-.*image/;
const NO_FUNCTIONS = /^gemma-[123]|^lyria-|^gemini-2\..*-image|nano-banana-(?!pro)/;
const SPEECH_BY_PROMPT = /^gemini-(2\.5|3\.[0-7])-/;

function outputsOf(name: string): readonly Modality[] {
  if (SPEECH.test(name)) return [AUDIO];
  if (IMAGE.test(name)) return [TEXT, IMAGE_INPUT];
  return MUSIC.test(name) ? [TEXT, AUDIO] : [TEXT];
}

type Rows<T> = readonly (readonly [RegExp, T])[];

function firstMatch<T>(rows: Rows<T>, name: string, otherwise: T): T {
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? otherwise;
}

function levels(defaultLevel: ThinkingLevel, ...all: [ThinkingLevel, ...ThinkingLevel[]]): ThinkingControl {
  return { kind: "level", levels: all, defaultLevel };
}

function budget(min: number, max: number, canBeOff: boolean, offByDefault = false): ThinkingControl {
  return { kind: "budget", min, max, canBeOff, offByDefault };
}

const LEVELS_OF_NEWEST = levels(MEDIUM, LOW, MEDIUM, HIGH);
const NO_THINKING: ThinkingControl = { kind: "none" };

/** Levels and budgets that Google documents per model; a value that is not among them is a 400. State: November 2026. */
const THINKING: Rows<ThinkingControl> = [
  [/^gemma-4/, levels(MINIMAL, MINIMAL, HIGH)],
  [/^gemma-|^lyria-|-tts(-|$)|^gemini-2\.5-flash-image/, NO_THINKING],
  [/^gemini-2\.5-pro/, budget(128, 32_768, false)],
  [/^gemini-2\.5-flash-lite/, budget(512, 24_576, true, true)],
  [/^gemini-2\.5-|^gemini-robotics-er-1/, budget(1, 24_576, true)],
  [/^gemini-[12][.-]/, NO_THINKING],
  // Always thinks and takes no level.
  [/^gemini-3-pro-image|^nano-banana-pro/, budget(128, 32_768, false)],
  [/^gemini-3\.1-.*image/, levels(MINIMAL, MINIMAL, HIGH)],
  [IMAGE, levels(MEDIUM, MINIMAL, MEDIUM, HIGH)],
  [/^gemini-3-pro/, levels(HIGH, LOW, HIGH)],
  [/^gemini-3\.\d+-pro|^gemini-pro-latest/, levels(HIGH, LOW, MEDIUM, HIGH)],
  [/^gemini-3(\.\d+)?-flash-lite|^gemini-flash-lite-latest/, levels(MINIMAL, MINIMAL, LOW, MEDIUM, HIGH)],
  [/^gemini-3-flash|^gemini-robotics-er/, levels(HIGH, MINIMAL, LOW, MEDIUM, HIGH)],
  [/^gemini-3\.[1-6]-flash/, levels(MEDIUM, MINIMAL, LOW, MEDIUM, HIGH)],
  [/^gemini-4-hydrogen/, levels(HIGH, LOW, MEDIUM, HIGH, XHIGH)],
];

/** The API tells no modalities; these are the documented ones. */
const INPUTS: Rows<readonly Modality[]> = [
  [/-tts(-|$)|^gemma-(3-1b|3n)/, [TEXT]],
  [/^gemma-|^lyria-|computer-use/, [TEXT, IMAGE_INPUT]],
  [/^gemini-3\.1-flash-image/, [TEXT, IMAGE_INPUT, VIDEO, DOCUMENT]],
  [IMAGE, [TEXT, IMAGE_INPUT, DOCUMENT]],
  [/^gemini-robotics/, [TEXT, IMAGE_INPUT, AUDIO, VIDEO]],
];

const TOOLS_OF_2_5: readonly ServerTool[] = [
  "codeExecution",
  "googleSearch",
  "urlContext",
  "googleMaps",
  "fileSearch",
  "mcpServer",
];

const SERVER_TOOLS: Rows<readonly ServerTool[]> = [
  [/^gemma-|^lyria-|-tts(-|$)|^gemini-2\..*image/, []],
  [IMAGE, ["googleSearch"]],
  [COMPUTER_USE, ["computerUse"]],
  [/^gemini-1[.-]/, ["codeExecution"]],
  [/^gemini-2\.0-/, ["codeExecution", "googleSearch"]],
  [/^gemini-2[.-]|^gemini-robotics-er-1/, TOOLS_OF_2_5],
];

const TEN = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
const FOURTEEN = [...TEN, "1:4", "4:1", "1:8", "8:1"];
const TEN_RATIOS = /^gemini-2\.|^gemini-3-pro-image|^gemini-3\.1-flash-lite-image|^nano-banana-pro/;

const IMAGE_SIZES: Rows<readonly string[]> = [
  [/^gemini-2\./, []],
  [/^gemini-3\.1-flash-lite-image/, ["1K"]],
  [/^gemini-3\.1-flash-image/, ["512", "1K", "2K", "4K"]],
];

/** Above them the API answers 400. Gemini 4 takes a budget over several calls, up to its whole window. */
const OUTPUT_TOKEN_LIMITS: Rows<number> = [
  [SPEECH, 16_384],
  [/^gemma-4/, 32_768],
  [/^gemma-|^gemini-1[.-]|^gemini-2\.0-/, 8_192],
  [/^gemini-2\.5-flash-image|^gemini-3-pro-image|^gemini-3\.1-.*image|nano-banana/, 32_768],
  [COMPUTER_USE, 64_000],
  [GEMINI_4, 1_048_576],
  [/^gemini-(2\.5|3)|^gemini-robotics|^lyria-|-latest$/, 65_536],
];
