// Grounding, citations, read URLs and safety ratings in Gemini's own JSON: OpenAI has no words for them, and clients know Google's.
import {
  Citation_Kind,
  HarmCategorySchema,
  UrlContext_Status,
  UrlContext_StatusSchema,
  type Citation,
  type Grounding,
  type GroundingChunk,
  type GroundingSupport,
  type Part,
  type SafetyRating,
  type UrlContext,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { isObject, type Json } from "./json-object.ts";

/** `groundingMetadata` of a candidate. As Google does, empty members and zeros are left out. */
export function toGroundingMetadata(grounding: Grounding): Json {
  const json = withoutEmpty({
    webSearchQueries: grounding.queries,
    imageSearchQueries: grounding.imageQueries,
    searchEntryPoint: withoutEmpty({ renderedContent: grounding.searchEntryPointHtml }),
    groundingChunks: grounding.chunks.map(toGroundingChunk),
    groundingSupports: grounding.supports.map(toGroundingSupport),
  });
  return withNative(json, grounding.nativeJson);
}

/**
 * `citationMetadata` of a candidate, undefined without recitations; those without a URI stand nowhere else. As Google's, its offsets count
 * the UTF-8 bytes of all visible text. `parts` need their texts only; of those that were let go, their bytes.
 */
export function toCitationMetadata(
  citations: readonly Citation[],
  parts: readonly (Part | undefined)[],
  letGoBytes: readonly number[] = [],
): Json | undefined {
  const recitations = citations.filter(({ kind }) => kind === Citation_Kind.RECITATION);
  if (recitations.length === 0) return undefined;
  const starts: number[] = [];
  let start = 0;
  for (const [index, part] of parts.entries()) {
    starts[index] = start;
    if (part?.kind.case === "text") start += (letGoBytes[index] ?? 0) + Buffer.byteLength(part.kind.value);
  }
  return {
    citationSources: recitations.map(({ part, startByte, endByte, uri, title, license, nativeJson }) => {
      const at = starts[part] ?? 0;
      return withNative(
        withoutEmpty({ startIndex: at + startByte, endIndex: at + endByte, uri, title, license }),
        nativeJson,
      );
    }),
  };
}

/** `urlContextMetadata` of a candidate. */
export function toUrlContextMetadata(urls: readonly UrlContext[]): Json {
  return {
    urlMetadata: urls.map(({ url, status, nativeStatus }) => ({
      retrievedUrl: url,
      urlRetrievalStatus:
        status === UrlContext_Status.UNSPECIFIED && nativeStatus !== ""
          ? nativeStatus
          : `URL_RETRIEVAL_${UrlContext_StatusSchema.value[status]?.name ?? "STATUS_UNSPECIFIED"}`,
    })),
  };
}

/** `safetyRatings` of a candidate. */
export function toSafetyRatings(ratings: readonly SafetyRating[]): Json[] {
  return ratings.map(({ category, nativeCategory, probability, blocked, nativeJson }) => {
    const word = nativeCategory || (HarmCategorySchema.value[category]?.name ?? "HARM_CATEGORY_UNSPECIFIED");
    return withNative({ category: word, probability, ...(blocked ? { blocked } : {}) }, nativeJson);
  });
}

/** A kind that the contract does not know keeps its place even when it is empty, because supports count chunks. */
function toGroundingChunk({ kind, nativeJson }: GroundingChunk): Json {
  return withNative(toKnownSource(kind), nativeJson);
}

function toKnownSource(kind: GroundingChunk["kind"]): Json {
  switch (kind.case) {
    case "web": {
      const { uri, title, domain } = kind.value;
      return { web: withoutEmpty({ uri, title, domain }) };
    }
    case "image": {
      const { sourceUri, imageUri, title, domain } = kind.value;
      return { image: withoutEmpty({ sourceUri, imageUri, title, domain }) };
    }
    case "retrieved": {
      const { uri, title, text, fileSearchStore, pageNumber } = kind.value;
      return { retrievedContext: withoutEmpty({ uri, title, text, fileSearchStore, pageNumber }) };
    }
    case "maps": {
      const { uri, title, text, placeId } = kind.value;
      return { maps: withoutEmpty({ uri, title, text, placeId }) };
    }
    default:
      return {};
  }
}

function toGroundingSupport({
  part,
  startByte,
  endByte,
  text,
  chunkIndices,
  confidenceScores,
  nativeJson,
}: GroundingSupport): Json {
  const json = withoutEmpty({
    segment: withoutEmpty({ partIndex: part, startIndex: startByte, endIndex: endByte, text }),
    groundingChunkIndices: chunkIndices,
    confidenceScores,
  });
  return withNative(json, nativeJson);
}

/** Joins what the contract has no field for to what it has, also inside of members that both have. */
function withNative(json: Json, nativeJson: string): Json {
  if (nativeJson === "") return json;
  const joined: Json = JSON.parse(nativeJson) as Json;
  for (const [key, value] of Object.entries(json)) {
    const rest = joined[key];
    joined[key] = isObject(rest) && isObject(value) ? { ...rest, ...value } : value;
  }
  return joined;
}

function withoutEmpty(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
