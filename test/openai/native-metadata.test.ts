// Grounding, read URLs and ratings come out as the JSON that Google sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { GroundingSchema, SafetyRatingSchema, UrlContextSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toGroundingMetadata, toSafetyRatings, toUrlContextMetadata } from "../../src/openai/native-metadata.ts";

test("grounding has Google's names, without empty members and zeros, and every source keeps its place", () => {
  const grounding = create(GroundingSchema, {
    queries: ["q"],
    imageQueries: ["i"],
    searchEntryPointHtml: "<p>",
    chunks: [
      { kind: { case: "web", value: { uri: "u", title: "t" } } },
      { kind: { case: "image", value: { sourceUri: "s", imageUri: "i" } } },
      {},
      {
        kind: {
          case: "retrieved",
          value: { uri: "u", text: "x", fileSearchStore: "fileSearchStores/a", pageNumber: 3 },
        },
      },
      { kind: { case: "maps", value: { uri: "u", placeId: "p" } } },
    ],
    supports: [
      { part: 0, startByte: 0, endByte: 5, text: "hello", chunkIndices: [0, 1] },
      { part: 2, startByte: 1, endByte: 2, text: "x", chunkIndices: [3], confidenceScores: [0.5] },
    ],
  });
  assert.deepEqual(toGroundingMetadata(grounding), {
    webSearchQueries: ["q"],
    imageSearchQueries: ["i"],
    searchEntryPoint: { renderedContent: "<p>" },
    groundingChunks: [
      { web: { uri: "u", title: "t" } },
      { image: { sourceUri: "s", imageUri: "i" } },
      {},
      { retrievedContext: { uri: "u", text: "x", fileSearchStore: "fileSearchStores/a", pageNumber: 3 } },
      { maps: { uri: "u", placeId: "p" } },
    ],
    groundingSupports: [
      { segment: { endIndex: 5, text: "hello" }, groundingChunkIndices: [0, 1] },
      {
        segment: { partIndex: 2, startIndex: 1, endIndex: 2, text: "x" },
        groundingChunkIndices: [3],
        confidenceScores: [0.5],
      },
    ],
  });
});

test("words that the contract does not know come out as they came", () => {
  const url = create(UrlContextSchema, { url: "u", nativeStatus: "URL_RETRIEVAL_STATUS_NEW" });
  assert.deepEqual(toUrlContextMetadata([url]), {
    urlMetadata: [{ retrievedUrl: "u", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_NEW" }],
  });
  const rating = create(SafetyRatingSchema, {
    nativeCategory: "HARM_CATEGORY_NEW",
    probability: "HIGH",
    blocked: true,
  });
  assert.deepEqual(toSafetyRatings([rating]), [{ category: "HARM_CATEGORY_NEW", probability: "HIGH", blocked: true }]);
});

test("ratings and read URLs have Google's words", () => {
  const [rating] = toSafetyRatings([create(SafetyRatingSchema, { category: 3, probability: "LOW" })]);
  assert.deepEqual(rating, { category: "HARM_CATEGORY_SEXUALLY_EXPLICIT", probability: "LOW" });
  const metadata = toUrlContextMetadata([create(UrlContextSchema, { url: "u", status: 3 })]);
  assert.deepEqual(metadata, {
    urlMetadata: [{ retrievedUrl: "u", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_PAYWALL" }],
  });
});
