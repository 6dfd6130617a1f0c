// The fold puts a whole answer together from pieces: text, media, signatures, facts, in order and without loss.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ChatEventSchema,
  ChatResponseSchema,
  StreamChatResponseSchema,
  type ChatEvent,
  type ChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, lazyData, setSignature, signatureText } from "../../src/chat/bytes.ts";
import { createFold, foldEvents } from "../../src/chat/fold.ts";

type EventInit = MessageInitShape<typeof ChatEventSchema>;

function event(init: EventInit): ChatEvent {
  return create(ChatEventSchema, init);
}

function text(part: number, value: string, candidate = 0): ChatEvent {
  return event({ candidate, part, event: { case: "text", value } });
}

function media(part: number, base64: string, last: boolean): ChatEvent {
  const piece = event({ part, event: { case: "media", value: { mimeType: "image/png", name: "n", last } } });
  if (piece.event.case === "media") piece.event.value.source = lazyData(base64);
  return piece;
}

function signed(one: ChatEvent, base64: string): ChatEvent {
  setSignature(one, base64);
  return one;
}

function fold(...events: ChatEvent[]): ChatResponse {
  const folded = createFold();
  for (const one of events) folded.add(one);
  return folded.finish();
}

suite("parts", () => {
  test("pieces of a part are joined, a higher index begins the next", () => {
    const { candidates } = fold(
      event({ part: 0, event: { case: "thought", value: "h" } }),
      event({ part: 0, event: { case: "thought", value: "m" } }),
      text(1, "a"),
      text(1, "b"),
      event({ part: 2, inThought: true, event: { case: "toolCall", value: { id: "i", name: "f", arguments: "{}" } } }),
      text(3, "c"),
    );
    const kinds = candidates[0]?.parts.map(({ kind }) => (typeof kind.value === "string" ? kind.value : kind.case));
    assert.deepEqual(kinds, ["hm", "ab", "toolCall", "c"]);
    assert.deepEqual(
      candidates[0]?.parts.map(({ inThought }) => inThought),
      [false, false, true, false],
    );
  });

  test("a single piece of media keeps its base64 text; several are joined as bytes, padding or not", () => {
    const [single, joined] =
      fold(media(0, "iVBORw==", true), media(1, "AAE=", false), media(1, "AgME", false), media(1, "", true))
        .candidates[0]?.parts ?? [];
    assert.ok(single?.kind.case === "media" && single.kind.value.source.case === "data");
    assert.equal(base64OfData(single.kind.value.source), "iVBORw==");
    assert.deepEqual([single.kind.value.mimeType, single.kind.value.name], ["image/png", "n"]);
    assert.ok(joined?.kind.case === "media" && joined.kind.value.source.case === "data");
    assert.deepEqual([...joined.kind.value.source.value], [0, 1, 2, 3, 4]);
  });

  test("a sound of one piece and its empty end keeps its base64 text", () => {
    const [part] = fold(media(0, "AAEC", false), media(0, "", true)).candidates[0]?.parts ?? [];
    assert.ok(part?.kind.case === "media" && part.kind.value.source.case === "data");
    assert.equal(base64OfData(part.kind.value.source), "AAEC");
  });

  test("media that lies elsewhere keeps its address", () => {
    const [part] =
      fold(event({ event: { case: "media", value: { source: { case: "uri", value: "https://x" }, last: true } } }))
        .candidates[0]?.parts ?? [];
    assert.deepEqual(part?.kind.case === "media" && part.kind.value.source, { case: "uri", value: "https://x" });
  });

  test("signature pieces are appended, on any event of the part", () => {
    const [first, second] =
      fold(signed(text(0, "a"), "AAE="), signed(text(0, ""), "AgM="), text(1, "b"), signed(text(1, ""), "U0lH"))
        .candidates[0]?.parts ?? [];
    assert.deepEqual([...(first?.signature ?? [])], [0, 1, 2, 3]);
    assert.equal(second && signatureText(second), "U0lH");
  });

  test("a signature that came as bytes stays what it is", () => {
    const [part] =
      fold(event({ signature: Uint8Array.of(1, 2), event: { case: "text", value: "a" } })).candidates[0]?.parts ?? [];
    assert.deepEqual([...(part?.signature ?? [])], [1, 2]);
  });
});

suite("the rest", () => {
  test("candidates may interleave and are in the order of their indices", () => {
    const { candidates } = fold(text(0, "b", 1), text(0, "a", 0), text(0, "B", 1), text(1, "A", 0));
    assert.deepEqual(
      candidates.map(({ parts }) => parts.map(({ kind }) => kind.value)),
      [["a", "A"], ["bB"]],
    );
  });

  test("facts, sources and totals are where the contract has them", () => {
    const answer = fold(
      event({
        event: {
          case: "started",
          value: {
            responseId: "r",
            model: "m",
            modelVersion: "v",
            serviceTier: 2,
            warnings: [{ code: "w1" }],
            modelStatus: { stage: "STABLE" },
          },
        },
      }),
      text(0, "a"),
      event({ event: { case: "logprobs", value: { tokens: [{ token: "a" }] } } }),
      event({ event: { case: "logprobs", value: { tokens: [{ token: "b" }] } } }),
      event({ event: { case: "urlContext", value: { url: "u" } } }),
      event({ event: { case: "citation", value: { uri: "c" } } }),
      event({ event: { case: "grounding", value: { queries: ["q"] } } }),
      event({ event: { case: "safetyRatings", value: { ratings: [{ probability: "LOW" }] } } }),
      event({ event: { case: "warning", value: { code: "w2" } } }),
      event({ event: { case: "finished", value: { reason: 1, nativeReason: "STOP" } } }),
      event({ event: { case: "usage", value: { totalTokens: 7 } } }),
    );
    const expected = create(ChatResponseSchema, {
      responseId: "r",
      model: "m",
      modelVersion: "v",
      serviceTier: 2,
      modelStatus: { stage: "STABLE" },
      warnings: [{ code: "w1" }, { code: "w2" }],
      usage: { totalTokens: 7 },
      candidates: [
        {
          parts: [{ kind: { case: "text", value: "a" } }],
          logprobs: { tokens: [{ token: "a" }, { token: "b" }] },
          urlContext: [{ url: "u" }],
          citations: [{ uri: "c" }],
          grounding: { queries: ["q"] },
          safetyRatings: { ratings: [{ probability: "LOW" }] },
          finished: { reason: 1, nativeReason: "STOP" },
        },
      ],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(answer)), JSON.parse(JSON.stringify(expected)));
  });

  test("a candidate without content is one all the same", () => {
    assert.deepEqual(
      fold(event({ event: { case: "finished", value: { reason: 5 } } })).candidates.map(({ parts }) => parts),
      [[]],
    );
  });

  test("a stream of batches folds, and its failure is the fold's", async () => {
    const batches = [[text(0, "a")], [], [text(0, "b")]].map((events) => create(StreamChatResponseSchema, { events }));
    assert.equal((await foldEvents(batches)).candidates[0]?.parts[0]?.kind.value, "ab");
    async function* failing(): AsyncGenerator<(typeof batches)[number]> {
      yield* batches;
      throw new Error("broken");
    }
    await assert.rejects(foldEvents(failing()), /broken/);
  });
});
