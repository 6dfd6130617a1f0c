// `extra_body.google` and everything that belongs there: Google's own block in both cases of letters and at both places, and the names
// that other gateways give to its options at the top level.
import { isDeepStrictEqual } from "node:util";
import type { TSchema } from "typebox";
import type { RaiseWarning } from "../../chat/warnings.ts";
import { checkerOf } from "../check.ts";
import { GoogleShape } from "../schema/google.ts";
import { quoteForMessage } from "../quote.ts";
import { maybe } from "../schema/maybe.ts";
import { isObject, type Json } from "../json-object.ts";
import { fill, join, objectAt, row, type Place, type Row } from "./row.ts";
import { Type } from "../shape.ts";

/** Google's block is seven levels deep, where two speakers have their voices; deeper keys are nobody's option. */
const SNAKE_DEPTH = 8;
/** Where the options stand after all. */
const PLAIN = "extra_body.google";
const AnyObject = Type.Object({});
const ExtraBody = Type.Object({
  google: maybe(AnyObject),
  extra_body: maybe(Type.Object({ google: maybe(AnyObject) })),
});

export const GOOGLE_ROWS: readonly Row[] = [
  // Google's documents write `extra_body={"extra_body": …}`: some clients unwrap both, some one, some none.
  row("extra_body", ExtraBody, (given, draft, place) => {
    const { google, extra_body: inner, ...others } = given;
    draft["extra_body"] = {};
    if (google) addBlock(draft, google, PLAIN, place);
    if (inner?.google) addBlock(draft, inner.google, `extra_body.${PLAIN}`, place);
    const { google: _, ...innerOthers } = inner ?? {};
    for (const [field, value] of Object.entries({ ...innerOthers, ...others })) {
      fillOrTell(draft, field, value, `extra_body.${field}`, place.raise);
    }
  }),
  row("google", AnyObject, (google, draft, place) => {
    delete draft["google"];
    addBlock(draft, google, "google", place);
  }),
  // OpenRouter, whose 0 means "off".
  ...["top_k", "topK"].map((field) =>
    row(field, Type.Integer({ minimum: 0 }), (topK, draft, { raise, renamed }) => {
      delete draft[field];
      if (topK > 0 && fillOrTell(googleOf(draft), "top_k", topK, field, raise)) renamed(`${PLAIN}.top_k`, field);
    }),
  ),
  // LiteLLM and others who pass Google's options through as they are, in either case of letters.
  ...Object.entries(GoogleShape.properties)
    .filter(([option]) => option !== "top_k")
    .flatMap(([option, shape]) =>
      [...new Set([option, toCamelWord(option)])].map((field) => topRow(field, option, shape)),
    ),
];

/** A row for one of Google's options at the top of the body: what is wrong in it is told under the name it has there. */
function topRow(field: string, option: string, shape: TSchema): Row {
  const check = checkerOf(shape);
  const plain = `${PLAIN}.${option}`;
  return row(field, Type.Unknown(), (value, draft, { at, raise, renamed }) => {
    delete draft[field];
    const said = toGoogleWords({ [option]: value })[option];
    check(said, join(at, field));
    const google = googleOf(draft);
    const known = google[option];
    if (!isObject(said) || !isObject(value)) {
      if (fillOrTell(google, option, said, field, raise)) renamed(plain, field);
      return;
    }
    const merged = isObject(known) ? { ...known } : {};
    const words = wordsOf(value);
    for (const [key, item] of Object.entries(said)) {
      const given = `${field}.${words.get(key) ?? key}`;
      if (fillOrTell(merged, key, item, given, raise)) renamed(`${plain}.${key}`, given);
    }
    google[option] = merged;
  });
}

/** Adds a block as Google writes it, which stands at `at`; its kinds of output have OpenAI's place. */
function addBlock(draft: Json, block: object, at: string, { raise, renamed }: Place): void {
  const { response_modalities: modalities, ...google } = toGoogleWords(block);
  const words = wordsOf(block);
  const given = (field: string): string => `${at}.${words.get(field) ?? field}`;
  const kinds = given("response_modalities");
  if (fillOrTell(draft, "modalities", modalities, kinds, raise)) renamed("modalities", kinds);
  for (const [field, value] of Object.entries(google)) {
    if (!fillOrTell(googleOf(draft), field, value, given(field), raise)) continue;
    tellNames(`${PLAIN}.${field}`, given(field), (block as Json)[words.get(field) ?? field], renamed);
  }
}

/** Sets a field, or tells that it stands elsewhere with another value, which counts before the one under `given`. Returns whether it did. */
function fillOrTell(target: Json, field: string, value: unknown, given: string, raise: RaiseWarning): boolean {
  if (fill(target, field, value)) return true;
  if (value !== undefined && value !== null && !isDeepStrictEqual(target[field], value)) {
    const name = quoteForMessage(given);
    raise("parameter_ignored", name.slice(1, -1), `${name} was said twice; what counts before it was read.`);
  }
  return false;
}

/** Tells under which name the caller gave an option and what lies directly in it. */
function tellNames(plain: string, given: string, option: unknown, renamed: Place["renamed"]): void {
  if (given !== plain) renamed(plain, given);
  if (!isObject(option)) return;
  for (const [word, key] of wordsOf(option)) {
    if (given !== plain || word !== key) renamed(`${plain}.${word}`, `${given}.${key}`);
  }
}

/** Key in snake case → key as it was written. */
function wordsOf(block: object): Map<string, string> {
  return new Map(Object.keys(block).map((key) => [toSnakeWord(key), key]));
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

/** "google_search" → "googleSearch" */
export function toCamelWord(word: string): string {
  return word.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
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
