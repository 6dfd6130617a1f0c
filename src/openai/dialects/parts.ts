// Foreign content parts → OpenAI's: URLs without their object, types under other names, films as data, options beside their medium.
import { maybe } from "../schema/maybe.ts";
import { toSnakeCase } from "./google.ts";
import { isObject, type Json } from "../json-object.ts";
import { applyRows, fill, row, tableOf, type Place, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const Anything = Type.Unknown();
const UrlOrObject = Type.Union([Type.String(), Type.Object({})]);
const DataAndFormat = Type.Object({ data: Type.String(), format: maybe(Type.String()) });

const MEDIA_KINDS: ReadonlySet<unknown> = new Set(["image_url", "video_url", "input_audio", "file"]);
/** What vLLM, Qwen and Google write beside a medium; its place is inside. */
const BESIDE = ["video_metadata", "videoMetadata", "media_resolution", "mediaResolution", "detail", "fps"];

export const PART_ROWS: readonly Row[] = [
  // vLLM.
  row("audio_url", UrlOrObject, (value, draft) => {
    if (draft["type"] !== "audio_url") return;
    delete draft["audio_url"];
    const { url, ...options } = toMediaObject(value);
    draft["type"] = "input_audio";
    draft["input_audio"] = { data: url, ...options };
  }),
  // gemini-balance.
  row("input_video", DataAndFormat, ({ data, format }, draft) => {
    if (draft["type"] !== "input_video") return;
    delete draft["input_video"];
    draft["type"] = "file";
    draft["file"] = { file_data: data, format: format && !format.includes("/") ? `video/${format}` : format };
  }),
  ...BESIDE.map((field) => row(field, Anything, (value, draft) => putInside(draft, field, value))),
  row("image_url", UrlOrObject, (value, draft) => {
    draft["image_url"] = toMediaObject(value);
  }),
  row("video_url", UrlOrObject, (value, draft) => {
    draft["video_url"] = toMediaObject(value);
  }),
  row("input_audio", Type.Object({}), (value, draft) => {
    draft["input_audio"] = toMediaObject(value);
  }),
  row("file", Type.Object({}), (value, draft) => {
    draft["file"] = toMediaObject(value);
  }),
];

const PARTS = tableOf(PART_ROWS);

export function rewritePart(part: unknown, place: Place): unknown {
  return isObject(part) ? applyRows(PARTS, part, place) : part;
}

function putInside(draft: Json, field: string, value: unknown): void {
  const { type } = draft;
  if (typeof type !== "string" || !MEDIA_KINDS.has(type)) return;
  const media = draft[type];
  if (typeof media !== "string" && !isObject(media)) return;
  delete draft[field];
  const filled = typeof media === "string" ? { url: media } : { ...media };
  fill(filled, field, value);
  draft[type] = filled;
}

/** `mime_type` is Portkey's, `content_type` agentgateway's, `format` LiteLLM's; Gemini's own words come in both cases of letters. */
function toMediaObject(value: string | object): Json {
  if (typeof value === "string") return { url: value };
  const media: Json = { ...value };
  fill(media, "format", media["mime_type"] ?? media["content_type"] ?? undefined);
  fill(media, "detail", toDetail(media["media_resolution"] ?? media["mediaResolution"]));
  fill(media, "video_metadata", media["videoMetadata"] ?? undefined);
  if (isObject(media["video_metadata"])) media["video_metadata"] = toSnakeCase(media["video_metadata"]);
  if (typeof media["fps"] === "number") {
    const metadata = isObject(media["video_metadata"]) ? { ...media["video_metadata"] } : {};
    fill(metadata, "fps", media["fps"]);
    media["video_metadata"] = metadata;
  }
  return media;
}

/** "MEDIA_RESOLUTION_HIGH", or Gemini's object around it → "high" */
function toDetail(resolution: unknown): unknown {
  const level = isObject(resolution) ? resolution["level"] : resolution;
  if (typeof level !== "string") return undefined;
  const word = level.toLowerCase().replace(/^media_resolution_/, "");
  return word === "unspecified" ? "auto" : word;
}
