// The models that are known by name: which of them chat, how far they are in their lives, and what they cost.
// Prices are US dollars for a million tokens of the standard paid tier, from Google's price pages. State: November 2026.
import { Failure } from "./failures.ts";
import { Modality } from "../gen/gemini/chat/v1/chat_pb.ts";
import { type Price, Price_Kind } from "../gen/gemini/chat/v1/models_pb.ts";

const CHAT = "chat";

/** What serves a model, by its name; the first row that fits counts, and chat is what serves all others. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/^tunedmodels\/|^gemma-|-tts(-|$)|-image(-|$)|nano-banana/, CHAT],
  [/-live(-|$)|native-audio|-translate|^lyria-realtime/, "the Live API"],
  [/-omni-|^deep-research|^antigravity|-transcribe|^lyria-3\.5/, "the Interactions API"],
  [/^veo-/, "video generation operations"],
  [/^imagen-/, "image prediction"],
  [/embedding/, "embeddings"],
  [/^gemini-decision/, "the Decisions API"],
  [/^aqa$/, "generateAnswer"],
];

/** Of all rows: most names fit none. */
const SPECIAL = new RegExp(SERVICES.map(([pattern]) => pattern.source).join("|"));

/** Whether generateContent serves an id, as far as its name tells; an unknown name may chat. */
export function chats(id: string): boolean {
  return serviceOf(id) === CHAT;
}

/** Throws MODEL_NOT_FOUND, saying what it serves, for a model that does not chat. */
export function refuseOtherMethods(id: string): void {
  const service = serviceOf(id);
  if (service === CHAT) return;
  throw new Failure("MODEL_NOT_FOUND", `${id} does not chat: it serves ${service}.`, { field: "model" });
}

function serviceOf(id: string): string {
  const name = id.toLowerCase();
  if (!SPECIAL.test(name)) return CHAT;
  return SERVICES.find(([pattern]) => pattern.test(name))?.[1] ?? CHAT;
}

/** Dollars for a million tokens; `cached` where the model has a cache. */
interface Tariff {
  readonly input: number;
  readonly output: number;
  readonly cached?: number;
  /** Where sound costs something else. */
  readonly audioInput?: number;
  readonly cachedAudio?: number;
  /** Output of images or sound. */
  readonly media?: readonly [Modality, number];
  /** For prompts above 200,000 tokens. */
  readonly long?: Tariff;
  /** A changed price, from the first UTC day on which it holds. */
  readonly from?: readonly [string, Tariff];
}

const LONG_PROMPT_TOKENS = 200_000;
const { IMAGE, AUDIO } = Modality;

const ARGON: Tariff = {
  input: 2,
  output: 10,
  cached: 0.1,
  from: ["2026-12-01", { input: 4, output: 20, cached: 0.2 }],
};
const HYDROGEN: Tariff = { input: 1.5, output: 7.5, cached: 0.075 };
const FLASH: Tariff = {
  input: 0.75,
  output: 3.75,
  cached: 0.075,
  from: ["2027-01-01", { input: 1.5, output: 7.5, cached: 0.15 }],
};
const PRO_3_1: Tariff = { input: 2, output: 12, cached: 0.2, long: { input: 4, output: 18, cached: 0.4 } };
const FREE: Tariff = { input: 0, output: 0 };

/** undefined: known, but its price is not. */
const CATALOGUE: ReadonlyMap<string, Tariff | undefined> = new Map<string, Tariff | undefined>([
  ["gemini-4-argon", ARGON],
  ["gemini-4-carbon", ARGON],
  ["gemini-4-hydrogen", HYDROGEN],
  ["gemini-4-hydrogen-eap", HYDROGEN],
  ["gemini-3.8-flash", FLASH],
  ["gemini-3.7-flash", FLASH],
  ["gemini-3.6-flash", FLASH],
  ["gemini-3.5-flash", { input: 1.5, output: 9, cached: 0.15 }],
  ["gemini-3.5-flash-lite", { input: 0.3, output: 2.5, cached: 0.03 }],
  ["gemini-3.1-flash-lite", { input: 0.25, output: 1.5, cached: 0.025, audioInput: 0.5 }],
  ["gemini-3.1-pro-preview", PRO_3_1],
  ["gemini-3.1-pro-preview-customtools", PRO_3_1],
  ["gemini-3-flash-preview", { input: 0.5, output: 3, cached: 0.05, audioInput: 1 }],
  ["gemini-2.5-pro", { input: 1.25, output: 10, cached: 0.125, long: { input: 2.5, output: 15, cached: 0.25 } }],
  ["gemini-2.5-flash", { input: 0.3, output: 2.5, cached: 0.03, audioInput: 1, cachedAudio: 0.1 }],
  ["gemini-2.5-flash-lite", { input: 0.1, output: 0.4, cached: 0.01, audioInput: 0.3 }],
  ["gemini-flash-latest", undefined],
  ["gemini-pro-latest", undefined],
  ["gemini-flash-lite-latest", undefined],
  ["gemini-2.5-computer-use-preview-10-2025", { input: 1.25, output: 10, long: { input: 2.5, output: 15 } }],
  ["gemini-robotics-er-2-preview", { input: 1, output: 5, cached: 0.1 }],
  ["gemini-robotics-er-1.6-preview", undefined],
  ["gemma-4-31b-it", FREE],
  ["gemma-4-26b-a4b-it", FREE],
  ["gemma-3-27b-it", FREE],
  ["gemma-3-12b-it", FREE],
  ["gemma-3-4b-it", FREE],
  ["gemma-3-1b-it", FREE],
  ["gemma-3n-e4b-it", FREE],
  ["gemma-3n-e2b-it", FREE],
  ["gemini-nano-banana-2.1", { input: 1.5, output: 7.5 }],
  ["gemini-3.1-flash-image", { input: 0.5, output: 3, media: [IMAGE, 60] }],
  ["gemini-3.1-flash-lite-image", { input: 0.25, output: 1.5, media: [IMAGE, 30] }],
  ["gemini-3-pro-image", { input: 2, output: 12, media: [IMAGE, 120] }],
  ["nano-banana-pro-preview", { input: 2, output: 12, media: [IMAGE, 120] }],
  ["gemini-2.5-flash-image", { input: 0.3, output: 2.5, media: [IMAGE, 30] }],
  ["gemini-3.8-flash-tts", { input: 0.5, output: 9, from: ["2027-01-01", { input: 1, output: 18 }] }],
  ["gemini-3.8-flash-lite-tts", { input: 0.5, output: 6, from: ["2027-01-01", { input: 1, output: 12 }] }],
  ["gemini-3.1-flash-tts-preview", undefined],
  ["gemini-2.5-flash-preview-tts", { input: 0.5, output: 10 }],
  ["gemini-2.5-pro-preview-tts", { input: 1, output: 20 }],
  ["lyria-3-clip-preview", undefined],
  ["lyria-3-pro-preview", undefined],
]);

/** Whether this id is one of ours: the stand-in for the upstream's list while that is not known. */
export function isCatalogued(id: string): boolean {
  return CATALOGUE.has(id);
}

/** Prices of a model on a day; empty when they are not known. */
export function pricesOf(id: string, today: Date | number): Price[] {
  const tariff = CATALOGUE.get(id);
  if (tariff === undefined) return [];
  const [day, later] = tariff.from ?? [];
  const current = day !== undefined && later !== undefined && Date.parse(day) <= Number(today) ? later : tariff;
  return [...rows(current, 0), ...(current.long === undefined ? [] : rows(current.long, LONG_PROMPT_TOKENS))];
}

function rows(tariff: Tariff, abovePromptTokens: number): Price[] {
  const prices: Price[] = [];
  const add = (kind: Price_Kind, dollars: number | undefined, modality: Modality = Modality.UNSPECIFIED): void => {
    if (dollars === undefined) return;
    const perMillionTokensMicroUsd = BigInt(Math.round(dollars * 1_000_000));
    prices.push({ $typeName: "gemini.chat.v1.Price", kind, modality, perMillionTokensMicroUsd, abovePromptTokens });
  };
  add(Price_Kind.INPUT, tariff.input);
  add(Price_Kind.INPUT, tariff.audioInput, AUDIO);
  add(Price_Kind.CACHED_INPUT, tariff.cached);
  add(Price_Kind.CACHED_INPUT, tariff.cachedAudio, AUDIO);
  add(Price_Kind.OUTPUT, tariff.output);
  if (tariff.media !== undefined) add(Price_Kind.OUTPUT, tariff.media[1], tariff.media[0]);
  return prices;
}
