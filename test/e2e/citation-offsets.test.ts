// Whatever Gemini cites by bytes, the annotation cuts the same text out of `content`, and Gemini's own metadata points at it too: behind any
// parts, cut into any chunks, told late, in one of several answers, with images and sound delivered in any way.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toChatCompletion } from "../../src/openai/response.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { eventsOf, fold, type Json } from "../gemini/read-answer.ts";
import { batch, delivery, identity, type EventInit } from "../openai/answers.ts";
import { foldChunks, readChunks, type Json as Answer } from "../openai/sse-fold.ts";

/** Parts of an answer; texts that stand together are one part. */
const TEXT = fc.string({
  unit: fc.constantFrom("a", " ", "\n", "é", "中", "😀", "𝒳", "👩‍👩‍👧", "`"),
  minLength: 1,
  maxLength: 12,
});
const OTHER = fc.constantFrom<Json>(
  { text: "a thought 😀", thought: true },
  { executableCode: { language: "PYTHON", code: "print('é😀')" } },
  { codeExecutionResult: { outcome: "OUTCOME_OK", output: "é😀" } },
  { inlineData: { mimeType: "image/png", data: "iVBORw0K" } },
  { inlineData: { mimeType: "audio/wav", data: "UklGRiQA" } },
  { functionCall: { name: "f", args: {} } },
  { toolCall: { toolType: "GOOGLE_SEARCH_WEB" } },
);
const PARTS = fc
  .array(fc.tuple(fc.array(OTHER, { maxLength: 2 }), TEXT), { minLength: 1, maxLength: 4 })
  .map((runs) => runs.flatMap(([others, text]) => [...others, { text }]));

/** How a passage is told. */
type Form = "whole" | "whole with text" | "in part with text" | "recitation";
const CITED = fc.array(
  fc.record({
    run: fc.nat(),
    from: fc.nat(),
    length: fc.nat(),
    form: fc.constantFrom<Form>("whole", "whole with text", "in part with text", "recitation"),
  }),
  { maxLength: 5 },
);

interface Passage {
  readonly text: string;
  readonly form: Form;
  readonly part: number;
  /** In bytes, in the part and in all visible text. */
  readonly inPart: readonly [number, number];
  readonly inWhole: readonly [number, number];
}

interface Told {
  readonly parts: readonly Json[];
  readonly passages: readonly Passage[];
}

/** Parts that are one for the gateway: texts that follow each other, and sound of one type. */
function joined(parts: readonly Json[]): Json[] {
  const all: Json[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    const continues = last && typeof part["text"] === "string" && last["thought"] === part["thought"] && "text" in last;
    if (continues) all[all.length - 1] = { ...part, text: String(last["text"]) + part["text"] };
    else if (!(isSound(part) && last && isSound(last))) all.push(part);
  }
  return all;
}

const isSound = (part: Json): boolean => JSON.stringify(part).includes("audio/wav");

const ANSWER: fc.Arbitrary<Told> = fc.tuple(PARTS, CITED).map(([raw, cited]) => {
  const parts = joined(raw);
  const runs = parts.flatMap((part, index) =>
    part["thought"] || !("text" in part) ? [] : [{ index, text: String(part["text"]) }],
  );
  const passages = cited.flatMap(({ run: at, from, length, form }): Passage[] => {
    const run = runs[at % runs.length];
    if (!run) return [];
    const points = [...run.text];
    const start = from % points.length;
    const text = points.slice(start, start + 1 + (length % (points.length - start))).join("");
    const before = Buffer.byteLength(points.slice(0, start).join(""));
    const whole = runs.slice(0, at % runs.length).reduce((sum, { text: other }) => sum + Buffer.byteLength(other), 0);
    const end = before + Buffer.byteLength(text);
    return [{ text, form, part: run.index, inPart: [before, end], inWhole: [whole + before, whole + end] }];
  });
  return { parts: raw, passages };
});

/** What Gemini tells of the sources: its citations, and its grounding with one support for each passage. */
function metadataOf(passages: readonly Passage[]): Json {
  const recited = passages.filter(({ form }) => form === "recitation");
  const grounded = passages.filter(({ form }) => form !== "recitation");
  return {
    citationMetadata: {
      citationSources: recited.map(({ inWhole: [startIndex, endIndex] }) => ({
        startIndex,
        endIndex,
        uri: "https://r.example",
      })),
    },
    groundingMetadata: {
      groundingChunks: [{ web: { uri: "https://w.example", title: "W" } }],
      groundingSupports: grounded.map((passage) => ({ segment: toSegment(passage), groundingChunkIndices: [0] })),
    },
  };
}

function toSegment({ form, text, part, inPart, inWhole }: Passage): Json {
  const [startIndex, endIndex] = form === "in part with text" ? inPart : inWhole;
  return {
    ...(form === "in part with text" && { partIndex: part }),
    startIndex,
    endIndex,
    ...(form !== "whole" && { text }),
  };
}

/** Chunks of all answers: each part one or two, the sources with the last of them or after the finish. */
function toChunks(answers: readonly Told[], late: boolean): Json[] {
  const candidates = answers.flatMap(({ parts, passages }, index) => {
    const pieces = parts.flatMap(halves).map((part): Json => ({ index, content: { parts: [part] } }));
    const last = pieces.at(-1);
    const end = { index, finishReason: "STOP" };
    const sources = metadataOf(passages);
    if (late) return [...pieces, end, { index, ...sources }];
    return [...pieces.slice(0, -1), { ...last, ...sources }, end];
  });
  return candidates.map((candidate) => ({ candidates: [candidate] }));
}

function halves(part: Json): Json[] {
  if (typeof part["text"] !== "string") return [part];
  const points = [...part["text"]];
  const middle = points.length >> 1;
  return [points.slice(0, middle), points.slice(middle)].map((half) => ({ ...part, text: half.join("") }));
}

function assertCited({ message, ...choice }: Answer, { parts, passages }: Told): void {
  const { content, annotations = [] } = message;
  const ordered = [
    ...passages.filter(({ form }) => form === "recitation"),
    ...passages.filter(({ form }) => form !== "recitation"),
  ];
  assert.deepEqual(
    annotations.map(({ url_citation: { start_index: start, end_index: end } }: Answer) => content.slice(start, end)),
    ordered.map(({ text }) => text),
  );
  const all = joined(parts).map(({ text, thought }) => Buffer.from(thought || typeof text !== "string" ? "" : text));
  const inPart = (choice.grounding_metadata?.groundingSupports ?? []).map(({ segment }: Answer) =>
    all[segment.partIndex ?? 0]?.toString("utf8", segment.startIndex ?? 0, segment.endIndex),
  );
  const inWhole = (choice.citation_metadata?.citationSources ?? []).map(({ startIndex = 0, endIndex }: Answer) =>
    Buffer.concat(all).toString("utf8", startIndex, endIndex),
  );
  assert.deepEqual(
    [...inWhole, ...inPart],
    ordered.map(({ text }) => text),
  );
}

function beginsWithFence({ parts }: Told): boolean {
  const visible = parts.filter((part) => !part["thought"] && typeof part["text"] === "string");
  return /^\s*```[a-z]*[ \t]*\n/.test(visible.map((part) => String(part["text"])).join(""));
}

const DELIVERY = fc.record({
  images: fc.constantFrom("markdown" as const, "images" as const, "both" as const),
  audio: fc.constantFrom("message" as const, "link" as const),
  structured: fc.boolean(),
});

test("every annotation cuts the cited text out of content, in the JSON answer and in what a stream adds up to", () => {
  fc.assert(
    fc.property(fc.array(ANSWER, { minLength: 1, maxLength: 2 }), fc.boolean(), DELIVERY, (answers, late, wanted) => {
      // A fence around JSON is taken off, and nothing is cited in what is left.
      fc.pre(!wanted.structured || answers.every((answer) => !beginsWithFence(answer)));
      const events = eventsOf(toChunks(answers, late));
      const how = { ...delivery, ...wanted };
      const whole: Answer = toChatCompletion(fold(events), how, identity, { warnings: [] });
      const stream = createChunkStream(how, identity, { warnings: [] });
      const sse = events.map((event) => stream.push(batch(event as EventInit))).join("") + stream.end();
      const streamed = foldChunks(readChunks(sse));
      for (const [index, told] of answers.entries()) {
        assertCited(JSON.parse(JSON.stringify(whole.choices[index])), told);
        assertCited(streamed.choices[index], told);
      }
    }),
    { numRuns: 300 },
  );
});
