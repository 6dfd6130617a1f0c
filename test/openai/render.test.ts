// What enters `content` and what does not: the rules of rendering, seen through a writer that takes notes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ChatEventSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { Delivery } from "../../src/openai/intent.ts";
import { PartRenderer, type MessageWriter, type RenderedMedia } from "../../src/openai/render.ts";
import { delivery, type EventInit, type EventKind } from "./answers.ts";

/** Notes of everything written, in order: `[what, value]`. */
function render(events: readonly EventInit[], options: Partial<Delivery> = {}) {
  const notes: (readonly [string, unknown])[] = [];
  const note = (what: string) => (value: unknown) => void notes.push([what, value]);
  const writer: MessageWriter = {
    content: note("content"),
    reasoning: note("reasoning"),
    refusal: note("refusal"),
    toolCall: note("toolCall"),
    functionCall: note("functionCall"),
    media: ({ opening, head, data, imageIndex }: RenderedMedia) =>
      void notes.push([
        "media",
        `${opening ?? ""}${head}${String(data)}${imageIndex === undefined ? "" : ` #${imageIndex}`}`,
      ]),
    audio: note("audio"),
  };
  const renderer = new PartRenderer({ ...delivery, ...options }, 0, writer);
  for (const event of events) renderer.add(create(ChatEventSchema, event));
  renderer.close();
  return { notes, renderer };
}

const png = (bytes: string, last = true): EventKind => ({
  case: "media",
  value: { mimeType: "image/png", source: { case: "data", value: Buffer.from(bytes) }, last },
});
const wav = (bytes: string, last = true): EventKind => ({
  case: "media",
  value: { mimeType: "audio/wav", source: { case: "data", value: Buffer.from(bytes) }, last },
});
const text = (value: string): EventKind => ({ case: "text", value });
const call = (id: string, name = "f"): EventKind => ({ case: "toolCall", value: { id, name, arguments: '{"a":1}' } });
const code: EventKind = { case: "executableCode", value: { language: "PYTHON", code: "print(1)\n" } };
const output: EventKind = { case: "codeResult", value: { outcome: 1, output: "1\n" } };

test("text is content, thoughts are reasoning, and empty pieces say nothing", () => {
  const { notes } = render([
    { part: 0, event: { case: "thought", value: "Hm" } },
    { part: 1, event: text("Hel") },
    { part: 1, event: text("") },
    { part: 1, event: text("lo") },
  ]);
  assert.deepEqual(notes, [
    ["reasoning", "Hm"],
    ["content", "Hel"],
    ["content", "lo"],
  ]);
});

test("code and its output are fences, and a plot after them is an image", () => {
  const { notes } = render([
    { part: 0, event: code },
    { part: 1, event: output },
    { part: 2, event: png("plot") },
  ]);
  assert.deepEqual(notes, [
    ["content", "\n```python\nprint(1)\n\n```\n"],
    ["content", "\n```output\n1\n\n```\n"],
    ["media", "![image](data:image/png;base64,cGxvdA=="],
  ]);
});

test("code, output and images of thinking are left out, but a call of thinking is a call", () => {
  const events = [code, output, png("draft"), call("call_1")];
  const { notes } = render(events.map((event, part) => ({ part, event, inThought: true })));
  assert.deepEqual(
    notes.map(([what]) => what),
    ["toolCall"],
  );
});

test("an image, a file or a sound without a byte is no link, and that is said", () => {
  for (const [images, structured] of [
    ["markdown", false],
    ["images", false],
    ["images", true],
  ] as const) {
    const { notes, renderer } = render([{ part: 0, event: png("") }], { images, structured });
    assert.deepEqual([notes, renderer.isEmpty], [[], true]);
    assert.deepEqual(
      renderer.warnings.map(({ code, param }) => `${code}:${param}`),
      ["part_unsupported:choices[0].message"],
    );
  }
  assert.deepEqual(render([{ part: 0, event: wav("") }]).notes, []);
  const { notes, renderer } = render([{ part: 0, event: wav("") }], { audio: "message" });
  assert.deepEqual([notes, renderer.hasAudio], [[], false]);
});

test("pieces of an image become one image, whether the last is marked or the next part begins", () => {
  const marked = render([
    { part: 0, event: png("ab", false) },
    { part: 0, event: png("cd") },
    { part: 0, event: png("", true) },
  ]);
  assert.deepEqual(marked.notes[0], ["media", "![image](data:image/png;base64,YWJjZA=="]);
  const followed = render([
    { part: 0, event: png("ab", false) },
    { part: 0, event: png("cd", false) },
    { part: 1, event: text("x") },
  ]);
  assert.deepEqual(followed.notes, [
    ["media", "![image](data:image/png;base64,YWJjZA=="],
    ["content", "x"],
  ]);
});

test("images go where the delivery says, and list positions count only images", () => {
  const events = [png("a"), wav("b"), png("c")].map((event, part) => ({ part, event }));
  const seen = (images: Delivery["images"]) => render(events, { images }).notes.map(([, value]) => value);
  assert.deepEqual(seen("images"), [
    "data:image/png;base64,YQ== #0",
    "[audio](data:audio/wav;base64,Yg==",
    "data:image/png;base64,Yw== #1",
  ]);
  assert.deepEqual(seen("both")[2], "![image](data:image/png;base64,Yw== #1");
});

test("sound is a link, or the message's own audio where the modality was asked for", () => {
  const events = [
    { part: 0, event: wav("ab", false) },
    { part: 0, event: wav("cd") },
  ];
  assert.deepEqual(render(events).notes, [["media", "[audio](data:audio/wav;base64,YWJjZA=="]]);
  assert.deepEqual(render(events, { audio: "message" }).notes, [
    ["audio", "YWI="],
    ["audio", "Y2Q="],
  ]);
});

test("media that lie elsewhere are linked by their URI, and other files as media", () => {
  const film: EventKind = {
    case: "media",
    value: { mimeType: "video/mp4", source: { case: "uri", value: "https://f.example/1" } },
  };
  assert.deepEqual(render([{ event: film }]).notes, [["media", "[media](https://f.example/1"]]);
});

test("beside a JSON answer nothing but the model's text enters content", () => {
  const film: EventKind = {
    case: "media",
    value: { mimeType: "video/mp4", source: { case: "uri", value: "https://f.example/1" } },
  };
  const events = [text("{}"), code, output, png("a"), wav("b"), film].map((event, part) => ({ part, event }));
  const { notes, renderer } = render(events, { structured: true });
  assert.deepEqual(notes, [
    ["content", "{}"],
    ["media", "data:image/png;base64,YQ== #0"],
    ["audio", "Yg=="],
  ]);
  assert.match(renderer.warnings.map(({ message }) => message).join(), /video\/mp4/);
});

test("calls are numbered from 0 and empty arguments become an empty object", () => {
  const bare: EventKind = { case: "toolCall", value: { id: "call_2", name: "g" } };
  const { notes } = render([
    { part: 0, event: call("call_1"), signature: Buffer.from("sig") },
    { part: 1, event: bare },
  ]);
  assert.deepEqual(notes, [
    ["toolCall", { index: 0, id: "call_1", name: "f", arguments: '{"a":1}', signature: "c2ln", custom: false }],
    ["toolCall", { index: 1, id: "call_2", name: "g", arguments: "{}", signature: "", custom: false }],
  ]);
});

test("a call that Google answered itself is not given to the client", () => {
  const result: EventKind = { case: "toolResult", value: { toolCallId: "call_1", name: "f", content: "{}" } };
  const events = [call("call_1"), call("call_2"), result, text("done")].map((event, part) => ({ part, event }));
  const { notes, renderer } = render(events);
  assert.deepEqual(
    notes.map(([what]) => what),
    ["toolCall", "content"],
  );
  assert.equal(renderer.calls, 1);
  assert.deepEqual(
    renderer.warnings.map(({ code: word }) => word),
    ["part_unsupported"],
  );
});

test("a result without an id answers the first waiting call of its name", () => {
  const result: EventKind = { case: "toolResult", value: { name: "g", content: "{}" } };
  const { notes } = render([call("call_1", "f"), call("call_2", "g"), result].map((event, part) => ({ part, event })));
  assert.deepEqual(
    notes.map(([, value]) => (value as { id: string }).id),
    ["call_1"],
  );
});

test("old functions get the first call only, and a warning for the others", () => {
  const { notes, renderer } = render(
    [call("call_1"), call("call_2"), call("call_3")].map((event, part) => ({ part, event })),
    { legacyFunctions: true },
  );
  assert.deepEqual(
    notes.map(([what]) => what),
    ["functionCall"],
  );
  assert.equal(renderer.warnings.length, 1);
});

test("parts of unknown kinds are warned about once and server tools not at all", () => {
  const native: EventKind = { case: "nativePart", value: { json: "{}" } };
  const search: EventKind = { case: "serverToolCall", value: { toolType: "GOOGLE_SEARCH_WEB" } };
  const { notes, renderer } = render([native, native, search].map((event, part) => ({ part, event })));
  assert.deepEqual(notes, []);
  assert.equal(renderer.warnings.length, 1);
});

test("the offset of a part's text counts everything before it in content, in UTF-16 units", () => {
  const { renderer } = render([
    { part: 0, event: text("😀") },
    { part: 1, event: png("a") },
    { part: 2, event: code },
    { part: 3, event: text("x") },
  ]);
  const image = "![image](data:image/png;base64,YQ==)".length;
  assert.deepEqual(
    [...renderer.offsets],
    [
      [0, 0],
      [3, 2 + image + "\n```python\nprint(1)\n\n```\n".length],
    ],
  );
});

test("a structured answer leaves out the fence that a model put around it; any other answer keeps its fences", () => {
  const events = ["```json", "\n{}", "\n```"].map((piece) => ({ part: 0, event: text(piece) }));
  const structured = render(events, { structured: true });
  assert.deepEqual(structured.notes, [["content", "{}"]]);
  assert.equal(structured.renderer.contentLength, 2);
  assert.equal(
    render(events)
      .notes.map(([, value]) => value)
      .join(""),
    "```json\n{}\n```",
  );
});
