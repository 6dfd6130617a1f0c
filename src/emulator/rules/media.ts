// Media of a request: accepted types, modalities the model has, bytes that are what they claim to be.

import { invalidArgument } from "../errors.ts";
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

/** Office and OpenDocument files: of all models only Hydrogen reads them. */
const OFFICE_TYPES = [
  ..."wordprocessingml.document spreadsheetml.sheet presentationml.presentation"
    .split(" ")
    .map((type) => `application/vnd.openxmlformats-officedocument.${type}`),
  ..."text spreadsheet presentation".split(" ").map((type) => `application/vnd.oasis.opendocument.${type}`),
  ..."msword vnd.ms-excel vnd.ms-powerpoint".split(" ").map((type) => `application/${type}`),
];

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

/** Bounds of one request and of one document sent in it (Google's documentation). */
const MAX_IMAGES = 3_600;
const MAX_YOUTUBE_VIDEOS = 10;
const MAX_INLINE_PDF_BYTES = 52_428_800;

/** Throws a 400 for media the model does not take, inline, uploaded or at an address, and for too many of them. */
export function checkMedia(contents: readonly Content[], model: EmulatedModel): void {
  const parts = contents.flatMap((content) => content.parts ?? []);
  checkCounts(parts, model);
  for (const part of parts) {
    const office = model.id.startsWith("gemini-4-hydrogen") ? OFFICE_TYPES : [];
    const types = [...Object.values(INLINE_TYPES).flat(), ...office];
    if (part.inlineData !== undefined) checkInline(part.inlineData, model, types);
    if (part.file !== undefined) checkInline({ mimeType: part.file.mimeType, data: part.file.head }, model, types);
    else if (part.fileData !== undefined) checkFile(part.fileData, model);
    for (const { inlineData } of part.functionResponse?.parts ?? []) {
      if (inlineData !== undefined) checkInline(inlineData, model, RESPONSE_TYPES);
    }
    checkVideoMetadata(part);
    checkPartOptions(part, model);
  }
}

function checkCounts(parts: readonly Part[], model: EmulatedModel): void {
  const images = parts.filter((part) => {
    const mimeType = part.inlineData?.mimeType ?? part.file?.mimeType ?? part.fileData?.mimeType ?? "";
    return modalityOf(mimeType) === "IMAGE";
  });
  if (images.length > MAX_IMAGES) {
    throw invalidArgument(`Please use fewer than ${MAX_IMAGES + 1} images in your request to models/${model.id}`);
  }
  const videos = parts.filter((part) => YOUTUBE.test(part.fileData?.fileUri ?? ""));
  if (videos.length > MAX_YOUTUBE_VIDEOS) throw invalidArgument("Request contains an invalid argument.");
}

/** Resolution and processing of a single part came with Gemini 3. */
function checkPartOptions({ mediaResolution, mediaProcessing }: Part, model: EmulatedModel): void {
  if (model.generation >= 3) return;
  if (mediaResolution !== undefined) {
    throw invalidArgument(`Media resolution of a part is not enabled for models/${model.id}`);
  }
  if (mediaProcessing !== undefined) throw invalidArgument(`Media processing is not enabled for models/${model.id}`);
}

function checkInline(media: InlineData, model: EmulatedModel, types: readonly string[]): void {
  const mimeType = checkType(media.mimeType, types, model);
  const data = media.data ?? Buffer.alloc(0);
  const modality = modalityOf(mimeType);
  if (modality === "IMAGE" && !isSameImage(mimeType, readImage(data)?.mimeType)) throw invalidArgument(BAD_IMAGE);
  if (modality === "DOCUMENT" && data.length > MAX_INLINE_PDF_BYTES) {
    throw invalidArgument(`The document is larger than the limit of ${MAX_INLINE_PDF_BYTES} bytes.`);
  }
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

function checkFile(file: FileData, model: EmulatedModel): void {
  const uri = file.fileUri ?? "";
  if (YOUTUBE.test(uri)) {
    checkType("video/mp4", Object.values(INLINE_TYPES).flat(), model);
    return;
  }
  if (!/^https?:\/\//.test(uri)) throw invalidArgument(`Invalid or unsupported file uri: ${uri}`);
  checkType(file.mimeType, URL_TYPES, model);
  if (uri.includes(UNFETCHABLE)) {
    throw invalidArgument("Cannot fetch content from the provided URL. Please ensure the URL is valid and accessible.");
  }
}

/** The emulator opens no URL; one with this word in it is one that Google could not open. */
const UNFETCHABLE = "emulator-unfetchable";

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
