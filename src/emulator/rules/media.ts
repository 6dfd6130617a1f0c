// Media of a request: accepted types, modalities the model has, bytes that are what they claim to be.

import { ApiError, invalidArgument } from "../errors.ts";
import { modalityOf } from "../media/describe.ts";
import { readImage } from "../media/image-facts.ts";
import type { EmulatedModel, Modality } from "../models.ts";
import type { Content, FileData, InlineData, Part } from "../request.ts";

/** Types Google takes inline. No GIF in any of its lists, and no `image/jpg`. */
const INLINE_TYPES: Readonly<Record<Modality, readonly string[]>> = {
  IMAGE: ["png", "jpeg", "webp", "heic", "heif"].map((type) => `image/${type}`),
  AUDIO: "wav mp3 mpeg mpga aiff aac ogg flac opus m4a mp4 webm pcm l16".split(" ").map((type) => `audio/${type}`),
  VIDEO: "mp4 mpeg mpg mov quicktime avi x-flv webm wmv 3gpp".split(" ").map((type) => `video/${type}`),
  DOCUMENT: ["application/pdf"],
  TEXT: [
    ..."plain html css markdown md csv xml rtf javascript x-python x-typescript"
      .split(" ")
      .map((type) => `text/${type}`),
    ..."json rtf x-javascript x-typescript x-python-code".split(" ").map((type) => `application/${type}`),
  ],
};

/** Types Google fetches from a public URL: no audio, no HEIC. */
const URL_TYPES = [
  ..."html css plain xml csv rtf javascript".split(" ").map((type) => `text/${type}`),
  ..."json pdf".split(" ").map((type) => `application/${type}`),
  ..."bmp jpeg png webp".split(" ").map((type) => `image/${type}`),
  ..."mp4 mpeg quicktime avi x-flv mpg webm wmv 3gpp".split(" ").map((type) => `video/${type}`),
];

/** Media a function result may carry. */
const RESPONSE_TYPES = ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"];

const BAD_IMAGE =
  "Unable to process input image. Please retry or report in " +
  "https://developers.generativeai.google/guide/troubleshooting";

/** Throws a 400 for media the model does not take, a 403 for files it may not see. */
export function checkMedia(contents: readonly Content[], model: EmulatedModel): void {
  for (const part of contents.flatMap((content) => content.parts ?? [])) {
    if (part.inlineData !== undefined) checkInline(part.inlineData, model, Object.values(INLINE_TYPES).flat());
    if (part.fileData !== undefined) checkFile(part.fileData, model);
    for (const { inlineData } of part.functionResponse?.parts ?? []) {
      if (inlineData !== undefined) checkInline(inlineData, model, RESPONSE_TYPES);
    }
    checkVideoMetadata(part);
  }
}

function checkInline(media: InlineData, model: EmulatedModel, types: readonly string[]): void {
  const mimeType = checkType(media.mimeType, types, model);
  const data = media.data ?? Buffer.alloc(0);
  const modality = modalityOf(mimeType);
  if (modality === "IMAGE" && !isSameImage(mimeType, readImage(data)?.mimeType)) throw invalidArgument(BAD_IMAGE);
  if (modality === "DOCUMENT" && !data.subarray(0, 1024).includes("%PDF")) {
    throw invalidArgument("The document has no pages.");
  }
  if (data.length === 0) throw invalidArgument("Request contains an invalid argument.");
}

/** HEIC is a kind of HEIF: either name goes for either brand. */
function isSameImage(declared: string, found: string | undefined): boolean {
  const family = (mimeType: string | undefined) => mimeType?.replace("heic", "heif");
  return family(declared) === family(found);
}

function checkType(declared: string | undefined, types: readonly string[], model: EmulatedModel): string {
  const mimeType = declared?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!types.includes(mimeType)) throw invalidArgument(`Unsupported MIME type: ${declared ?? ""}`);
  const modality = modalityOf(mimeType);
  if (!model.input.includes(modality)) {
    const name = modality.charAt(0) + modality.slice(1).toLowerCase();
    throw invalidArgument(`${name} input modality is not enabled for models/${model.id}`);
  }
  return mimeType;
}

const YOUTUBE = /^https:\/\/((www\.)?youtube\.com\/watch\?|youtu\.be\/)/;
const FILES_API = /(?:^|\/)files\/([^/?]+)/;

function checkFile(file: FileData, model: EmulatedModel): void {
  const uri = file.fileUri ?? "";
  if (YOUTUBE.test(uri)) {
    checkType("video/mp4", INLINE_TYPES.VIDEO, model);
    return;
  }
  const name = FILES_API.exec(uri)?.[1];
  if (name !== undefined && /^(files\/|https:\/\/generativelanguage\.googleapis\.com\/)/.test(uri)) {
    // The emulator keeps no files; Google answers 403 for unknown ones, not 404.
    throw new ApiError(403, `You do not have permission to access the File ${name} or it may not exist.`);
  }
  if (!/^https?:\/\//.test(uri)) throw invalidArgument(`Invalid or unsupported file uri: ${uri}`);
  checkType(file.mimeType, URL_TYPES, model);
}

const MAX_FPS = 24;

function checkVideoMetadata(part: Part): void {
  if (part.videoMetadata === undefined) return;
  const { fps } = part.videoMetadata;
  const mimeType = part.inlineData?.mimeType ?? part.fileData?.mimeType ?? "video/mp4";
  const isVideo = (part.inlineData ?? part.fileData) !== undefined && mimeType.startsWith("video/");
  if (!isVideo || (fps !== undefined && !(fps > 0 && fps <= MAX_FPS))) {
    throw invalidArgument("Request contains an invalid argument.");
  }
}
