// The media types Gemini reads, by the names it takes, and the other names callers use for them.

/** Recognised and accepted, but never sent. */
export const GIF = "image/gif";

export type MediaKind = "image" | "audio" | "video" | "document" | "text";

type MediaType = {
  readonly kind: MediaKind;
  /** False: recognised, so that the refusal can say what it is. */
  readonly isAccepted: boolean;
  /** Only read when it was named by a URL. */
  readonly isUrlOnly?: true;
};

function accepted(kind: MediaKind): MediaType {
  return { kind, isAccepted: true };
}

/**
 * Every type that is recognised. Google's lists for inline data and files (November 2026): images png, jpeg, webp,
 * heic, heif, and bmp by URL; gif stands in none, so its first frame is sent as png. m4a and webm sound are taken by current models although the list of
 * sounds does not name them. All `text/*` are read as plain text, so the table has those with a signature only.
 */
export const mediaTypes: ReadonlyMap<string, MediaType> = new Map([
  ["image/png", accepted("image")],
  ["image/jpeg", accepted("image")],
  ["image/webp", accepted("image")],
  ["image/heic", accepted("image")],
  ["image/heif", accepted("image")],
  ["image/bmp", { kind: "image", isAccepted: true, isUrlOnly: true }],
  [GIF, accepted("image")],
  ["image/tiff", { kind: "image", isAccepted: false }],
  ["image/avif", { kind: "image", isAccepted: false }],
  ["audio/wav", accepted("audio")],
  ["audio/mp3", accepted("audio")],
  ["audio/aiff", accepted("audio")],
  ["audio/aac", accepted("audio")],
  ["audio/ogg", accepted("audio")],
  ["audio/flac", accepted("audio")],
  ["audio/mp4", accepted("audio")],
  ["audio/webm", accepted("audio")],
  ["audio/x-ms-wma", { kind: "audio", isAccepted: false }],
  ["video/mp4", accepted("video")],
  ["video/mpeg", accepted("video")],
  ["video/quicktime", accepted("video")],
  ["video/avi", accepted("video")],
  ["video/x-flv", accepted("video")],
  ["video/webm", accepted("video")],
  ["video/wmv", accepted("video")],
  ["video/3gpp", accepted("video")],
  ["video/ogg", { kind: "video", isAccepted: false }],
  ["video/x-matroska", { kind: "video", isAccepted: false }],
  ["application/pdf", accepted("document")],
  ["application/json", accepted("text")],
  ["text/rtf", accepted("text")],
]);

/** Other names in use, and the one Gemini's documents give (`audio/mp3` there, not the registered `audio/mpeg`). */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["image/jpg", "image/jpeg"],
  ["image/pjpeg", "image/jpeg"],
  ["image/x-png", "image/png"],
  ["image/x-ms-bmp", "image/bmp"],
  ["image/x-bmp", "image/bmp"],
  ["image/heic-sequence", "image/heic"],
  ["image/heif-sequence", "image/heif"],
  ["audio/x-wav", "audio/wav"],
  ["audio/wave", "audio/wav"],
  ["audio/vnd.wave", "audio/wav"],
  ["audio/x-pn-wav", "audio/wav"],
  ["audio/mpeg", "audio/mp3"],
  ["audio/mpeg3", "audio/mp3"],
  ["audio/x-mp3", "audio/mp3"],
  ["audio/x-mpeg", "audio/mp3"],
  ["audio/mpga", "audio/mp3"],
  ["audio/x-aiff", "audio/aiff"],
  ["audio/aif", "audio/aiff"],
  ["audio/x-aac", "audio/aac"],
  ["audio/aacp", "audio/aac"],
  ["audio/opus", "audio/ogg"],
  ["audio/vorbis", "audio/ogg"],
  ["application/ogg", "audio/ogg"],
  ["audio/x-flac", "audio/flac"],
  ["audio/m4a", "audio/mp4"],
  ["audio/x-m4a", "audio/mp4"],
  ["video/mpg", "video/mpeg"],
  ["video/mp2t", "video/mpeg"],
  ["video/mov", "video/quicktime"],
  ["video/x-msvideo", "video/avi"],
  ["video/msvideo", "video/avi"],
  ["video/flv", "video/x-flv"],
  ["video/x-ms-wmv", "video/wmv"],
  ["video/x-ms-asf", "video/wmv"],
  ["video/3gp", "video/3gpp"],
  ["video/3gpp2", "video/3gpp"],
  ["video/x-m4v", "video/mp4"],
  ["application/x-pdf", "application/pdf"],
  ["application/rtf", "text/rtf"],
  ["application/xml", "text/xml"],
  ["application/javascript", "text/javascript"],
  ["application/x-javascript", "text/javascript"],
  ["text/json", "application/json"],
  ["text/x-markdown", "text/markdown"],
]);

/** Names that say nothing about the bytes. */
const namelessTypes: ReadonlySet<string> = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
  "application/unknown",
  "*/*",
]);

/** The type in Gemini's spelling, without parameters; undefined when the text names none. */
export function normalizeMediaType(text: string | undefined): string | undefined {
  const essence = (text ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (namelessTypes.has(essence)) return undefined;
  return otherNames.get(essence) ?? essence;
}

/** What Gemini does with a type in its own spelling; undefined when it is not recognised. */
export function describeMediaType(mimeType: string): MediaType | undefined {
  if (isOfficeType(mimeType)) return accepted("document");
  return mediaTypes.get(mimeType) ?? (isTextType(mimeType) ? accepted("text") : undefined);
}

/** Whether the type has no signature, so that only its name can tell it. */
export function isTextType(mimeType: string): boolean {
  return mimeType.startsWith("text/") || mimeType === "application/json";
}

/** Whether the type is of an Office or OpenDocument file: archives whose bytes do not tell which. Which model reads them, gemini/ knows. */
export function isOfficeType(mimeType: string): boolean {
  return OFFICE.test(mimeType);
}

const OFFICE =
  /^application\/(msword|vnd\.ms-(excel|powerpoint)|vnd\.openxmlformats-officedocument\.|vnd\.oasis\.opendocument\.)/;
