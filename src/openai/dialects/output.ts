// Foreign ways to say what the answer looks like: images, sound, kinds of output, guided text.
import { googleOf, toImageSize } from "./google.ts";
import { isObject, type Json } from "../json-object.ts";
import { fill, objectAt, row, type Place, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const AnyObject = Type.Object({});
const AspectRatio = Type.String({ pattern: "^[1-9][0-9]?:[1-9][0-9]?$" });
/** OpenAI's pixels, Gemini's words, or a ratio. */
const Size = Type.String({ pattern: "^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4}|[1-9][0-9]?:[1-9][0-9]?|512|[124][Kk])$" });

export const OUTPUT_ROWS: readonly Row[] = [
  // The seed's two.
  row("aspect_ratio", AspectRatio, (ratio, draft, place) => {
    delete draft["aspect_ratio"];
    fillImage(draft, "aspect_ratio", ratio, "aspect_ratio", place);
  }),
  row("resolution", Type.Enum(["512", "0.5K", "1K", "2K", "4K", "1k", "2k", "4k"]), (size, draft, place) => {
    delete draft["resolution"];
    fillImage(draft, "image_size", toImageSize(size), "resolution", place);
  }),
  // OpenAI's images API and its imitators.
  row("size", Size, (size, draft, place) => {
    delete draft["size"];
    const [width, height] = size.split("x").map(Number);
    if (size.includes(":")) fillImage(draft, "aspect_ratio", size, "size", place);
    else if (width && height) fillPixels(draft, width, height, place);
    else if (size !== "auto") fillImage(draft, "image_size", toImageSize(size), "size", place);
  }),
  // LiteLLM's and Together's schema beside the word that asks for JSON.
  row("response_format", Type.Unknown(), (format, draft) => {
    if (!isObject(format) || format["type"] !== "json_object") return;
    const schema = format["response_schema"] ?? format["schema"] ?? undefined;
    if (schema === undefined) return;
    draft["response_format"] = { type: "json_schema", json_schema: { name: "response", schema } };
  }),
  // Gemini writes them in capitals, here and in its own block.
  row("modalities", Type.Array(Type.String()), (words, draft) => {
    draft["modalities"] = words.map((word) => word.toLowerCase());
  }),
  // OpenRouter says "pcm" for OpenAI's "pcm16".
  row("audio", AnyObject, (audio, draft) => {
    if ((audio as Json)["format"] === "pcm") draft["audio"] = { ...audio, format: "pcm16" };
  }),
  // vLLM, Envoy.
  row("guided_choice", Type.Array(Type.String(), { minItems: 1 }), (words, draft, { renamed }) => {
    delete draft["guided_choice"];
    if (fill(draft, "response_format", { type: "enum", enum: words })) renamed("response_format.enum", "guided_choice");
  }),
  row("guided_json", AnyObject, (schema, draft, { renamed }) => {
    delete draft["guided_json"];
    const format = { type: "json_schema", json_schema: { name: "guided_json", schema } };
    if (fill(draft, "response_format", format)) renamed("response_format.json_schema.schema", "guided_json");
  }),
];

/** The ratios Gemini draws. */
const RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
/** Longest edges that count as Gemini's 1K and 2K, which are 1376×768 and 2752×1536 at 16:9. */
const LONGEST_OF_1K = 1792;
const LONGEST_OF_2K = 3072;

/** The nearest of Gemini's ratios; a size only above 1K, because not every image model takes one. */
function fillPixels(draft: Json, width: number, height: number, place: Place): void {
  const distance = (ratio: string): number => Math.abs(Math.log(toQuotient(ratio) / (width / height)));
  const nearest = RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
  if (toQuotient(nearest) !== width / height) {
    place.raise(
      "value_clamped",
      "size",
      `Gemini draws no ${width}x${height}; the aspect ratio ${nearest} was asked for.`,
    );
  }
  fillImage(draft, "aspect_ratio", nearest, "size", place);
  const longest = Math.max(width, height);
  if (longest > LONGEST_OF_1K) fillImage(draft, "image_size", longest > LONGEST_OF_2K ? "4K" : "2K", "size", place);
}

function toQuotient(ratio: string): number {
  const [across = 1, down = 1] = ratio.split(":").map(Number);
  return across / down;
}

/** Sets an option of images that the caller gave as `given`. */
function fillImage(draft: Json, option: string, value: string, given: string, { renamed }: Place): void {
  const config = objectAt(googleOf(draft), "image_config");
  if (fill(config, option, value)) renamed(`extra_body.google.image_config.${option}`, given);
}
