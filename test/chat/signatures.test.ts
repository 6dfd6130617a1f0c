// Goal: what a client loses between turns comes back: signatures of calls, images and texts, and the parts OpenAI cannot say.
// Method: an answer passes the recorder, the next request holds what a client would send, the restored request is compared.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { lazyData, setSignature, signatureText } from "../../src/chat/bytes.ts";
import { fenceCode, fenceResult } from "../../src/chat/fences.ts";
import { AnswerRecorder } from "../../src/chat/remember.ts";
import { restoreSignatures } from "../../src/chat/restore.ts";
import {
  ChatEventSchema,
  ChatRequestSchema,
  PartSchema,
  Role,
  type ChatEvent,
  type Part,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { createMemory } from "../../src/store/memory.ts";

const SIGNATURE = Buffer.from("a signature").toString("base64");
type EventKind = NonNullable<Parameters<typeof create<typeof ChatEventSchema>>[1]>["event"];

function event(part: number, kind: EventKind, signature = ""): ChatEvent {
  const made = create(ChatEventSchema, { part, event: kind as never });
  if (signature !== "") setSignature(made, signature);
  return made;
}

const finished = event(0, { case: "finished", value: { reason: 1 } });

/** Records an answer of licence `writer` and restores a conversation of licence `reader` that holds `parts` as its answer. */
async function roundTrip(
  events: ChatEvent[],
  parts: { kind: Part["kind"] }[],
  writer = "l1",
  reader = "l1",
): Promise<Part[]> {
  const memory = createMemory({ now: () => 0 });
  const recorder = new AnswerRecorder(writer, memory);
  for (const one of [...events, finished]) recorder.add(one);
  const request = create(ChatRequestSchema, {
    model: "m",
    messages: [
      { role: Role.USER, parts: [{ kind: { case: "text", value: "hi" } }] },
      { role: Role.ASSISTANT, parts: parts as never },
    ],
  });
  const restored = await restoreSignatures(request, reader, memory);
  return restored.messages[1]?.parts ?? [];
}

const toolCall = { case: "toolCall", value: { id: "call_abcdefghijkl", name: "f", arguments: "{}" } } as const;
const text = (value: string) => ({ kind: { case: "text" as const, value } });

test("a tool call gets its signature back by its id", async () => {
  const parts = await roundTrip([event(0, toolCall, SIGNATURE)], [{ kind: toolCall as never }]);
  assert.deepEqual(parts.map(signatureText), [SIGNATURE]);
});

test("another licence never gets it", async () => {
  const parts = await roundTrip([event(0, toolCall, SIGNATURE)], [{ kind: toolCall as never }], "l1", "l2");
  assert.deepEqual(parts.map(signatureText), [""]);
});

test("a signature hidden in another gateway's id is used", async () => {
  const kind = {
    case: "toolCall",
    value: { id: `call_1__thought__${SIGNATURE}`, name: "f", arguments: "{}" },
  } as const;
  const parts = await roundTrip([], [{ kind: kind as never }]);
  assert.deepEqual(parts.map(signatureText), [SIGNATURE]);
});

test("an image gets its signature back by its bytes", async () => {
  const media = (): EventKind => ({
    case: "media",
    value: { mimeType: "image/png", source: lazyData("aW1hZ2U="), last: true },
  });
  const parts = await roundTrip([event(0, media(), SIGNATURE)], [{ kind: media() as never }]);
  assert.deepEqual(parts.map(signatureText), [SIGNATURE]);
});

test("a text gets its signature back by its words, even when a client joined the pieces", async () => {
  const events = [event(0, { case: "text", value: "Hello " }), event(0, { case: "text", value: "world" }, SIGNATURE)];
  const parts = await roundTrip(events, [text("Hello world")]);
  assert.deepEqual(
    parts.map((part) => [part.kind.value, signatureText(part)]),
    [["Hello world", SIGNATURE]],
  );
});

test("a text that was changed gets nothing", async () => {
  const parts = await roundTrip([event(0, { case: "text", value: "Hello" }, SIGNATURE)], [text("Hello!")]);
  assert.deepEqual(parts.map(signatureText), [""]);
});

test("executed code comes back from the fences that a client saw", async () => {
  const code = {
    $typeName: "gemini.chat.v1.ExecutableCode",
    id: "c1",
    language: "PYTHON",
    code: "print(1)\n",
  } as const;
  const result = {
    $typeName: "gemini.chat.v1.CodeResult",
    id: "c1",
    outcome: 1,
    output: "1\n",
    nativeOutcome: "",
  } as const;
  const events = [
    event(0, { case: "text", value: "Let me see." }),
    event(1, { case: "executableCode", value: code }, SIGNATURE),
    event(2, { case: "codeResult", value: result }),
    event(3, { case: "text", value: "It is 1." }),
  ];
  const content = `Let me see.${fenceCode(code)}${fenceResult(result)}It is 1.`;
  const parts = await roundTrip(events, [text(content)]);
  assert.deepEqual(
    parts.map((part) => part.kind.case),
    ["text", "executableCode", "codeResult", "text"],
  );
  assert.deepEqual(parts.map(signatureText), ["", SIGNATURE, "", ""]);
  assert.deepEqual([parts[0]?.kind.value, parts[3]?.kind.value], ["Let me see.", "It is 1."]);
});

test("an answer much longer than what waits for its digest comes back by its text, with and without its fences", async () => {
  const code = { $typeName: "gemini.chat.v1.ExecutableCode", id: "", language: "PYTHON", code: "print(1)" } as const;
  const piece = "é".repeat(50_000);
  const events = [
    ...[1, 2, 3].map(() => event(0, { case: "text", value: piece })),
    event(1, { case: "executableCode", value: code }, SIGNATURE),
    ...[1, 2, 3].map(() => event(2, { case: "text", value: piece })),
  ];
  const half = piece.repeat(3);
  for (const content of [half + fenceCode(code) + half, half + half]) {
    const parts = await roundTrip(events, [text(content)]);
    assert.deepEqual(
      parts.map((part) => [part.kind.case, signatureText(part)]),
      [
        ["text", ""],
        ["executableCode", SIGNATURE],
        ["text", ""],
      ],
    );
    assert.equal(parts[2]?.kind.value, half);
  }
});

test("it comes back too when a JSON response format left the fences out", async () => {
  const code = { $typeName: "gemini.chat.v1.ExecutableCode", id: "", language: "PYTHON", code: "print(1)" } as const;
  const events = [event(0, { case: "executableCode", value: code }), event(1, { case: "text", value: "{}" })];
  const parts = await roundTrip(events, [text("{}")]);
  assert.deepEqual(
    parts.map((part) => part.kind.case),
    ["executableCode", "text"],
  );
});

test("the upstream's own tools before a call come back by the call's id when the answer has no text", async () => {
  const search = {
    case: "serverToolCall",
    value: { id: "t1", toolType: "GOOGLE_SEARCH_WEB", argumentsJson: "{}" },
  } as const;
  const found = {
    case: "serverToolResult",
    value: { id: "t1", toolType: "GOOGLE_SEARCH_WEB", responseJson: "{}" },
  } as const;
  const answer = [event(0, search, SIGNATURE), event(1, found), event(2, toolCall, SIGNATURE)];
  const parts = await roundTrip(answer, [{ kind: toolCall as never }]);
  assert.deepEqual(
    parts.map((part) => [part.kind.case, signatureText(part)]),
    [
      ["serverToolCall", SIGNATURE],
      ["serverToolResult", ""],
      ["toolCall", SIGNATURE],
    ],
  );
  assert.equal((await roundTrip(answer, [{ kind: toolCall as never }], "l1", "l2")).length, 1);
});

test("a text that the client joined and signed is cut again as it was, with images in their places and drafts nowhere", async () => {
  const image = (inThought: boolean): ChatEvent => {
    const value = { mimeType: "image/png", source: lazyData(inThought ? "ZHJhZnQ=" : "aW1hZ2U="), last: true };
    return Object.assign(event(inThought ? 0 : 2, { case: "media", value }), { inThought });
  };
  const answer = [
    image(true),
    event(1, { case: "text", value: "Here " }),
    image(false),
    event(3, { case: "text", value: "it is." }, SIGNATURE),
  ];
  const joined = create(PartSchema, { kind: { case: "text", value: "Here it is." } });
  setSignature(joined, SIGNATURE);
  const picture = create(PartSchema, { kind: image(false).event as Part["kind"] });
  const cut = [
    ["Here ", ""],
    ["media", ""],
    ["it is.", SIGNATURE],
  ];
  const shown = (parts: Part[]) =>
    parts.map((part) => [part.kind.case === "text" ? part.kind.value : part.kind.case, signatureText(part)]);
  assert.deepEqual(shown(await roundTrip(answer, [joined, picture])), cut);
  const foreign = Buffer.from("of another answer").toString("base64");
  setSignature(joined, foreign);
  assert.deepEqual(shown(await roundTrip(answer, [joined, picture])), [
    ["Here it is.", foreign],
    ["media", ""],
  ]);
});

test("a call that the upstream answered itself comes back with its result, and once", async () => {
  const result = { case: "toolResult", value: { toolCallId: toolCall.value.id, name: "f", content: "{}" } } as const;
  const answer = [event(0, toolCall), event(1, result), event(2, { case: "text", value: "Done." })];
  const kinds = ["toolCall", "toolResult", "text"];
  const sent = [{ kind: toolCall }, { kind: result }, text("Done.")] as { kind: Part["kind"] }[];
  for (const parts of [[text("Done.")], sent]) {
    assert.deepEqual(
      (await roundTrip(answer, parts)).map(({ kind }) => kind.case),
      kinds,
    );
  }
});

test("a request without earlier answers is handed back as it is", async () => {
  const request = create(ChatRequestSchema, {
    model: "m",
    messages: [{ role: Role.USER, parts: [text("hi")] as never }],
  });
  assert.equal(await restoreSignatures(request, "l", createMemory({ now: () => 0 })), request);
});

test("what another version of this program kept and this one cannot read is as if it were not known", async () => {
  const newer = JSON.stringify([{ text: 2 }, { part: { kindOfTheFuture: {} }, text: 0 }]);
  const answer = create(ChatRequestSchema, { messages: [{ role: Role.ASSISTANT, parts: [text("hi")] }] });
  for (const kept of [newer, "[{", "null"]) {
    const memory = { get: async (_: string, keys: readonly string[]) => new Map([[keys[0] ?? "", kept]]), set() {} };
    assert.deepEqual(await restoreSignatures(answer, "l1", memory), answer, kept);
  }
});
