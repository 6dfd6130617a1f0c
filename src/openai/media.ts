// Media parts (`image_url`, `video_url`, `input_audio`, `file`) → Media: a data URL, bare base64, or a URL for the media gatherer.
// Whatever the part is called, the bytes decide later what it is; here a type is only a hint.
import { splitDataUrl, toMimeType, toStandardBase64 } from "../chat/base64.ts";
import { lazyData } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import { MediaResolution, type Media, type VideoOptions } from "../gen/gemini/chat/v1/chat_pb.ts";
import { toDuration } from "./duration.ts";
import { quoteForMessage } from "./quote.ts";
import type { MediaPart } from "./schema/messages.ts";

/** A Media and the OpenAI parameter its content stands in, relative to its part (`image_url.url`). */
interface ReadMedia {
  readonly media: Media;
  readonly param: string;
}

type Source = Media["source"];

/** What the four kinds of parts have in common. */
interface Described {
  readonly param: string;
  readonly text: string;
  /** Type that a format without a slash is one of. */
  readonly family: string;
  readonly options: {
    readonly detail?: string | null | undefined;
    readonly format?: string | null | undefined;
    readonly filename?: string | null | undefined;
    readonly video_metadata?: VideoMetadata | null | undefined;
  };
}

interface VideoMetadata {
  readonly start_offset?: string | number | null | undefined;
  readonly end_offset?: string | number | null | undefined;
  readonly fps?: number | null | undefined;
}

const RESOLUTIONS: ReadonlyMap<string, MediaResolution> = new Map([
  ["low", MediaResolution.LOW],
  ["medium", MediaResolution.MEDIUM],
  ["high", MediaResolution.HIGH],
  ["original", MediaResolution.ULTRA_HIGH],
  ["ultra_high", MediaResolution.ULTRA_HIGH],
]);

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** URLs beyond this are no addresses any more. */
const URL_MAX_LENGTH = 8192;
/** Gemini's Files API, for names without their host. */
const FILES_ORIGIN = "https://generativelanguage.googleapis.com/v1beta/";

/** Reads a media part; `at` is its OpenAI parameter. Throws INVALID_IMAGE_URL, INVALID_BASE64_IMAGE and INVALID_VALUE. */
export function readMedia(part: MediaPart, at: string): ReadMedia {
  const { param, text, family, options } = describe(part, at);
  const hint = toFormatType(options.format ?? "", family);
  const { source, mimeType } = readSource(text, `${at}.${param}`);
  return {
    param,
    media: {
      $typeName: "gemini.chat.v1.Media",
      mimeType: mimeType === "" ? hint : mimeType,
      source,
      resolution: RESOLUTIONS.get(options.detail ?? "") ?? MediaResolution.UNSPECIFIED,
      name: (options.filename ?? "").toWellFormed(),
      ...(options.video_metadata && { video: toVideoOptions(options.video_metadata) }),
    },
  };
}

function describe(part: MediaPart, at: string): Described {
  switch (part.type) {
    case "image_url":
      return { param: "image_url.url", text: part.image_url.url, family: "image", options: part.image_url };
    case "video_url":
      return { param: "video_url.url", text: part.video_url.url, family: "video", options: part.video_url };
    case "input_audio":
      return { param: "input_audio.data", text: part.input_audio.data, family: "audio", options: part.input_audio };
    case "file": {
      const { file_data: data, file_id: id } = part.file;
      if (data !== undefined && data !== null)
        return { param: "file.file_data", text: data, family: "", options: part.file };
      return { param: "file.file_id", text: toFileUri(id ?? undefined, at), family: "", options: part.file };
    }
  }
}

/** Files live upstream or nowhere: an id must be a URL, or a name of the Files API. */
function toFileUri(id: string | undefined, at: string): string {
  if (id === undefined) {
    const field = `${at}.file.file_data`;
    throw new Failure("MISSING_REQUIRED_PARAMETER", `Missing required parameter: '${field}'.`, { field });
  }
  if (/^files\/[a-z0-9-]{1,64}$/.test(id)) return `${FILES_ORIGIN}${id}`;
  if (/^(https?|gs):/i.test(id)) return id;
  const field = `${at}.file.file_id`;
  const message = `Unsupported value: '${field}' is ${quoteForMessage(id)}, but no files are kept here. Send the content in 'file_data'.`;
  throw new Failure("UNSUPPORTED_VALUE", message, { field });
}

/** Media from text that is a data URL, a URL or base64. `field` is the OpenAI parameter of the text. */
function readSource(text: string, field: string): { source: Source; mimeType: string } {
  const dataUrl = splitDataUrl(text);
  if (dataUrl) {
    if (!dataUrl.base64) throw invalidUrl(field, "a data URL must be base64-encoded, as in 'data:image/png;base64,…'");
    return { source: readBase64(dataUrl.data, field), mimeType: dataUrl.mimeType };
  }
  if (SCHEME.test(text.slice(0, 32))) return { source: { case: "uri", value: readUrl(text, field) }, mimeType: "" };
  return { source: readBase64(text, field), mimeType: "" };
}

/** Base64 text as the source of a Media; the text is kept. */
function readBase64(text: string, field: string): Source {
  const base64 = toStandardBase64(text);
  if (base64 !== undefined) return lazyData(base64);
  const message = `Invalid '${field}': expected an http(s) URL, a base64-encoded data URL or base64, but the data is not valid base64.`;
  throw new Failure("INVALID_BASE64_IMAGE", message, { field });
}

function readUrl(text: string, field: string): string {
  if (text.length > URL_MAX_LENGTH) throw invalidUrl(field, `a URL has at most ${URL_MAX_LENGTH} characters`);
  if (!/^(https?|gs):\/\//i.test(text)) throw invalidUrl(field, "only http, https, gs and data URLs are read");
  if (!URL.canParse(text)) throw invalidUrl(field, "this is not a URL");
  return text.toWellFormed();
}

function invalidUrl(field: string, problem: string): Failure {
  return new Failure("INVALID_IMAGE_URL", `Invalid '${field}': ${problem}.`, { field });
}

/** "png" beside an image → "image/png"; a MIME type stays one; anything else is no hint. */
function toFormatType(format: string, family: string): string {
  return toMimeType(format.includes("/") || family === "" ? format : `${family}/${format}`);
}

function toVideoOptions({ start_offset: start, end_offset: end, fps }: VideoMetadata): VideoOptions {
  return {
    $typeName: "gemini.chat.v1.VideoOptions",
    ...(start !== undefined && start !== null && { start: toDuration(start) }),
    ...(end !== undefined && end !== null && { end: toDuration(end) }),
    ...(fps !== undefined && fps !== null && { fps }),
  };
}
