// Foreign content parts → OpenAI's: URLs without their object, types under other names, films as data.
import Type from "typebox";
import { maybe } from "../schema/maybe.ts";
import { toSnakeCase } from "./google.ts";
import { applyRows, fill, isObject, row, type Json, type Place, type Row } from "./row.ts";

const UrlOrObject = Type.Union([Type.String(), Type.Object({})]);

const PART_ROWS: readonly Row[] = [
  row("image_url", UrlOrObject, (value, draft) => {
    draft["image_url"] = toMediaObject(value);
  }),
  row("video_url", UrlOrObject, (value, draft) => {
    draft["video_url"] = toMediaObject(value);
  }),
  row("file", Type.Object({}), (value, draft) => {
    draft["file"] = toMediaObject(value);
  }),
  // gemini-balance.
  row("input_video", Type.Object({ data: Type.String(), format: maybe(Type.String()) }), ({ data, format }, draft) => {
    if (draft["type"] !== "input_video") return;
    delete draft["input_video"];
    draft["type"] = "file";
    draft["file"] = { file_data: data, format: format && !format.includes("/") ? `video/${format}` : format };
  }),
];

export function rewritePart(part: unknown, place: Place): unknown {
  return isObject(part) ? applyRows(PART_ROWS, part, place) : part;
}

/** `mime_type` is Portkey's, `content_type` agentgateway's, `format` LiteLLM's; video metadata come in both cases of letters. */
function toMediaObject(value: string | object): Json {
  if (typeof value === "string") return { url: value };
  const media: Json = { ...value };
  fill(media, "format", media["mime_type"] ?? media["content_type"] ?? undefined);
  fill(media, "video_metadata", media["videoMetadata"] ?? undefined);
  if (isObject(media["video_metadata"])) media["video_metadata"] = toSnakeCase(media["video_metadata"]);
  return media;
}
