// What `extra_body.google` says beyond thinking, images and speech: safety, places, caches, media detail, labels.
import {
  HarmCategorySchema,
  MediaResolution,
  SafetySetting_ThresholdSchema,
  type ChatRequest,
  type HarmCategory,
  type RetrievalOptions,
  type SafetySetting,
  type SafetySetting_Threshold,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import type { GoogleOptions } from "./schema/google.ts";

const RESOLUTIONS = { low: MediaResolution.LOW, medium: MediaResolution.MEDIUM, high: MediaResolution.HIGH } as const;

/** Fields of ChatRequest that only Google's block can say. */
type GoogleFields = Pick<ChatRequest, "safetySettings" | "cachedContent" | "mediaResolution" | "labels" | "retrieval">;

export function readGoogleOptions(google: GoogleOptions): GoogleFields {
  const {
    safety_settings: safety,
    cached_content: cache,
    media_resolution: resolution,
    retrieval_config: retrieval,
  } = google;
  return {
    safetySettings: (safety ?? []).map(toSafetySetting),
    cachedContent: (cache ?? "").toWellFormed(),
    mediaResolution: resolution ? RESOLUTIONS[resolution] : MediaResolution.UNSPECIFIED,
    labels: toLabels(google.labels ?? {}),
    ...(retrieval && { retrieval: toRetrieval(retrieval) }),
  };
}

/** The shape has already admitted only names of the enums. */
function toSafetySetting({ category, threshold }: { category: string; threshold: string }): SafetySetting {
  const levels = SafetySetting_ThresholdSchema.values;
  return {
    $typeName: "gemini.chat.v1.SafetySetting",
    category: numberOf(HarmCategorySchema.values, category) as HarmCategory,
    threshold: numberOf(levels, `THRESHOLD_${threshold}`) as SafetySetting_Threshold,
  };
}

function numberOf(values: readonly { readonly name: string; readonly number: number }[], name: string): number {
  return values.find((value) => value.name === name)?.number ?? 0;
}

function toLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]));
}

function toRetrieval({
  lat_lng: place,
  language_code: language,
}: NonNullable<GoogleOptions["retrieval_config"]>): RetrievalOptions {
  return {
    $typeName: "gemini.chat.v1.RetrievalOptions",
    languageCode: (language ?? "").toWellFormed(),
    ...(place && {
      latLng: { $typeName: "gemini.chat.v1.LatLng", latitude: place.latitude, longitude: place.longitude },
    }),
  };
}
