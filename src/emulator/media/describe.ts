// One line about each medium of a prompt (type, size, dimensions or duration) and what it costs in tokens.

import type { EmulatedModel, Modality } from "../models.ts";
import type { Part } from "../request.ts";
import { readImage } from "./image-facts.ts";
import { readDuration } from "./sound-facts.ts";

interface MediaFacts {
  readonly modality: Modality;
  readonly tokens: number;
  readonly line: string;
}

/** The modality a MIME type is counted under; TEXT for plain-text documents. */
export function modalityOf(mimeType: string): Modality {
  if (mimeType.startsWith("image/")) return "IMAGE";
  if (mimeType.startsWith("video/")) return "VIDEO";
  if (mimeType.startsWith("audio/")) return "AUDIO";
  return mimeType === "application/pdf" ? "DOCUMENT" : "TEXT";
}

/** Facts of an inlineData or fileData part; undefined for any other part. */
export function describeMedia(part: Part, model: EmulatedModel, resolution?: string): MediaFacts | undefined {
  const level = part.mediaResolution?.level ?? resolution;
  if (part.inlineData !== undefined) {
    const { mimeType = "", data: head = Buffer.alloc(0) } = part.inlineData;
    return describeBytes({ mimeType, head, sizeBytes: head.length }, model, level);
  }
  if (part.file !== undefined) return describeBytes(part.file, model, level);
  if (part.fileData !== undefined) return describeFile(part.fileData.fileUri ?? "", part.fileData.mimeType, model);
  return undefined;
}

/** Content as far as it is at hand: all of what came inline, the beginning of an uploaded file. */
interface Medium {
  readonly mimeType: string;
  readonly head: Buffer;
  readonly sizeBytes: number;
}

function describeBytes(medium: Medium, model: EmulatedModel, resolution?: string): MediaFacts {
  const { mimeType, head, sizeBytes } = medium;
  const modality = modalityOf(mimeType);
  const start = `${mimeType}, ${sizeBytes} bytes`;
  if (modality === "IMAGE") {
    const { width, height } = readImage(head) ?? {};
    const size = width === undefined ? "" : `, ${width}×${height} pixels`;
    return { modality, line: start + size, tokens: imageTokens(model, resolution, width, height) };
  }
  if (modality === "DOCUMENT") {
    const pages = countPdfPages(head);
    return { modality, line: `${start}, ${pages} page(s)`, tokens: pages * tokensOf(model).page };
  }
  if (modality === "TEXT") {
    const text = head.toString("utf8");
    const opening = text.slice(0, 80).replace(/\s+/g, " ").trim();
    const length = sizeBytes > head.length ? sizeBytes : text.length;
    return { modality, line: `${start}, beginning “${opening}”`, tokens: Math.ceil(length / 4) };
  }
  const seconds = readDuration(head, sizeBytes);
  const length = seconds === undefined ? "" : `, ${seconds.toFixed(1)} seconds`;
  return { modality, line: start + length, tokens: soundTokens(modality, model, seconds ?? 1) };
}

function describeFile(fileUri: string, mimeType: string | undefined, model: EmulatedModel): MediaFacts {
  const isYouTube = mimeType === undefined || /youtu\.?be/.test(fileUri);
  const type = mimeType ?? "video";
  const modality = isYouTube ? "VIDEO" : modalityOf(type);
  // The emulator opens no URL; a minute stands for the unknown length.
  const tokens = modality === "IMAGE" ? imageTokens(model) : soundTokens(modality, model, 60);
  return { modality, tokens, line: `${type} at ${fileUri} (not opened by the emulator)` };
}

/** Token prices of media by generation (images and frames got dearer or cheaper with Gemini 3). */
const tokensOf = (model: EmulatedModel) =>
  model.generation >= 3 ? { page: 560, videoSecond: 70 + 32 } : { page: 258, videoSecond: 258 + 32 };

const AUDIO_TOKENS_PER_SECOND = 32;

function soundTokens(modality: Modality, model: EmulatedModel, seconds: number): number {
  const perSecond = modality === "VIDEO" ? tokensOf(model).videoSecond : AUDIO_TOKENS_PER_SECOND;
  return Math.max(1, Math.round(seconds * perSecond));
}

const IMAGE_TOKENS_3: Readonly<Record<string, number>> = {
  MEDIA_RESOLUTION_LOW: 280,
  MEDIA_RESOLUTION_MEDIUM: 560,
  MEDIA_RESOLUTION_HIGH: 1120,
  MEDIA_RESOLUTION_ULTRA_HIGH: 2240,
};

const TILE_TOKENS = 258;
const TILE_PIXELS = 768;
const UNTILED_PIXELS = 384;

function imageTokens(model: EmulatedModel, resolution = "", width = 0, height = 0): number {
  if (model.generation >= 3) return IMAGE_TOKENS_3[resolution] ?? 1120;
  if (resolution === "MEDIA_RESOLUTION_LOW") return 64;
  if (resolution === "MEDIA_RESOLUTION_MEDIUM") return 256;
  const isSmall = width <= UNTILED_PIXELS && height <= UNTILED_PIXELS;
  return isSmall ? TILE_TOKENS : Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS) * TILE_TOKENS;
}

/** Counts page objects in clear; a PDF that keeps them compressed counts as one page. */
const countPdfPages = (data: Buffer) =>
  Math.max(1, data.toString("latin1").match(/\/Type\s*\/Page(?![a-zA-Z])/g)?.length ?? 0);
