// What Gemini tells beside the content: safety ratings, log probabilities, URLs it read, the model's life stage.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  HarmCategory,
  UrlContext_Status,
  type Logprobs,
  type ModelStatus,
  type SafetyRatings,
  type TokenLogprob,
  type UrlContext,
} from "../../gen/gemini/chat/v1/chat_pb.ts";
import type {
  GeminiSafetyRating,
  GenerateContentResponse,
  LogprobsResult,
  TokenCandidate,
  UrlMetadata,
} from "../wire.ts";
import { asIndex } from "./as-number.ts";
import { asText } from "./as-text.ts";
import { toEnum } from "./native-enum.ts";
import { restOf, toNativeJson } from "./native-json.ts";
import { enumWord, HARM_CATEGORIES, HARM_PROBABILITIES, URL_STATUSES } from "./numbered-enums.ts";

/** Members of a rating that have a field in the contract; Vertex tells more. */
const RATING: ReadonlySet<string> = new Set(["category", "probability", "blocked"]);

export function toSafetyRatings(ratings: readonly GeminiSafetyRating[]): SafetyRatings {
  return {
    $typeName: "gemini.chat.v1.SafetyRatings",
    ratings: ratings.map((rating) => {
      const { category = "", probability = "", blocked = false } = rating;
      const { value, native } = toEnum(HarmCategory, "HARM_CATEGORY_", enumWord(HARM_CATEGORIES, category));
      return {
        $typeName: "gemini.chat.v1.SafetyRating",
        category: value,
        nativeCategory: native,
        probability: enumWord(HARM_PROBABILITIES, probability),
        blocked: blocked === true,
        nativeJson: toNativeJson(restOf(rating, RATING)),
      };
    }),
  };
}

export function toLogprobs({ chosenCandidates = [], topCandidates = [] }: LogprobsResult): Logprobs {
  return {
    $typeName: "gemini.chat.v1.Logprobs",
    tokens: chosenCandidates.map((chosen, at) =>
      toTokenLogprob(
        chosen,
        (topCandidates[at]?.candidates ?? []).map((top) => toTokenLogprob(top, [])),
      ),
    ),
  };
}

export function toUrlContext({ retrievedUrl = "", urlRetrievalStatus = "" }: UrlMetadata): UrlContext {
  const { value, native } = toEnum(
    UrlContext_Status,
    "URL_RETRIEVAL_STATUS_",
    enumWord(URL_STATUSES, urlRetrievalStatus),
  );
  return { $typeName: "gemini.chat.v1.UrlContext", url: asText(retrievedUrl), status: value, nativeStatus: native };
}

export function toModelStatus(status: NonNullable<GenerateContentResponse["modelStatus"]>): ModelStatus {
  const retirementMs = Date.parse(status.retirementTime ?? "");
  return {
    $typeName: "gemini.chat.v1.ModelStatus",
    stage: asText(status.modelStage),
    message: asText(status.message),
    ...(!Number.isNaN(retirementMs) && { retirementTime: timestampFromMs(retirementMs) }),
  };
}

function toTokenLogprob(
  { token = "", logProbability = 0, tokenId }: TokenCandidate,
  top: TokenLogprob[],
): TokenLogprob {
  const id = tokenId === undefined ? {} : { tokenId: asIndex(tokenId) };
  return {
    $typeName: "gemini.chat.v1.TokenLogprob",
    token: asText(token),
    logprob: Number(logProbability),
    top,
    ...id,
  };
}
