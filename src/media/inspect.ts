// Checks one item of media that is at hand: its bytes decide its type, and whether Gemini reads it.
import { type DataSource } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { parsePcmMimeType, readWav, wavHeader } from "./audio.ts";
import { dataHead } from "./data-head.ts";
import type { MediaItem } from "./media-items.ts";
import { describeMediaType, type MediaKind } from "./media-types.ts";
import { detectMediaType, SNIFF_BYTES } from "./sniff.ts";

/**
 * The media with its type in Gemini's spelling, itself when that is what it says. Raises `media_type_corrected` when it
 * said another type; throws UNSUPPORTED_VALUE, naming the kind only, when Gemini does not read it. `origin` tells what
 * only URLs may bring.
 */
export function inspectMedia(
  { media, path }: MediaItem,
  raise: RaiseWarning,
  origin: "url" | "inline" = "inline",
): Media {
  if (media.source.case !== "data") return media;
  const head = dataHead(media.source, SNIFF_BYTES);
  const samples = wrapSamples(media, media.source, head);
  if (samples !== undefined) return samples;
  const detected = detectMediaType(head, media.mimeType);
  const type = detected && describeMediaType(detected.mimeType);
  if (detected === undefined || !type?.isAccepted || (type.isUrlOnly && origin !== "url")) {
    throw new Failure("UNSUPPORTED_VALUE", refusal(type?.kind), { field: path });
  }
  const { mimeType, corrected } = detected;
  if (corrected) raise("media_type_corrected", path, `The bytes are ${mimeType}, which is not what was said.`);
  return mimeType === media.mimeType ? media : { ...media, mimeType };
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
  image: "Unsupported image format. Gemini reads png, jpeg, webp, heic and heif.",
  audio: "Unsupported audio format. Gemini reads wav, mp3, aiff, aac, ogg and flac.",
  video: "Unsupported video format. Gemini reads mp4, mpeg, mov, avi, x-flv, webm, wmv and 3gpp.",
  document: "Unsupported document format. Gemini reads pdf and text.",
  text: "Unsupported document format. Gemini reads pdf and text.",
};

function refusal(kind: MediaKind | undefined): string {
  return kind === undefined ? "The data is no image, sound, film or document that Gemini reads." : READABLE[kind];
}
