// Foreign ways to say what the answer looks like: images, sound, kinds of output, guided text.
import Type from "typebox";
import { googleOf, toImageSize, toSnakeCase } from "./google.ts";
import { fill, objectAt, row, type Json, type Place, type Row } from "./row.ts";

const AnyObject = Type.Object({});
const AspectRatio = Type.String({ pattern: "^[1-9][0-9]?:[1-9][0-9]?$" });
/** OpenAI's pixels, Gemini's words, or a ratio. */
const Size = Type.String({ pattern: "^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4}|[1-9][0-9]?:[1-9][0-9]?|512|[124][Kk])$" });

export const OUTPUT_ROWS: readonly Row[] = [
  // OpenRouter, LiteLLM.
  row("image_config", AnyObject, (config, draft) => {
    delete draft["image_config"];
    const { aspect_ratio, image_size } = toSnakeCase(config, 1) as Json;
    fill(imageConfigOf(draft), "aspect_ratio", aspect_ratio);
    fill(imageConfigOf(draft), "image_size", typeof image_size === "string" ? toImageSize(image_size) : image_size);
  }),
  // The seed's two.
  row("aspect_ratio", AspectRatio, (ratio, draft) => {
    delete draft["aspect_ratio"];
    fill(imageConfigOf(draft), "aspect_ratio", ratio);
  }),
  row("resolution", Type.Enum(["512", "0.5K", "1K", "2K", "4K", "1k", "2k", "4k"]), (size, draft) => {
    delete draft["resolution"];
    fill(imageConfigOf(draft), "image_size", toImageSize(size));
  }),
  // OpenAI's images API and its imitators.
  row("size", Size, (size, draft, place) => {
    delete draft["size"];
    const [width, height] = size.split("x").map(Number);
    if (size.includes(":")) fill(imageConfigOf(draft), "aspect_ratio", size);
    else if (width && height) fillPixels(imageConfigOf(draft), width, height, place);
    else if (size !== "auto") fill(imageConfigOf(draft), "image_size", toImageSize(size));
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
  row("guided_choice", Type.Array(Type.String(), { minItems: 1 }), (words, draft) => {
    delete draft["guided_choice"];
    fill(draft, "response_format", { type: "enum", enum: words });
  }),
  row("guided_json", AnyObject, (schema, draft) => {
    delete draft["guided_json"];
    fill(draft, "response_format", { type: "json_schema", json_schema: { name: "guided_json", schema } });
  }),
];

/** The ratios Gemini draws. */
const RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
/** Longest edges that count as Gemini's 1K and 2K, which are 1376×768 and 2752×1536 at 16:9. */
const LONGEST_OF_1K = 1792;
const LONGEST_OF_2K = 3072;

/** The nearest of Gemini's ratios; a size only above 1K, because not every image model takes one. */
function fillPixels(config: Json, width: number, height: number, { raise }: Place): void {
  const distance = (ratio: string): number => Math.abs(Math.log(toQuotient(ratio) / (width / height)));
  const nearest = RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
  if (toQuotient(nearest) !== width / height) {
    raise("value_clamped", "size", `Gemini draws no ${width}x${height}; the aspect ratio ${nearest} was asked for.`);
  }
  fill(config, "aspect_ratio", nearest);
  const longest = Math.max(width, height);
  if (longest > LONGEST_OF_1K) fill(config, "image_size", longest > LONGEST_OF_2K ? "4K" : "2K");
}

function toQuotient(ratio: string): number {
  const [across = 1, down = 1] = ratio.split(":").map(Number);
  return across / down;
}

function imageConfigOf(draft: Json): Json {
  return objectAt(googleOf(draft), "image_config");
}
