// `extra_body.google` and everything that belongs there: Google's own block in both cases of letters and at both places, and the names
// that other gateways give to its options at the top level.
import Type from "typebox";
import { maybe } from "../schema/maybe.ts";
import { fill, isObject, objectAt, row, type Json, type Row } from "./row.ts";

/** Google's block is seven levels deep, where two speakers have their voices; deeper keys are nobody's option. */
const SNAKE_DEPTH = 8;
const AnyObject = Type.Object({});
const ExtraBody = Type.Object({
  google: maybe(AnyObject),
  extra_body: maybe(Type.Object({ google: maybe(AnyObject) })),
});

export const GOOGLE_ROWS: readonly Row[] = [
  // OpenRouter, and Google's own OpenAI layer on Vertex.
  row("model", Type.Unknown(), (model, draft) => {
    if (typeof model === "string") draft["model"] = model.replace(/^google\//, "");
  }),
  // Google's documents write `extra_body={"extra_body": …}`: some clients unwrap both, some one, some none.
  row("extra_body", ExtraBody, (given, draft) => {
    const { google, extra_body: inner, ...others } = given;
    draft["extra_body"] = {};
    for (const block of [google, inner?.google]) if (block) addBlock(draft, block);
    const { google: _, ...innerOthers } = inner ?? {};
    for (const [field, value] of Object.entries({ ...innerOthers, ...others })) fill(draft, field, value);
  }),
  row("google", AnyObject, (google, draft) => {
    delete draft["google"];
    addBlock(draft, google);
  }),
  // OpenRouter, whose 0 means "off".
  row("top_k", Type.Integer({ minimum: 0 }), (topK, draft) => {
    delete draft["top_k"];
    if (topK > 0) fill(googleOf(draft), "top_k", topK);
  }),
  // LiteLLM.
  row("safety_settings", Type.Array(AnyObject), (settings, draft) => {
    delete draft["safety_settings"];
    fill(googleOf(draft), "safety_settings", settings);
  }),
  row("cached_content", Type.String(), (name, draft) => {
    delete draft["cached_content"];
    fill(googleOf(draft), "cached_content", name);
  }),
];

/** Adds a block as Google writes it; its kinds of output have OpenAI's place. */
function addBlock(draft: Json, block: object): void {
  const { response_modalities: modalities, ...google } = toGoogleWords(block);
  fill(draft, "modalities", modalities);
  for (const [field, value] of Object.entries(google)) fill(googleOf(draft), field, value);
}

/** The block of a draft, to be filled. A row before has made `extra_body` the draft's own. */
export function googleOf(draft: Json): Json {
  return objectAt(objectAt(draft, "extra_body"), "google");
}

/** A copy with snake-case keys; the keys of `labels` are the caller's own. */
export function toSnakeCase(value: unknown, depth = SNAKE_DEPTH): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => toSnakeCase(item, depth - 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      toSnakeWord(key),
      key === "labels" ? item : toSnakeCase(item, depth - 1),
    ]),
  );
}

/** "googleSearch" → "google_search" */
export function toSnakeWord(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "1k" → "1K"; "0.5K" is OpenRouter's word for the smallest size. */
export function toImageSize(word: string): string {
  const size = word.toUpperCase();
  return size === "0.5K" ? "512" : size;
}

/** Google's block with snake-case keys, and its words in the case that our shape has. */
function toGoogleWords(block: object): Json {
  const google = toSnakeCase(block) as Json;
  reword(google["thinking_config"], "thinking_level", (word) => word.toLowerCase());
  reword(google["image_config"], "image_size", toImageSize);
  reword(google, "media_resolution", (word) => word.toLowerCase().replace(/^media_resolution_/, ""));
  return google;
}

function reword(target: unknown, field: string, convert: (word: string) => string): void {
  if (!isObject(target)) return;
  const word = target[field];
  if (typeof word === "string") target[field] = convert(word);
}
