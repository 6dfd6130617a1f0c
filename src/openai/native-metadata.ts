// Grounding, read URLs and safety ratings in Gemini's own JSON: OpenAI has no words for them, and clients know Google's.
import type {
  Grounding,
  GroundingChunk,
  GroundingSupport,
  SafetyRating,
  UrlContext,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { HarmCategorySchema, UrlContext_Status, UrlContext_StatusSchema } from "../gen/gemini/chat/v1/chat_pb.ts";

type Json = Record<string, unknown>;

/** `groundingMetadata` of a candidate. As Google does, empty members and zeros are left out. */
export function toGroundingMetadata(grounding: Grounding): Json {
  return withoutEmpty({
    webSearchQueries: grounding.queries,
    imageSearchQueries: grounding.imageQueries,
    searchEntryPoint: withoutEmpty({ renderedContent: grounding.searchEntryPointHtml }),
    groundingChunks: grounding.chunks.map(toGroundingChunk),
    groundingSupports: grounding.supports.map(toGroundingSupport),
  });
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
  return ratings.map(({ category, nativeCategory, probability, blocked }) => ({
    category: nativeCategory || (HarmCategorySchema.value[category]?.name ?? "HARM_CATEGORY_UNSPECIFIED"),
    probability,
    ...(blocked ? { blocked } : {}),
  }));
}

function toGroundingChunk({ kind }: GroundingChunk): Json {
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
      // A kind that the contract does not know keeps its place, because supports count chunks.
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
}: GroundingSupport): Json {
  return withoutEmpty({
    segment: withoutEmpty({ partIndex: part, startIndex: startByte, endIndex: endByte, text }),
    groundingChunkIndices: chunkIndices,
    confidenceScores,
  });
}

function withoutEmpty(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
