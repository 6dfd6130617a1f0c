// `extra_content.google.parts`: what is written comes back as the same parts, and anything else is refused by name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { MediaSchema, PartSchema, type Media, type Part } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readNativeParts, toNativeParts } from "../../src/openai/native-parts.ts";
import { anyResponse, parts } from "./answers.ts";

function readParts(value: unknown, images: readonly Media[] = [], raised: [string, string][] = []): Part[] {
  return readNativeParts(value, images, "f", (warned, param) => raised.push([warned, param])).map(({ part }) => part);
}

const code = { kind: { case: "executableCode", value: { id: "x", language: "PYTHON", code: "1" } } } as const;

test("a message that OpenAI's fields can say has none", () => {
  const said = parts(
    { kind: { case: "text", value: "a" } },
    { kind: { case: "thought", value: "b" } },
    { kind: { case: "toolCall", value: { id: "c", name: "f" } } },
    { kind: { case: "media", value: { mimeType: "image/png" } } },
  );
  assert.equal(toNativeParts(said), undefined);
});

test("code, results, server tools and the parts between them are Gemini's JSON, signatures beside them and no bytes inside", () => {
  const json = toNativeParts(
    parts(
      { kind: { case: "thought", value: "not repeated" } },
      { kind: { case: "text", value: "Let me see." } },
      { ...code, signature: Buffer.from("sig") },
      { kind: { case: "codeResult", value: { id: "x", outcome: 2, output: "err" } } },
      {
        kind: { case: "media", value: { mimeType: "image/png", source: { case: "data", value: Buffer.from("png") } } },
      },
      { kind: { case: "media", value: { mimeType: "image/png" } }, inThought: true },
      {
        kind: {
          case: "serverToolCall",
          value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", argumentsJson: '{"queries":["q"]}' },
        },
      },
      { kind: { case: "serverToolResult", value: { id: "s", toolType: "GOOGLE_SEARCH_WEB", responseJson: "{}" } } },
      { kind: { case: "toolCall", value: { id: "call_1", name: "f", arguments: '{"b":1,"a":2}' } } },
      { kind: { case: "toolResult", value: { toolCallId: "call_1", name: "f", content: "plain" } } },
      { kind: { case: "nativePart", value: { json: '{"audioTranscription":{"text":"t"}}' } } },
      { ...code, inThought: true },
    ),
  );
  assert.deepEqual(json, [
    { text: "Let me see." },
    { executableCode: { id: "x", language: "PYTHON", code: "1" }, thoughtSignature: "c2ln" },
    { codeExecutionResult: { id: "x", outcome: "OUTCOME_FAILED", output: "err" } },
    { inlineData: { mimeType: "image/png" } },
    { toolCall: { id: "s", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["q"] } } },
    { toolResponse: { id: "s", toolType: "GOOGLE_SEARCH_WEB", response: {} } },
    { functionCall: { id: "call_1", name: "f", args: { b: 1, a: 2 } } },
    { functionResponse: { id: "call_1", name: "f", response: { output: "plain" } } },
    { audioTranscription: { text: "t" } },
    { executableCode: { id: "x", language: "PYTHON", code: "1" }, thought: true },
  ]);
});

test("placeholders take the images of the message in order", () => {
  const images = ["a", "b"].map((name) => create(MediaSchema, { mimeType: "image/png", name }));
  const read = readParts([{ inlineData: { mimeType: "image/png" } }, { text: "x" }, { inlineData: {} }], images);
  assert.deepEqual(
    read.map(({ kind }) => (kind.case === "media" ? kind.value.name : kind.value)),
    ["a", "x", "b"],
  );
});

test("a placeholder whose image the client did not return is left out with a warning, an image of its own is kept", () => {
  const raised: [string, string][] = [];
  const data = Buffer.from("png").toString("base64");
  const read = readParts(
    [{ inlineData: {} }, code.kind.value, { inlineData: { mimeType: "image/png", data } }],
    [],
    raised,
  );
  assert.deepEqual(raised, [["image_missing", "f[0]"]]);
  assert.deepEqual(
    read.map(({ kind }) =>
      kind.case === "media" && kind.value.source.case === "data" ? kind.value.source.value : kind.case,
    ),
    ["nativePart", Buffer.from("png")],
  );
});

/** What a round trip keeps: no thoughts without a signature, no drafts, no sound and films; JSON texts as JSON. */
function kept(all: readonly Part[]): Part[] {
  return all.flatMap((part) => {
    const { kind } = part;
    if (kind.case === "thought")
      return part.signature.length === 0 ? [] : [{ ...part, kind: { case: "thought", value: "" } } as Part];
    if (kind.case === "media" && kind.value.source.case === "data") {
      return part.inThought || !kind.value.mimeType.startsWith("image/") ? [] : [part];
    }
    if (kind.case === "media" && part.inThought) return [];
    if (kind.case === "toolCall" && kind.value.arguments === "")
      return [{ ...part, kind: { ...kind, value: { ...kind.value, arguments: "{}" } } }];
    return [part];
  });
}

test("any answer comes back as the parts it had", () => {
  fc.assert(
    fc.property(anyResponse, (response) => {
      const all = response.candidates
        .flatMap(({ parts: some }) => some)
        .filter(({ kind }) => kind.case !== "nativePart");
      const json = toNativeParts(all);
      if (json === undefined) return;
      const expected = kept(all);
      const images = expected.flatMap(({ kind }) =>
        kind.case === "media" && kind.value.source.case === "data" ? [kind.value] : [],
      );
      const read = readParts(JSON.parse(JSON.stringify(json)), images);
      assert.equal(read.length, expected.length);
      for (const [index, part] of expected.entries()) {
        const returned = read[index];
        // The wire makes U+FFFD of lone surrogates, and so does the reader.
        const told = fromBinary(PartSchema, toBinary(PartSchema, part));
        assert.ok(returned && equals(PartSchema, returned, told), JSON.stringify([returned, part]));
      }
    }),
    { numRuns: 500 },
  );
});

test("a part of an unknown kind passes as it is", () => {
  const part = { audioTranscription: { text: "t" }, thoughtSignature: "c2ln" };
  const [read] = readParts([part]);
  assert.deepEqual(read?.kind, {
    case: "nativePart",
    value: { $typeName: "gemini.chat.v1.NativePart", json: JSON.stringify(part) },
  });
});

const wrong: readonly [title: string, value: unknown, field: string][] = [
  ["no list", {}, "f"],
  ["too many parts", Array.from({ length: 1025 }, () => ({ text: "" })), "f"],
  ["a part that is no object", ["x"], "f[0]"],
  ["two kinds in a part", [{ text: "", functionCall: {} }], "f[0]"],
  ["text that is no string", [{ text: 1 }], "f[0].text"],
  ["a call without a name", [{ functionCall: { args: {} } }], "f[0].functionCall.name"],
  ["a call with a name that is too long", [{ functionCall: { name: "f".repeat(129) } }], "f[0].functionCall.name"],
  ["an id that is too long", [{ functionCall: { id: "é".repeat(8193), name: "f" } }], "f[0].functionCall.id"],
  ["arguments that are no object", [{ functionCall: { name: "f", args: [] } }], "f[0].functionCall.args"],
  ["a result without a response", [{ functionResponse: { name: "f" } }], "f[0].functionResponse.response"],
  ["code without a language", [{ executableCode: { code: "1" } }], "f[0].executableCode.language"],
  ["a result without an outcome", [{ codeExecutionResult: {} }], "f[0].codeExecutionResult.outcome"],
  ["a server tool without a type", [{ toolCall: {} }], "f[0].toolCall.toolType"],
  ["an answer of a server tool that is null", [{ toolResponse: null }], "f[0].toolResponse"],
  ["a signature that is no base64", [{ text: "", thoughtSignature: "?" }], "f[0].thoughtSignature"],
  ["a file without a URI", [{ fileData: {} }], "f[0].fileData.fileUri"],
  [
    "a MIME type that is too long",
    [{ fileData: { fileUri: "u", mimeType: "m".repeat(256) } }],
    "f[0].fileData.mimeType",
  ],
];

for (const [title, value, field] of wrong) {
  test(`refuses ${title} and names the place`, () => {
    assert.throws(
      () => readParts(value),
      (error) => error instanceof Failure && error.reason === "INVALID_VALUE" && error.field === field,
    );
  });
}

test("names of Object's own members are no known kinds", () => {
  const [read] = readParts([JSON.parse('{"constructor":{}}')]);
  assert.equal(read?.kind.case, "nativePart");
});
