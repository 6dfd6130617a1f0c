// Media as parts of a turn: inlineData or fileData, what of a film to look at, and how closely.
import type { Duration } from "@bufbuild/protobuf/wkt";
import { base64OfData, dataLength } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type Media, MediaResolution, MediaResolutionSchema, Modality } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import type { WireBlob, WirePart } from "./wire-request.ts";

/** One item of media. `path` is its place in the request. Throws INVALID_VALUE when it has no source, or bytes without a type. */
export function toMediaPart(media: Media, path: string, model: ModelProfile, raise: RaiseWarning): WirePart {
  return {
    ...toSource(media, path),
    ...present({
      videoMetadata: toVideoMetadata(media, path, raise),
      mediaResolution: toPartResolution(media, path, model, raise),
    }),
  };
}

function toSource(media: Media, path: string): WirePart {
  const { source, mimeType } = media;
  if (source.case === "data") return { inlineData: toBlob(media, path) };
  if (source.case !== "uri" || source.value === "") {
    throw new Failure("INVALID_VALUE", "Media needs data or a URI.", { field: path });
  }
  return { fileData: mimeType === "" ? { fileUri: source.value } : { mimeType, fileUri: source.value } };
}

/** Bytes with their type. Throws INVALID_VALUE when there are none, or none of a known type. */
export function toBlob(media: Media, path: string): WireBlob {
  if (media.source.case !== "data") throw new Failure("INVALID_VALUE", "Media needs data here.", { field: path });
  if (media.mimeType === "") {
    throw new Failure("INVALID_VALUE", "The type of this media is not known.", { field: `${path}.mime_type` });
  }
  // The media of an empty file, as clients send it when a read failed; Gemini's own answer would be a bare 400.
  if (dataLength(media.source) === 0) throw new Failure("INVALID_VALUE", "This media is empty.", { field: path });
  return { mimeType: media.mimeType, data: base64OfData(media.source) };
}

/** Whether a model reads media of this kind; of an unknown kind the upstream decides. */
export function canRead(media: Media, model: ModelProfile): boolean {
  if (OFFICE.test(media.mimeType)) return model.officeDocuments;
  const modality = modalityOf(media);
  return modality === Modality.UNSPECIFIED || model.inputs.includes(modality);
}

/** The kind of content, by the MIME type; a URI without one is a film, as YouTube links are. */
function modalityOf({ mimeType, source }: Media): Modality {
  if (mimeType === "" && source.case === "uri" && YOUTUBE.test(source.value)) return Modality.VIDEO;
  return MODALITIES[mimeType.slice(0, mimeType.indexOf("/")).toLowerCase()] ?? Modality.UNSPECIFIED;
}

const YOUTUBE = /^https:\/\/(www\.youtube\.com|youtube\.com|youtu\.be)\//;

/** Types of Office and OpenDocument files. */
const OFFICE =
  /^application\/(msword|vnd\.ms-(excel|powerpoint)|vnd\.openxmlformats-officedocument\.|vnd\.oasis\.opendocument\.)/i;

const MODALITIES: Readonly<Record<string, Modality>> = {
  image: Modality.IMAGE,
  audio: Modality.AUDIO,
  video: Modality.VIDEO,
  text: Modality.DOCUMENT,
  application: Modality.DOCUMENT,
};

function toVideoMetadata(media: Media, path: string, raise: RaiseWarning): WirePart["videoMetadata"] {
  const { video } = media;
  if (video === undefined) return undefined;
  if (modalityOf(media) !== Modality.VIDEO) {
    raise("parameter_ignored", `${path}.video`, "Only films have video options; they were not sent.");
    return undefined;
  }
  return present({
    ...(video.start && { startOffset: toDurationText(video.start) }),
    ...(video.end && { endOffset: toDurationText(video.end) }),
    ...(video.fps !== undefined && { fps: video.fps }),
  });
}

/** Proto JSON of a duration: `90.5s`. */
export function toDurationText({ seconds, nanos }: Duration): string {
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  return `${seconds}${fraction}s`;
}

function toPartResolution(
  media: Media,
  path: string,
  model: ModelProfile,
  raise: RaiseWarning,
): WirePart["mediaResolution"] {
  const level = toResolutionName(media.resolution);
  if (level === undefined) return undefined;
  if (model.partMediaResolution) return { level };
  raise("media_resolution_ignored", `${path}.resolution`, "This model has one media resolution for all media.");
  return undefined;
}

/** generationConfig.mediaResolution; ULTRA_HIGH exists only on a single item and becomes HIGH. */
export function toMediaResolution(resolution: MediaResolution, raise: RaiseWarning): string | undefined {
  if (resolution !== MediaResolution.ULTRA_HIGH) return toResolutionName(resolution);
  raise("media_resolution_ignored", "media_resolution", "ULTRA_HIGH holds only for a single item; HIGH is used.");
  return toResolutionName(MediaResolution.HIGH);
}

function toResolutionName(resolution: MediaResolution): string | undefined {
  return resolution === MediaResolution.UNSPECIFIED ? undefined : MediaResolutionSchema.value[resolution]?.name;
}
