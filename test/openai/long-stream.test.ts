// Goal: a stream too long to be kept until its end loses nothing silently: sources stand in Gemini's own form, and a warning says the rest.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT_TEXT_MAX_LENGTH } from "../../src/chat/kept-texts.ts";
import { Citation_Kind } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { Outline } from "../../src/openai/outline.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { batch, delivery, identity, stop, type EventInit } from "./answers.ts";
import { foldChunks, readChunks, type Json } from "./sse-fold.ts";

const text = (value: string, part: number): EventInit => ({ part, event: { case: "text", value } });
const code: EventInit = { part: 1, event: { case: "executableCode", value: { language: "PYTHON", code: "1" } } };
const recitation: EventInit = {
  event: {
    case: "citation",
    value: { part: 2, startByte: 1, endByte: 3, kind: Citation_Kind.RECITATION, uri: "https://a.example/", title: "A" },
  },
};
const withoutLink: EventInit = {
  event: { case: "citation", value: { part: 2, startByte: 1, endByte: 3, kind: Citation_Kind.RECITATION } },
};
/** Of two bytes each. */
const half = "é".repeat(KEPT_TEXT_MAX_LENGTH / 2);

/** The choice of a stream of these events, and the first warnings of a chunk. */
function choiceOf(...events: EventInit[]): { readonly choice: Json; readonly warnings: Json } {
  const stream = createChunkStream(delivery, identity, { warnings: [] });
  const chunks = readChunks(events.map((event) => stream.push(batch(event))).join("") + stream.end());
  return { choice: foldChunks(chunks).choices[0], warnings: chunks.find(({ warnings }) => warnings)?.warnings };
}

test("BP-2: as long as its text is kept, a stream ends with annotations and the parts to send back", () => {
  const { choice, warnings } = choiceOf(text(half, 0), code, text("aé", 2), recitation, stop);
  const at = half.length + "\n```python\n1\n```\n".length;
  assert.deepEqual(choice.message.annotations, [
    {
      type: "url_citation",
      url_citation: { start_index: at + 1, end_index: at + 2, url: "https://a.example/", title: "A" },
    },
  ]);
  assert.deepEqual(
    choice.message.extra_content.google.parts.map((part: Json) => Object.keys(part)[0]),
    ["text", "executableCode", "text"],
  );
  assert.equal(warnings, undefined);
});

test("BP-2: a longer one tells its sources in Gemini's own form and bytes, and that the rest was left out", () => {
  const { choice, warnings } = choiceOf(text(half, 0), text(half, 0), code, text("aé", 2), recitation, stop);
  assert.equal(choice.message.content.length, 2 * half.length + "\n```python\n1\n```\n".length + 2);
  assert.equal(choice.message.annotations, undefined);
  assert.equal(choice.message.extra_content, undefined);
  const bytes = 4 * half.length;
  assert.deepEqual(choice.citation_metadata.citationSources, [
    { startIndex: bytes + 1, endIndex: bytes + 3, uri: "https://a.example/", title: "A" },
  ]);
  assert.deepEqual(
    warnings.map(({ code: name }: Json) => name),
    ["answer_too_long"],
  );
});

test("BP-2: half a character at the end of a piece and the other half at the next begin count as one", () => {
  const lastKept = half.slice(1) + "\ud83d";
  const pieces = [half, lastKept, "\ude00", "\ud83d", "\ude00\ud83d"].map((piece) => text(piece, 0));
  const { choice } = choiceOf(...pieces, code, text("\ude00aé", 2), recitation, stop);
  const bytes = 4 * half.length - 2 + 4 + 4 + 3;
  assert.equal(choice.citation_metadata.citationSources[0].startIndex, bytes + 1);
});

test("BP-2: a longer one that cites nothing and has text only ends like any other, with its signature", () => {
  const signed: EventInit = { ...text("", 0), signature: Buffer.from("signed") };
  const { choice, warnings } = choiceOf(text(half, 0), text(half, 0), text("end", 0), signed, stop);
  assert.deepEqual(choice.message.extra_content, {
    google: { thought_signature: Buffer.from("signed").toString("base64") },
  });
  assert.equal(warnings, undefined);
});

test("BP-2: of a longer one lengths are remembered instead of texts", () => {
  const outline = new Outline();
  for (const event of batch(text(half, 0), code, text(half, 2), text(half, 2)).events) outline.add(event);
  const { candidate, letGoBytes } = outline.end();
  assert.deepEqual(
    candidate.parts.map(({ kind }) => (kind.case === "text" ? kind.value : kind.case)),
    ["", "executableCode", ""],
  );
  assert.deepEqual(letGoBytes, [2 * half.length, 0, 4 * half.length]);
});

test("BP-2: of two candidates only the long one leaves something out", () => {
  const other: EventInit = { ...recitation, candidate: 1 };
  const { warnings } = choiceOf(
    text(half, 0),
    text(half, 0),
    code,
    text("end", 2),
    { ...text("a", 0), candidate: 1 },
    { ...text("aé", 2), candidate: 1 },
    other,
    stop,
    { ...stop, candidate: 1 },
  );
  assert.deepEqual(
    warnings.map(({ code: name, param }: Json) => [name, param]),
    [["answer_too_long", "choices[0].message"]],
  );
});

test("BP-2: a longer one whose source has no link has no annotation anyway, and says nothing", () => {
  const { warnings } = choiceOf(text(half, 0), text(half, 0), text("aé", 2), withoutLink, stop);
  assert.equal(warnings, undefined);
});
