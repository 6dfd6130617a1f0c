// Annotations: byte offsets of a part become UTF-16 offsets of `content`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { CitationSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toAnnotations } from "../../src/openai/annotations.ts";
import { parts, type PartInit } from "./answers.ts";

const textPart = (value: string): PartInit => ({ kind: { case: "text", value } });
const cite = (part: number, startByte: number, endByte: number, uri = "https://a.example/", title = "A") =>
  create(CitationSchema, { part, startByte, endByte, uri, title });

test("the passage that a citation's bytes name is the one its annotation slices from content", () => {
  const piece = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(piece, piece, piece, piece, (before, head, passage, tail) => {
      const start = Buffer.byteLength(head);
      const [annotation] = toAnnotations(
        [cite(1, start, start + Buffer.byteLength(passage))],
        parts(textPart(before), textPart(head + passage + tail)),
        new Map([[1, before.length]]),
      );
      assert.ok(annotation);
      const { start_index, end_index } = annotation.url_citation;
      assert.equal((before + head + passage + tail).slice(start_index, end_index), passage);
    }),
  );
});

test("offsets beyond the text are its end, inside a character its beginning, and a negative passage is empty", () => {
  const indexes = (startByte: number, endByte: number) => {
    const [annotation] = toAnnotations([cite(0, startByte, endByte)], parts(textPart("aé😀")), new Map([[0, 10]]));
    assert.ok(annotation);
    return [annotation.url_citation.start_index, annotation.url_citation.end_index];
  };
  assert.deepEqual(indexes(0, 99), [10, 14]);
  assert.deepEqual(indexes(2, 5), [11, 12]);
  assert.deepEqual(indexes(7, 1), [14, 14]);
});

test("citations without a URI, or of parts that are not in content, are left out; an empty title is the URI", () => {
  const annotations = toAnnotations(
    [cite(0, 0, 1, ""), cite(1, 0, 1), cite(7, 0, 1), cite(0, 0, 1, "https://b.example/", "")],
    parts(textPart("a"), { kind: { case: "thought", value: "t" } }),
    new Map([[0, 0]]),
  );
  assert.deepEqual(
    annotations.map(({ url_citation }) => url_citation.title),
    ["https://b.example/"],
  );
});
