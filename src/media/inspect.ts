// Checks one item of media that is at hand: its bytes decide its type, and whether Gemini reads it.
import { type DataSource } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import type { MediaItem } from "../chat/media-items.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { parsePcmMimeType, readWav, wavHeader } from "./audio.ts";
import { dataHead } from "./data-head.ts";

import { describeMediaType, type MediaKind } from "./media-types.ts";
import { detectMediaType, SNIFF_BYTES } from "./sniff.ts";

/**
 * The media with its type in Gemini's spelling, itself when that is what it says. Raises `media_type_corrected` when it
 * said another type; throws UNSUPPORTED_VALUE, naming the kind only, when Gemini does not read it. `origin` tells what
 * only URLs may bring.
 */
export function inspectMedia(item: MediaItem, raise: RaiseWarning, origin: Origin = "inline"): Media {
  const { media } = item;
  if (media.source.case !== "data") return media;
  const head = dataHead(media.source, SNIFF_BYTES);
  const samples = wrapSamples(media, media.source, head);
  if (samples !== undefined) return samples;
  const mimeType = inspectHead(head, item, media.mimeType, raise, origin);
  return mimeType === media.mimeType ? media : { ...media, mimeType };
}

export type Origin = "url" | "inline";

/** The type that bytes have which begin with `head`, as `inspectMedia` finds and refuses it. */
export function inspectHead(
  head: Buffer,
  { path }: MediaItem,
  said: string,
  raise: RaiseWarning,
  origin: Origin,
): string {
  const detected = detectMediaType(head, said);
  const type = detected && describeMediaType(detected.mimeType);
  if (detected === undefined || !type?.isAccepted || (type.isUrlOnly && origin !== "url")) {
    throw new Failure("UNSUPPORTED_VALUE", refusal(type?.kind), { field: path });
  }
  if (detected.corrected) {
    raise("media_type_corrected", path, `The bytes are ${detected.mimeType}, which is not what was said.`);
  }
  return detected.mimeType;
}

/** Bare samples, as older speech models made them, come back as history; with a header before them Gemini hears them. */
function wrapSamples(media: Media, source: DataSource, head: Buffer): Media | undefined {
  const pcm = parsePcmMimeType(media.mimeType);
  if (pcm === undefined || head.length === 0 || readWav(head) !== undefined) return undefined;
  const { value } = source;
  const wav = Buffer.concat([wavHeader(pcm, value.length), value]);
  return { ...media, mimeType: "audio/wav", source: { case: "data", value: wav } };
}

const READABLE: Readonly<Record<MediaKind, string>> = {
  image: "Unsupported image format. Gemini reads png, jpeg, webp, heic and heif, and of a gif its first frame.",
  audio: "Unsupported audio format. Gemini reads wav, mp3, aiff, aac, ogg and flac.",
  video: "Unsupported video format. Gemini reads mp4, mpeg, mov, avi, x-flv, webm, wmv and 3gpp.",
  document: "Unsupported document format. Gemini reads pdf and text.",
  text: "Unsupported document format. Gemini reads pdf and text.",
};

function refusal(kind: MediaKind | undefined): string {
  return kind === undefined ? "The data is no image, sound, film or document that Gemini reads." : READABLE[kind];
}
