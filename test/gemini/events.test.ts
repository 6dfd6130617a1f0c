// The rules of the state machine that recordings cannot show one by one: where parts begin, what is held back, what is refused.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  Citation_Kind,
  CodeResult_Outcome,
  FinishReason,
  HarmCategory,
  Modality,
  ModalityTokens_Kind,
  ServiceTier,
  UrlContext_Status,
  type ChatEvent,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, signatureText } from "../../src/chat/bytes.ts";
import { mintToolCallId } from "../../src/chat/tool-call-ids.ts";
import { facts, fold, readChunks, valuesOf } from "./read-answer.ts";

type Json = Record<string, unknown>;

/** A chunk with these parts of candidate 0. */
function chunk(parts: readonly Json[], candidate: Json = {}, top: Json = {}): Json {
  return { candidates: [{ content: { role: "model", parts }, ...candidate }], ...top };
}

const STOP = chunk([], { finishReason: "STOP" });

/** Chunks with these parts, one each, and a finish. */
function stream(...parts: Json[]): Json[] {
  return [...parts.map((part) => chunk([part])), STOP];
}

/** The parts of the folded answer in short: `text:ab`, `thought:x`, `call:f`, with `*signature` behind. */
function partsOf(chunks: readonly unknown[]): string[] {
  const { events, failure } = readChunks(chunks);
  assert.equal(failure, undefined);
  return (fold(events).candidates[0]?.parts ?? []).map((part) => {
    const { kind } = part;
    const value = typeof kind.value === "string" ? kind.value : kind.case === "toolCall" ? kind.value.name : "";
    const signature = signatureText(part);
    return `${part.inThought ? "in_thought " : ""}${kind.case}:${value}${signature === "" ? "" : `*${signature}`}`;
  });
}

function failureOf(chunks: readonly unknown[]): string | undefined {
  return readChunks(chunks).failure?.reason;
}

function eventsOf(chunks: readonly unknown[]): ChatEvent[] {
  const { events, failure } = readChunks(chunks);
  assert.equal(failure, undefined);
  return events;
}

suite("where parts begin", () => {
  test("text after text is the same part, a thought is another", () => {
    const parts = stream({ text: "x", thought: true }, { text: "y", thought: true }, { text: "a" }, { text: "b" });
    assert.deepEqual(partsOf(parts), ["thought:xy", "text:ab"]);
  });

  test("text after a call, media or code is a new part", () => {
    const parts = stream(
      { text: "a" },
      { functionCall: { name: "f", args: {} } },
      { text: "b" },
      { executableCode: { code: "1" } },
      { text: "c" },
    );
    assert.deepEqual(partsOf(parts), ["text:a", "toolCall:f", "text:b", "executableCode:", "text:c"]);
  });

  test("a signed text is a part of its own", () => {
    const parts = stream({ text: "a" }, { text: "b", thoughtSignature: "U0lH" }, { text: "c" });
    assert.deepEqual(partsOf(parts), ["text:a", "text:b*U0lH", "text:c"]);
  });

  test("a signature on an empty text signs the unsigned text before it", () => {
    assert.deepEqual(partsOf(stream({ text: "a" }, { text: "b" }, { text: "", thoughtSignature: "U0lH" })), [
      "text:ab*U0lH",
    ]);
  });

  test("a signature on an empty text is a part of its own after anything else", () => {
    const signature = { text: "", thoughtSignature: "U0lH" };
    assert.deepEqual(partsOf(stream(signature)), ["text:*U0lH"]);
    assert.deepEqual(partsOf(stream({ text: "x", thought: true }, signature)), ["thought:x", "text:*U0lH"]);
    assert.deepEqual(partsOf(stream({ functionCall: { name: "f" } }, signature)), ["toolCall:f", "text:*U0lH"]);
    assert.deepEqual(partsOf(stream({ text: "a", thoughtSignature: "QUFB" }, signature)), [
      "text:a*QUFB",
      "text:*U0lH",
    ]);
  });

  test("text after a signature is a new part", () => {
    const parts = stream({ text: "a" }, { text: "", thoughtSignature: "U0lH" }, { text: "b" });
    assert.deepEqual(partsOf(parts), ["text:a*U0lH", "text:b"]);
  });

  test("empty texts and empty parts say nothing, but a bare signature is kept", () => {
    assert.deepEqual(partsOf(stream({ text: "" }, {}, { text: "a" }, { text: "" }, { videoMetadata: {} })), ["text:a"]);
    assert.deepEqual(partsOf(stream({ thoughtSignature: "U0lH" })), ["text:*U0lH"]);
  });

  test("a whole answer and any stream of it fold to the same", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
    const part: fc.Arbitrary<Json> = fc.oneof(
      text.map((value) => ({ text: value })),
      text.map((value) => ({ text: value, thought: true })),
      text.map((value) => ({ functionCall: { name: "f", args: { value } }, thoughtSignature: "U0lH" })),
      fc.constant({ functionCall: { id: "x", name: "g", args: {} } }),
      fc.constant({ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }),
      fc.constant({ inlineData: { mimeType: "audio/L16;rate=24000", data: "AAECAw==" } }),
      text.map((code) => ({ executableCode: { language: "PYTHON", code } })),
      fc.constant({ codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } }),
      text.map((value) => ({ text: value, thoughtSignature: "U0lH" })),
      fc.constant({ text: "", thoughtSignature: "QUFB" }),
      text.map((value) => ({ somethingNew: { value } })),
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), cuts, (parts, sizes) => {
        const wholeAnswer = [chunk(parts, { finishReason: "STOP" })];
        const pieces = parts.flatMap(cutUnsignedText);
        const chunks: Json[] = [];
        for (let at = 0; at < pieces.length;) {
          const size = sizes[chunks.length % sizes.length] ?? 1;
          chunks.push(chunk(pieces.slice(at, at + size)));
          at += size;
        }
        assert.deepEqual(fold(eventsOf([...chunks, STOP])), fold(eventsOf(wholeAnswer)));
      }),
    );
  });
});

/** A stream cuts unsigned text anywhere. */
function cutUnsignedText(part: Json): Json[] {
  const { text, thoughtSignature } = part;
  if (typeof text !== "string" || thoughtSignature !== undefined) return [part];
  return Array.from(text, (piece) => ({ ...part, text: piece }));
}

suite("calls", () => {
  test("arguments keep the model's order of keys, and missing ones are an empty object", () => {
    const calls = valuesOf(
      eventsOf(
        stream({ functionCall: { name: "f", args: { z: 1, a: [true, null, 1.5] } } }, { functionCall: { name: "g" } }),
      ),
      "toolCall",
    );
    assert.deepEqual(
      calls.map((call) => call.arguments),
      ['{"z":1,"a":[true,null,1.5]}', "{}"],
    );
  });

  test("__proto__ in arguments is a key like any other", () => {
    const args = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Json;
    const [call] = valuesOf(eventsOf(stream({ functionCall: { name: "f", args } })), "toolCall");
    assert.equal(call?.arguments, '{"__proto__":{"polluted":true},"a":1}');
    const pieces = [
      { functionCall: { name: "f", willContinue: true } },
      { functionCall: { partialArgs: [{ jsonPath: "$.__proto__.polluted", boolValue: true }], willContinue: true } },
      { functionCall: {} },
    ];
    const [partial] = valuesOf(eventsOf(stream(...pieces)), "toolCall");
    assert.equal(partial?.arguments, '{"__proto__":{"polluted":true}}');
    assert.equal(({} as Json)["polluted"], undefined);
  });

  test("ids are minted from Gemini's own", () => {
    const { events } = readChunks(stream({ functionCall: { id: "spt7zdfl", name: "f" } }), {
      ...facts(),
      mintToolCallId,
    });
    assert.match(valuesOf(events, "toolCall")[0]?.id ?? "", /^call_[A-Za-z0-9]{12}_spt7zdfl$/);
  });

  test("a call in pieces is told at its end, before what follows", () => {
    const pieces = [
      { functionCall: { name: "f", willContinue: true }, thoughtSignature: "U0lH" },
      { functionCall: { partialArgs: [{ jsonPath: "$.a[1].b", numberValue: 2 }], willContinue: true } },
      {
        functionCall: {
          partialArgs: [{ jsonPath: "$['c d']", stringValue: "x", willContinue: true }],
          willContinue: true,
        },
      },
      { functionCall: { partialArgs: [{ jsonPath: "$['c d']", stringValue: "y" }], willContinue: true } },
      { functionCall: { partialArgs: [{ jsonPath: "$.n", nullValue: "NULL_VALUE" }] } },
      { functionCall: {} },
      { text: "done" },
    ];
    const events = eventsOf(stream(...pieces));
    assert.equal(valuesOf(events, "toolCall")[0]?.arguments, '{"a":[null,{"b":2}],"c d":"xy","n":null}');
    assert.deepEqual(partsOf(stream(...pieces)), ["toolCall:f*U0lH", "text:done"]);
  });

  test("a call whose end is missing is told when text, another call or the stop comes, and not when a limit cut it off", () => {
    const begun = { functionCall: { name: "f", willContinue: true } };
    assert.deepEqual(partsOf(stream(begun, { text: "a" })), ["toolCall:f", "text:a"]);
    assert.deepEqual(partsOf(stream(begun, { functionCall: { name: "g" } })), ["toolCall:f", "toolCall:g"]);
    assert.deepEqual(partsOf(stream(begun)), ["toolCall:f"]);
    assert.deepEqual(partsOf([chunk([begun], { finishReason: "MAX_TOKENS" })]), []);
  });

  test("arguments at impossible paths are an invalid answer", () => {
    for (const jsonPath of ["", "$", "a", "$.a[99999999]", `$${".a".repeat(100)}`, "$[", "$.a..b"]) {
      const piece = { functionCall: { name: "f", partialArgs: [{ jsonPath, stringValue: "x" }] } };
      assert.equal(failureOf(stream(piece)), "UPSTREAM_INVALID_RESPONSE", jsonPath);
    }
    const conflict = [
      { jsonPath: "$.a", stringValue: "x" },
      { jsonPath: "$.a.b", stringValue: "x" },
    ];
    assert.equal(
      failureOf(stream({ functionCall: { name: "f", partialArgs: conflict } })),
      "UPSTREAM_INVALID_RESPONSE",
    );
  });

  test("results of Google's own calls are paired by id, or by name and order", () => {
    const events = eventsOf(
      stream(
        { functionCall: { name: "f" } },
        { functionCall: { name: "f" } },
        { functionCall: { id: "i3", name: "f" } },
        { functionResponse: { name: "f", response: { output: 1 } } },
        { functionResponse: { id: "i3", name: "f", response: { output: 3 } } },
        {
          functionResponse: {
            name: "f",
            response: { output: 2 },
            parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }],
          },
        },
      ),
    );
    const [first, second, third] = valuesOf(events, "toolCall").map(({ id }) => id);
    const results = valuesOf(events, "toolResult");
    assert.deepEqual(
      results.map(({ toolCallId }) => toolCallId),
      [first, third, second],
    );
    assert.deepEqual(
      results.map(({ content }) => content),
      ['{"output":1}', '{"output":3}', '{"output":2}'],
    );
    assert.equal(results[2]?.media[0]?.mimeType, "image/png");
  });
});

suite("other parts", () => {
  test("a picture is one whole piece, sound says its end only when it is known", () => {
    const audio = (data: string): Json => ({ inlineData: { mimeType: "audio/L16;rate=24000", data } });
    const events = eventsOf(
      stream(
        { inlineData: { mimeType: "image/png", data: "AAAA" } },
        audio("AAEC"),
        audio("AwQF"),
        { text: "a" },
        audio("BgcI"),
      ),
    );
    const media = events.flatMap(({ part, event }) => (event.case === "media" ? [{ part, ...event.value }] : []));
    assert.deepEqual(
      media.map(({ part, last }) => [part, last]),
      [
        [0, true],
        [1, false],
        [1, false],
        [1, true],
        [3, false],
        [3, true],
      ],
    );
    const parts = fold(events).candidates[0]?.parts.map(({ kind }) => kind) ?? [];
    const [, sound] = parts;
    assert.equal(
      sound?.case === "media" && sound.value.source.case === "data" && base64OfData(sound.value.source),
      "AAECAwQF",
    );
  });

  test("media keeps its base64 text; what is no base64 is an invalid answer", () => {
    const [media] = valuesOf(
      eventsOf(stream({ inlineData: { mimeType: "image/png", data: "iVBORw==", displayName: "p" } })),
      "media",
    );
    assert.equal(media?.source.case === "data" && base64OfData(media.source), "iVBORw==");
    assert.equal(media?.name, "p");
    assert.equal(
      failureOf(stream({ inlineData: { mimeType: "image/png", data: '")](x' } })),
      "UPSTREAM_INVALID_RESPONSE",
    );
  });

  test("a file is told by its address", () => {
    const [media] = valuesOf(
      eventsOf(stream({ fileData: { mimeType: "video/mp4", fileUri: "https://x/v" } })),
      "media",
    );
    assert.deepEqual(media?.source, { case: "uri", value: "https://x/v" });
    assert.equal(media?.last, true);
  });

  test("a result without id belongs to the code before it, and unknown outcomes travel natively", () => {
    const events = eventsOf(
      stream(
        { executableCode: { id: "c1", language: "PYTHON", code: "1" } },
        { codeExecutionResult: { outcome: "OUTCOME_ODD", output: "x" } },
      ),
    );
    const [result] = valuesOf(events, "codeResult");
    assert.equal(result?.id, "c1");
    assert.equal(result?.outcome, CodeResult_Outcome.UNSPECIFIED);
    assert.equal(result?.nativeOutcome, "OUTCOME_ODD");
  });

  test("thoughts of any kind are marked", () => {
    const parts = stream(
      { thought: true, executableCode: { code: "1" } },
      { thought: true, functionCall: { name: "f" } },
      { thought: true, inlineData: { mimeType: "image/png", data: "AAAA" } },
      { thought: true, somethingNew: {} },
    );
    const marks = eventsOf(parts)
      .filter(({ inThought }) => inThought)
      .map(({ event }) => event.case);
    assert.deepEqual(marks, ["executableCode", "toolCall", "media", "nativePart"]);
  });

  test("a part of an unknown kind is kept whole, its signature inside", () => {
    const part = { audioTranscription: { text: "hi" }, thoughtSignature: "U0lH" };
    const events = eventsOf(stream(part));
    assert.deepEqual(JSON.parse(valuesOf(events, "nativePart")[0]?.json ?? ""), part);
    assert.equal(
      events.some((event) => signatureText(event) !== ""),
      false,
    );
  });

  test("Google's own tools are told with their arguments and results", () => {
    const events = eventsOf(
      stream(
        { toolCall: { id: "s1", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["x"] } }, thoughtSignature: "U0lH" },
        { toolResponse: { id: "s1", toolType: "GOOGLE_SEARCH_WEB", response: { b: 1, a: 2 } } },
      ),
    );
    assert.equal(valuesOf(events, "serverToolCall")[0]?.argumentsJson, '{"queries":["x"]}');
    assert.equal(valuesOf(events, "serverToolResult")[0]?.responseJson, '{"b":1,"a":2}');
  });
});

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
        assert.ok(reason === undefined || reason.startsWith("UPSTREAM_"), reason);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a candidate with an impossible index is an invalid answer", () => {
    for (const index of [-1, 1.5, 1_000_000_000, "0"]) {
      assert.equal(failureOf([{ candidates: [{ index, finishReason: "STOP" }] }]), "UPSTREAM_INVALID_RESPONSE");
    }
  });
});
