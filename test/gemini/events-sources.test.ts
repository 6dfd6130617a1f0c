// Citations, grounding and what else is told beside the content.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Citation_Kind, UrlContext_Status } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { fold, valuesOf, type Json, chunk, eventsOf } from "./read-answer.ts";

suite("sources", () => {
  test("citations of both spellings point into the part their bytes fall into", () => {
    const events = eventsOf([
      chunk([{ text: "äb" }], { citationMetadata: { citationSources: [{ endIndex: 3, uri: "u1", license: "mit" }] } }),
      chunk([{ executableCode: { code: "1" } }]),
      chunk([{ text: "cdef" }], {
        finishReason: "STOP",
        citationMetadata: { citations: [{ startIndex: 4, endIndex: 6, title: "t2" }] },
      }),
    ]);
    const citations = valuesOf(events, "citation").map(({ part, startByte, endByte, kind, uri, title, license }) => [
      part,
      startByte,
      endByte,
      kind,
      uri,
      title,
      license,
    ]);
    assert.deepEqual(citations, [
      [0, 0, 3, Citation_Kind.RECITATION, "u1", "", "mit"],
      [2, 1, 3, Citation_Kind.RECITATION, "", "t2", ""],
    ]);
  });

  test("a citation outside of the text points at its end and is not lost", () => {
    const metadata = { citationSources: [{ startIndex: 500, endIndex: 900, uri: "u" }] };
    const [citation] = valuesOf(
      eventsOf([chunk([{ text: "abc" }], { finishReason: "STOP", citationMetadata: metadata })]),
      "citation",
    );
    assert.deepEqual([citation?.part, citation?.startByte, citation?.endByte, citation?.uri], [0, 3, 3, "u"]);
  });

  const SUPPORT = { segment: { startIndex: 2, endIndex: 4, text: "b!" }, groundingChunkIndices: [0, 1, 9] };

  test("grounding gives itself and one citation for each source of each passage", () => {
    const groundingMetadata = {
      webSearchQueries: ["q1", ""],
      imageSearchQueries: ["q2"],
      searchEntryPoint: { renderedContent: "<p>" },
      groundingChunks: [
        { web: { uri: "w", title: "wt", domain: "d" } },
        { maps: { uri: "m", title: "mt", placeId: "p" } },
        {},
      ],
      groundingSupports: [SUPPORT],
    };
    const events = eventsOf([
      chunk([{ text: "ignored", thought: true }]),
      chunk([{ text: "äb!" }], { finishReason: "STOP", groundingMetadata }),
    ]);
    const [grounding] = valuesOf(events, "grounding");
    assert.deepEqual(
      [grounding?.queries, grounding?.imageQueries, grounding?.searchEntryPointHtml],
      [["q1"], ["q2"], "<p>"],
    );
    assert.deepEqual(
      grounding?.chunks.map(({ kind }) => kind.case),
      ["web", "maps", undefined],
    );
    const citations = valuesOf(events, "citation").map(({ part, startByte, endByte, kind, uri, citedText }) => [
      part,
      startByte,
      endByte,
      kind,
      uri,
      citedText,
    ]);
    assert.deepEqual(citations, [
      [1, 2, 4, Citation_Kind.WEB, "w", "b!"],
      [1, 2, 4, Citation_Kind.MAPS, "m", "b!"],
    ]);
    assert.equal(valuesOf(events, "usage")[0]?.searchQueries, 2);
  });

  test("offsets that miss their text are corrected by it, to the nearest occurrence", () => {
    const segment = { startIndex: 7, endIndex: 9, text: "ab" };
    const groundingMetadata = {
      groundingChunks: [{ web: {} }],
      groundingSupports: [{ segment, groundingChunkIndices: [0] }],
    };
    const [citation] = valuesOf(
      eventsOf([chunk([{ text: "ab --- ?ab ---------- ab" }], { finishReason: "STOP", groundingMetadata })]),
      "citation",
    );
    assert.deepEqual([citation?.startByte, citation?.endByte], [8, 10]);
  });

  test("offsets within a part are taken where a part index is given and the text agrees", () => {
    const segment = { partIndex: 2, startIndex: 1, endIndex: 3, text: "de" };
    const groundingMetadata = {
      groundingChunks: [{ web: {} }],
      groundingSupports: [{ segment, groundingChunkIndices: [0] }],
    };
    const parts = [{ text: "abc" }, { executableCode: { code: "1" } }, { text: "cdef" }];
    const [citation] = valuesOf(eventsOf([chunk(parts, { finishReason: "STOP", groundingMetadata })]), "citation");
    assert.deepEqual([citation?.part, citation?.startByte, citation?.endByte], [2, 1, 3]);
  });

  test("the nearest occurrence is looked for where the part is, when its index and the text are told and the offsets miss", () => {
    const segment = { partIndex: 2, startIndex: 2, endIndex: 4, text: "ab" };
    const groundingMetadata = {
      groundingChunks: [{ web: {} }],
      groundingSupports: [{ segment, groundingChunkIndices: [0] }],
    };
    const parts = [{ text: "--- ab ---" }, { executableCode: { code: "1" } }, { text: "-ab" }];
    const [citation] = valuesOf(eventsOf([chunk(parts, { finishReason: "STOP", groundingMetadata })]), "citation");
    assert.deepEqual([citation?.part, citation?.startByte, citation?.endByte], [2, 1, 3]);
  });

  test("the last metadata counts, empty ones do not, and sources continue a list that the supports count on", () => {
    const first = { groundingChunks: [{ web: { uri: "one" } }], webSearchQueries: ["q"] };
    const told = (last: Json): unknown[] => {
      const chunks = [
        chunk([{ text: "ab!" }], { groundingMetadata: first }),
        chunk([], { finishReason: "STOP", groundingMetadata: last }),
      ];
      return valuesOf(eventsOf(chunks), "grounding").flatMap(({ chunks: sources }) =>
        sources.map(({ kind }) => kind.case === "web" && kind.value.uri),
      );
    };
    assert.deepEqual(told({}), ["one"]);
    assert.deepEqual(told({ groundingChunks: [{ web: { uri: "two" } }] }), ["two"]);
    const support = { segment: { endIndex: 2 }, groundingChunkIndices: [1] };
    assert.deepEqual(told({ groundingChunks: [{ web: { uri: "two" } }], groundingSupports: [support] }), [
      "one",
      "two",
    ]);
  });

  test("metadata without content is no event", () => {
    const events = eventsOf([chunk([{ text: "a" }], { finishReason: "STOP", groundingMetadata: {} })]);
    assert.equal(valuesOf(events, "grounding").length, 0);
  });

  test("URLs that were read are told once, log probabilities as they come, ratings as they last were", () => {
    const url = { urlMetadata: [{ retrievedUrl: "https://x", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_PAYWALL" }] };
    const logprobsResult = {
      chosenCandidates: [{ token: "a", tokenId: 5, logProbability: -0.1 }],
      topCandidates: [
        {
          candidates: [
            { token: "a", logProbability: -0.1 },
            { token: "b", logProbability: -2 },
          ],
        },
      ],
    };
    const rating = (probability: string): Json => ({ safetyRatings: [{ category: "HARM_CATEGORY_NEW", probability }] });
    const events = eventsOf([
      chunk([{ text: "a" }], { urlContextMetadata: url, logprobsResult, ...rating("LOW") }),
      chunk([{ text: "b" }], { urlContextMetadata: url, logprobsResult, ...rating("HIGH"), finishReason: "STOP" }),
    ]);
    const [candidate] = fold(events).candidates;
    assert.deepEqual(
      candidate?.urlContext.map(({ status }) => status),
      [UrlContext_Status.PAYWALL],
    );
    assert.equal(candidate?.logprobs?.tokens.length, 2);
    assert.deepEqual(
      candidate?.logprobs?.tokens[0]?.top.map(({ token }) => token),
      ["a", "b"],
    );
    assert.deepEqual(
      candidate?.safetyRatings?.ratings.map(({ nativeCategory, probability }) => [nativeCategory, probability]),
      [["HARM_CATEGORY_NEW", "HIGH"]],
    );
  });
});
