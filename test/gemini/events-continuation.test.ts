// Goal: an answer that took several calls reads as if it had taken one, but for what each call cost.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { ChatEvent } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { AnswerReader, type BrokenOff } from "../../src/gemini/events.ts";
import type { GenerateContentResponse } from "../../src/gemini/wire.ts";
import { chunk, eventsOf, facts, fold, STOP, valuesOf, type Json } from "./read-answer.ts";

const BROKEN_OFF: Json = { finishReason: "CONTINUATION", continuationToken: "dG9rZW4=" };

/** One call: its events, and how the answer goes on. */
function readCall(
  chunks: readonly Json[],
  before?: BrokenOff,
): { events: ChatEvent[]; brokenOff: BrokenOff | undefined } {
  const reader = new AnswerReader({ ...facts(), before });
  const events: ChatEvent[] = [];
  for (const one of chunks) reader.read(one as GenerateContentResponse, events);
  reader.end(events);
  return { events, brokenOff: reader.brokenOff };
}

/** All events of the calls of one answer. */
function readCalls(calls: readonly (readonly Json[])[]): ChatEvent[] {
  const all: ChatEvent[] = [];
  let before: BrokenOff | undefined;
  for (const chunks of calls) {
    const { events, brokenOff } = readCall(chunks, before);
    all.push(...events);
    before = brokenOff;
  }
  assert.equal(before, undefined, "the last call ended the answer");
  return all;
}

const cases = (events: readonly ChatEvent[]): (string | undefined)[] => events.map(({ event }) => event.case);
const broken = (parts: readonly Json[], candidate: Json = {}): Json => chunk(parts, { ...BROKEN_OFF, ...candidate });

describe("a call that is broken off", () => {
  test("tells its content, and keeps its ending beside the events", () => {
    const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 };
    const { events, brokenOff } = readCall([{ ...broken([{ text: "ab" }]), usageMetadata }]);
    assert.deepEqual(cases(events), ["started", "text"]);
    assert.deepEqual(cases(brokenOff?.ending.events ?? []), ["finished", "usage"]);
    assert.equal(brokenOff?.token, "dG9rZW4=");
    assert.equal(brokenOff?.usage.completionTokens, 2);
  });

  test("takes the last token, wherever the stream told it", () => {
    const checkpoint = chunk([{ text: "a" }], { continuationToken: "first" });
    const last = chunk([{ text: "b" }], { finishReason: "CONTINUATION", continuationToken: "second" });
    assert.equal(readCall([checkpoint, last]).brokenOff?.token, "second");
    assert.equal(readCall([checkpoint, chunk([], { finishReason: "CONTINUATION" })]).brokenOff?.token, "first");
  });

  test("ends like any other without a token, with another reason, or as one of several candidates", () => {
    for (const candidate of [
      { finishReason: "CONTINUATION" },
      { finishReason: "STOP", continuationToken: "t" },
      { finishReason: "MAX_TOKENS", continuationToken: "t" },
    ]) {
      const { events, brokenOff } = readCall([chunk([{ text: "a" }], candidate)]);
      assert.equal(brokenOff, undefined);
      assert.deepEqual(cases(events).slice(-2), ["finished", "usage"]);
    }
    const two = { candidates: [0, 1].map((index) => ({ index, ...BROKEN_OFF, content: { parts: [{ text: "a" }] } })) };
    assert.equal(readCall([two]).brokenOff, undefined);
  });

  test("never tells its token", () => {
    const { events, brokenOff } = readCall([broken([{ text: "ab" }])]);
    assert.doesNotMatch(JSON.stringify([events, brokenOff?.ending]), /dG9rZW4=/);
  });
});

describe("the call that goes on", () => {
  test("begins no answer, and its text continues the open part", () => {
    const events = readCalls([[broken([{ text: "Hel" }])], [chunk([{ text: "lo" }]), STOP]]);
    assert.deepEqual(cases(events), ["started", "text", "text", "finished", "usage"]);
    assert.deepEqual(
      fold(events).candidates[0]?.parts.map(({ kind }) => kind),
      [{ case: "text", value: "Hello" }],
    );
  });

  test("begins a part where one call would have begun one", () => {
    const calls: [string, Json[], Json[], string[]][] = [
      ["thought after text", [{ text: "a" }], [{ text: "b", thought: true }], ["text", "thought"]],
      ["text after a signed text", [{ text: "a", thoughtSignature: "c2ln" }], [{ text: "b" }], ["text", "text"]],
      ["a signed text after text", [{ text: "a" }], [{ text: "b", thoughtSignature: "c2ln" }], ["text", "text"]],
      ["a call after text", [{ text: "a" }], [{ functionCall: { name: "f" } }], ["text", "toolCall"]],
      ["text after a call", [{ functionCall: { name: "f" } }], [{ text: "a" }], ["toolCall", "text"]],
      ["a thought goes on", [{ text: "a", thought: true }], [{ text: "b", thought: true }], ["thought"]],
    ];
    for (const [title, first, second, kinds] of calls) {
      const parts = fold(readCalls([[broken(first)], [chunk(second), STOP]])).candidates[0]?.parts ?? [];
      assert.deepEqual(
        parts.map(({ kind }) => kind.case),
        kinds,
        title,
      );
    }
  });

  test("may have nothing to add", () => {
    const events = readCalls([[broken([{ text: "a" }])], [STOP]]);
    assert.deepEqual(cases(events), ["started", "text", "finished", "usage"]);
  });

  test("can be made again from the same place: a call that failed leaves no trace", () => {
    const { events, brokenOff } = readCall([
      broken([{ text: "Hel" }], { groundingMetadata: { webSearchQueries: ["q"] } }),
    ]);
    assert.ok(brokenOff);
    const failing = new AnswerReader({ ...facts(), before: brokenOff });
    failing.read(
      chunk([{ text: "XX" }], { groundingMetadata: { webSearchQueries: ["x"] } }) as GenerateContentResponse,
      [],
    );
    assert.throws(() => failing.end([]), { reason: "UPSTREAM_STREAM_TRUNCATED" });
    const again = readCall([chunk([{ text: "lo" }]), STOP], brokenOff).events;
    const { candidates } = fold([...events, ...again]);
    assert.deepEqual(
      candidates[0]?.parts.map(({ kind }) => kind.value),
      ["Hello"],
    );
    assert.deepEqual(candidates[0]?.grounding?.queries, ["q"]);
  });

  test("pairs its results with calls that an earlier call told", () => {
    const events = readCalls([
      [broken([{ functionCall: { name: "f", id: "1" } }])],
      [chunk([{ functionResponse: { name: "f", id: "1", response: {} } }]), STOP],
    ]);
    const [call] = valuesOf(events, "toolCall");
    const [result] = valuesOf(events, "toolResult");
    assert.equal(result?.toolCallId, call?.id);
  });
});

describe("sources of an answer over several calls", () => {
  const web = (uri: string): Json => ({ web: { uri, title: uri } });
  const support = (startIndex: number, endIndex: number, text: string, groundingChunkIndices: number[]): Json => ({
    segment: { startIndex, endIndex, text },
    groundingChunkIndices,
  });

  test("lie where they are in the whole answer: offsets and indices count within a call", () => {
    const events = readCalls([
      [
        broken([{ text: "Über Oslo. " }], {
          groundingMetadata: {
            webSearchQueries: ["oslo"],
            retrievalQueries: ["o"],
            groundingChunks: [web("https://a"), web("https://b")],
            groundingSupports: [support(6, 10, "Oslo", [1])],
          },
        }),
      ],
      [
        chunk([{ text: "Bergen ist nass." }], {
          finishReason: "STOP",
          groundingMetadata: {
            webSearchQueries: ["bergen"],
            googleMapsWidgetContextToken: "b",
            groundingChunks: [web("https://c")],
            groundingSupports: [support(0, 6, "Bergen", [0])],
          },
        }),
      ],
    ]);
    const [grounding, ...more] = valuesOf(events, "grounding");
    assert.deepEqual(more, [], "it is told once");
    assert.deepEqual(grounding?.queries, ["oslo", "bergen"]);
    assert.deepEqual(JSON.parse(grounding?.nativeJson ?? ""), {
      retrievalQueries: ["o"],
      googleMapsWidgetContextToken: "b",
    });
    assert.deepEqual(
      grounding?.supports.map(({ part, startByte, endByte, chunkIndices }) => [part, startByte, endByte, chunkIndices]),
      [
        [0, 6, 10, [1]],
        [0, 12, 18, [2]],
      ],
    );
    const whole = Buffer.from("Über Oslo. Bergen ist nass.");
    assert.deepEqual(
      valuesOf(events, "citation").map(({ startByte, endByte, uri }) => [
        whole.toString("utf8", startByte, endByte),
        uri,
      ]),
      [
        ["Oslo", "https://b"],
        ["Bergen", "https://c"],
      ],
    );
  });

  test("of recitations move likewise, also into a part that a later call began", () => {
    const cited = (startIndex: number, endIndex: number, uri: string): Json => ({
      citationMetadata: { citationSources: [{ startIndex, endIndex, uri }] },
    });
    const events = readCalls([
      [broken([{ text: "Alpha " }], cited(0, 5, "https://a"))],
      [broken([{ functionCall: { name: "f" } }, { text: "Beta" }], cited(0, 4, "https://b"))],
      [chunk([{ text: " Gamma" }], { finishReason: "STOP", ...cited(1, 6, "https://c") })],
    ]);
    assert.deepEqual(
      valuesOf(events, "citation").map(({ part, startByte, endByte, uri }) => [part, startByte, endByte, uri]),
      [
        [0, 0, 5, "https://a"],
        [2, 0, 4, "https://b"],
        [2, 5, 10, "https://c"],
      ],
    );
  });

  test("lie in one part that goes on over all calls, also when a call adds nothing to it", () => {
    const cited = (startIndex: number, endIndex: number): Json => ({
      citationMetadata: { citationSources: [{ startIndex, endIndex, uri: "https://a" }] },
    });
    const events = readCalls([
      [chunk([{ functionCall: { name: "f" } }]), broken([{ text: "Älpha " }])],
      [broken([{ text: "Beta " }], cited(0, 4))],
      [broken([], cited(0, 0))],
      [chunk([{ text: "Gamma" }], { finishReason: "STOP", ...cited(0, 5) })],
    ]);
    assert.deepEqual(
      valuesOf(events, "citation").map(({ part, startByte, endByte }) => [part, startByte, endByte]),
      [
        [1, 7, 11],
        [1, 12, 12],
        [1, 12, 17],
      ],
    );
  });

  test("that only an earlier call told are told at the end, and searches are counted by call", () => {
    const groundingMetadata = { webSearchQueries: ["a", "b"] };
    const first = readCall([broken([{ text: "x" }], { groundingMetadata })]);
    assert.equal(first.brokenOff?.usage.searchQueries, 2);
    const last = readCall([chunk([{ text: "y" }]), STOP], first.brokenOff);
    assert.deepEqual(valuesOf(last.events, "grounding")[0]?.queries, ["a", "b"]);
    assert.equal(valuesOf(last.events, "usage")[0]?.searchQueries, 0);
  });
});

describe("however an answer is cut into calls and chunks", () => {
  const part = fc.oneof(
    fc.string({ minLength: 1, unit: "grapheme" }).map((text) => ({ text })),
    fc.string({ minLength: 1 }).map((text) => ({ text, thought: true })),
    fc.string({ minLength: 1 }).map((text) => ({ text, thoughtSignature: "c2ln" })),
    fc.constant({ functionCall: { name: "f", args: { a: 1 } } }),
    fc.constant({ executableCode: { language: "PYTHON", code: "1" } }),
  );
  const answer = fc.array(fc.array(part, { maxLength: 4 }), { minLength: 1, maxLength: 5 });
  const bodyOf = (events: readonly ChatEvent[]): unknown => {
    const { candidates } = fold(events);
    return JSON.parse(JSON.stringify(candidates).replaceAll(/call_\d+_/g, "call_"));
  };
  const calls = (pieces: readonly (readonly Json[])[], toChunks: (parts: readonly Json[]) => Json[]): Json[][] =>
    pieces.map((parts, at) => [...toChunks(parts), at === pieces.length - 1 ? STOP : broken([])]);

  test("its parts are those of one call, and a whole answer's calls say the same as streamed ones", () => {
    fc.assert(
      fc.property(answer, (pieces) => {
        const single = bodyOf(eventsOf([chunk(pieces.flat()), STOP]));
        const streamed = bodyOf(readCalls(calls(pieces, (parts) => parts.map((one) => chunk([one])))));
        const whole = bodyOf(readCalls(calls(pieces, (parts) => [chunk(parts)])));
        assert.deepEqual(streamed, single);
        assert.deepEqual(whole, single);
      }),
    );
  });
});
