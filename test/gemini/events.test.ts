// What the state machine holds to the end, what it counts, and what it refuses.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  FinishReason,
  HarmCategory,
  Modality,
  ModalityTokens_Kind,
  ServiceTier,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { facts, fold, readChunks, valuesOf, STOP, chunk, eventsOf, failureOf, stream } from "./read-answer.ts";

suite("the finish", () => {
  test("is held to the end: what follows the first reason is told, and the last reason counts", () => {
    const events = eventsOf([
      chunk([{ text: "a" }], { finishReason: "STOP" }),
      chunk([{ text: "b" }], { finishReason: "MAX_TOKENS", finishMessage: "why" }),
      { usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 } },
    ]);
    assert.deepEqual(
      events.slice(-2).map(({ event }) => event.case),
      ["finished", "usage"],
    );
    const [finished] = valuesOf(events, "finished");
    assert.equal(finished?.reason, FinishReason.MAX_TOKENS);
    assert.equal(finished?.message, "why");
    assert.equal(fold(events).candidates[0]?.parts.length, 1);
  });

  test("knows CONTINUATION, numbers, and words it does not know", () => {
    const reasonOf = (finishReason: unknown): unknown[] => {
      const [told] = valuesOf(eventsOf([chunk([{ text: "a" }], { finishReason })]), "finished");
      return [told?.reason, told?.nativeReason];
    };
    assert.deepEqual(reasonOf("CONTINUATION"), [FinishReason.CONTINUATION, "CONTINUATION"]);
    assert.deepEqual(reasonOf(1), [FinishReason.STOP, "STOP"]);
    assert.deepEqual(reasonOf(3), [FinishReason.SAFETY, "SAFETY"]);
    assert.deepEqual(reasonOf(77), [FinishReason.UNSPECIFIED, "77"]);
    assert.deepEqual(reasonOf("FAKE_ENUM"), [FinishReason.UNSPECIFIED, "FAKE_ENUM"]);
    assert.deepEqual(reasonOf("PROMPT_BLOCKED"), [FinishReason.UNSPECIFIED, "PROMPT_BLOCKED"]);
    assert.deepEqual(reasonOf("constructor"), [FinishReason.UNSPECIFIED, "constructor"]);
  });

  test("is missing: the answer has failed", () => {
    assert.equal(failureOf([chunk([{ text: "a" }])]), "UPSTREAM_STREAM_TRUNCATED");
    assert.equal(failureOf([]), "UPSTREAM_STREAM_TRUNCATED");
    assert.equal(failureOf([{ usageMetadata: { totalTokenCount: 1 } }]), "UPSTREAM_STREAM_TRUNCATED");
    const two = {
      candidates: [
        { index: 0, finishReason: "STOP" },
        { index: 1, content: { parts: [{ text: "a" }] } },
      ],
    };
    assert.equal(failureOf([two]), "UPSTREAM_STREAM_TRUNCATED");
  });

  test("of a blocked prompt is candidate 0's, with the reason, the message and the ratings of the prompt", () => {
    const events = eventsOf([
      {
        promptFeedback: {
          blockReason: "SAFETY",
          blockReasonMessage: "because",
          safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH", blocked: true }],
        },
      },
      { usageMetadata: { promptTokenCount: 14, totalTokenCount: 14 } },
    ]);
    assert.deepEqual(
      events.map(({ event }) => event.case),
      ["started", "safetyRatings", "finished", "usage"],
    );
    const [finished] = valuesOf(events, "finished");
    assert.equal(finished?.reason, FinishReason.PROMPT_BLOCKED);
    assert.deepEqual([finished?.blockReason, finished?.message, finished?.nativeReason], ["SAFETY", "because", ""]);
    assert.equal(valuesOf(events, "safetyRatings")[0]?.ratings[0]?.category, HarmCategory.HARASSMENT);
    assert.equal(valuesOf(events, "usage")[0]?.promptTokens, 14);
  });

  test("a block reason that says nothing blocks nothing", () => {
    const events = eventsOf([
      { promptFeedback: { blockReason: "BLOCK_REASON_UNSPECIFIED" } },
      ...stream({ text: "a" }),
    ]);
    assert.equal(valuesOf(events, "finished")[0]?.reason, FinishReason.STOP);
  });

  test("several candidates end in their order, and may come without an index", () => {
    const events = eventsOf([
      { candidates: [{ content: { parts: [{ text: "a" }] } }, { content: { parts: [{ text: "b" }] } }] },
      { candidates: [{ index: 1, content: { parts: [{ text: "B" }] }, finishReason: "STOP" }] },
      { candidates: [{ index: 0, content: { parts: [{ text: "A" }] }, finishReason: "MAX_TOKENS" }] },
    ]);
    assert.deepEqual(
      events.slice(-3).map(({ candidate, event }) => [candidate, event.case]),
      [
        [0, "finished"],
        [1, "finished"],
        [0, "usage"],
      ],
    );
    assert.deepEqual(
      fold(events).candidates.map(({ parts }) => parts[0]?.kind.value),
      ["aA", "bB"],
    );
  });
});

suite("usage and facts", () => {
  test("counts thoughts beside the candidates, and among them where the total says that they are", () => {
    const counted = (candidates: number, thoughts: number, total: number): number | undefined => {
      const usageMetadata = {
        promptTokenCount: 353,
        candidatesTokenCount: candidates,
        thoughtsTokenCount: thoughts,
        totalTokenCount: total,
      };
      return valuesOf(eventsOf([chunk([{ text: "a" }], { finishReason: "STOP" }, { usageMetadata })]), "usage")[0]
        ?.completionTokens;
    };
    assert.equal(counted(294, 283, 353 + 294 + 283), 294 + 283);
    assert.equal(counted(294, 283, 353 + 294), 294);
    assert.equal(counted(10, 283, 353 + 10), 10 + 283, "more thoughts than candidates are not among them");
  });

  test("the last block with numbers counts, whatever came before", () => {
    const events = eventsOf([
      chunk(
        [{ text: "a" }],
        {},
        { usageMetadata: { promptTokenCount: 55, candidatesTokenCount: 9, totalTokenCount: 64 } },
      ),
      chunk(
        [{ text: "b" }],
        { finishReason: "STOP" },
        {
          usageMetadata: {
            promptTokenCount: 257,
            candidatesTokenCount: 5,
            thoughtsTokenCount: 7,
            toolUsePromptTokenCount: 3,
            cachedContentTokenCount: 100,
            totalTokenCount: 272,
            promptTokensDetails: [
              { modality: "TEXT", tokenCount: 200 },
              { modality: 3, tokenCount: 57 },
              { modality: "HOLOGRAM" },
            ],
            candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: 5 }],
            serviceTier: "flex",
          },
        },
      ),
      { usageMetadata: { trafficType: "ON_DEMAND" } },
    ]);
    const [usage] = valuesOf(events, "usage");
    assert.deepEqual(
      [
        usage?.promptTokens,
        usage?.completionTokens,
        usage?.thoughtTokens,
        usage?.cachedTokens,
        usage?.toolUsePromptTokens,
        usage?.totalTokens,
      ],
      [260, 12, 7, 100, 3, 272],
    );
    assert.equal(usage?.trafficType, "ON_DEMAND");
    assert.equal(usage?.serviceTier, ServiceTier.FLEX);
    assert.equal(usage?.estimated, false);
    assert.deepEqual(
      usage?.modalityTokens.map(({ kind, modality, tokens, nativeModality }) => [
        kind,
        modality,
        tokens,
        nativeModality,
      ]),
      [
        [ModalityTokens_Kind.PROMPT, Modality.TEXT, 200, ""],
        [ModalityTokens_Kind.PROMPT, Modality.VIDEO, 57, ""],
        [ModalityTokens_Kind.PROMPT, Modality.UNSPECIFIED, 0, "HOLOGRAM"],
        [ModalityTokens_Kind.COMPLETION, Modality.IMAGE, 5, ""],
      ],
    );
  });

  test("without any numbers it is an estimate and says so", () => {
    const [usage] = valuesOf(eventsOf([chunk([{ text: "12345678" }], { finishReason: "STOP" })]), "usage");
    assert.deepEqual(
      [usage?.promptTokens, usage?.completionTokens, usage?.totalTokens, usage?.estimated],
      [10, 2, 12, true],
    );
  });

  test("impossible counts do not leave the range of the contract", () => {
    const usageMetadata = {
      promptTokenCount: -5,
      candidatesTokenCount: 1.5,
      thoughtsTokenCount: 1e300,
      totalTokenCount: "9",
    };
    const [usage] = valuesOf(eventsOf([chunk([{ text: "a" }], { finishReason: "STOP" }, { usageMetadata })]), "usage");
    assert.equal(usage?.promptTokens, 0);
    assert.ok((usage?.thoughtTokens ?? 0) <= 2_147_483_647);
    assert.equal(usage?.totalTokens, 0);
  });

  test("Started tells the model, its version without prefix, the tier and the life stage", () => {
    const top = {
      responseId: "r1",
      modelVersion: "models/gemini-2.5-pro",
      modelStatus: { modelStage: "DEPRECATED", retirementTime: "2027-01-01T00:00:00Z", message: "soon" },
    };
    const { events } = readChunks([chunk([], { finishReason: "STOP" }, top)], { ...facts(), serviceTier: "standard" });
    const [started] = valuesOf(events, "started");
    assert.deepEqual(
      [started?.responseId, started?.model, started?.modelVersion],
      ["r1", "gemini-test", "gemini-2.5-pro"],
    );
    assert.equal(started?.serviceTier, ServiceTier.STANDARD);
    assert.deepEqual(
      [started?.modelStatus?.stage, started?.modelStatus?.retirementTime?.seconds],
      ["DEPRECATED", 1_798_761_600n],
    );
  });

  test("an unknown tier travels natively", () => {
    const { events } = readChunks([STOP], { ...facts(), serviceTier: "gold" });
    assert.deepEqual(
      [valuesOf(events, "started")[0]?.serviceTier, valuesOf(events, "usage")[0]?.nativeServiceTier],
      [0, "gold"],
    );
  });
});

suite("what is refused", () => {
  test("an error inside the stream is its failure, first or later, with and without a code", () => {
    const overloaded = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } };
    assert.equal(failureOf([overloaded]), "OVERLOADED");
    const { events, failure } = readChunks([
      chunk([{ text: "a" }]),
      { error: { message: "x", status: "RESOURCE_EXHAUSTED" } },
    ]);
    assert.equal(failure?.reason, "RATE_LIMIT_EXCEEDED");
    assert.deepEqual(
      events.map(({ event }) => event.case),
      ["started", "text"],
    );
    assert.equal(failureOf([[overloaded]]), "OVERLOADED");
  });

  test("whatever shape an answer has, it is events or a failure of the upstream, never an accident of ours", () => {
    const keys = [
      "candidates",
      "content",
      "parts",
      "text",
      "functionCall",
      "inlineData",
      "groundingMetadata",
      "usageMetadata",
      "finishReason",
      "index",
    ];
    const { node: value } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, 0, -1, 1.5, true, "", "STOP", "x"),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie("node"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (chunks) => {
        const reason = failureOf(chunks);
        assert.ok(reason === undefined || reason.startsWith("UPSTREAM_"), String(reason));
      }),
      { numRuns: 2_000 },
    );
  });

  test("of a first chunk that cannot be read nothing is told, so that nothing forbids another attempt", () => {
    const broken = { candidates: [{ index: 0, content: { parts: [{ text: "a" }, null] } }] };
    const { events, failure } = readChunks([broken]);
    assert.deepEqual([events, failure?.reason], [[], "UPSTREAM_INVALID_RESPONSE"]);
    assert.equal(readChunks([chunk([{ text: "a" }]), broken]).events.length > 1, true);
  });

  test("a candidate with an impossible index is an invalid answer", () => {
    for (const index of [-1, 1.5, 1_000_000_000, "0"]) {
      assert.equal(failureOf([{ candidates: [{ index, finishReason: "STOP" }] }]), "UPSTREAM_INVALID_RESPONSE");
    }
  });
});
