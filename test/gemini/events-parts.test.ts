// Which pieces make a part, and what each kind of part becomes.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { CodeResult_Outcome } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, signatureText } from "../../src/chat/bytes.ts";
import { fold, valuesOf, type Json, STOP, chunk, eventsOf, failureOf, partsOf, stream } from "./read-answer.ts";

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

  test("a character of which a piece has only half is told whole, with the next piece", () => {
    for (const thought of [false, true]) {
      const kind = thought ? "thought" : "text";
      const events = eventsOf(
        stream({ text: "a\ud83d", thought }, { text: "\ude00b\ud83d", thought }, { text: "\ude00", thought }),
      );
      assert.deepEqual(valuesOf(events, kind), ["a", "😀b", "😀"]);
    }
  });

  test("half a character that nothing completes is U+FFFD in its part", () => {
    const signature = { text: "", thoughtSignature: "U0lH" };
    assert.deepEqual(partsOf(stream({ text: "a\ud83d" })), ["text:a\ufffd"]);
    assert.deepEqual(partsOf(stream({ text: "\ud83d" }, { text: "b" })), ["text:\ufffdb"]);
    assert.deepEqual(partsOf(stream({ text: "\ude00a\ud83db" })), ["text:\ufffda\ufffdb"]);
    assert.deepEqual(partsOf(stream({ text: "\ud83d" }, { text: "\ude00", thought: true })), [
      "text:\ufffd",
      "thought:\ufffd",
    ]);
    assert.deepEqual(partsOf(stream({ text: "a\ud83d" }, { functionCall: { name: "f" } }, { text: "\ude00" })), [
      "text:a\ufffd",
      "toolCall:f",
      "text:\ufffd",
    ]);
    assert.deepEqual(partsOf(stream({ text: "a\ud83d" }, signature)), ["text:a\ufffd*U0lH"]);
    assert.deepEqual(partsOf(stream({ text: "a\ud83d" }, { text: "", videoMetadata: {} }, { text: "\ude00" })), [
      "text:a😀",
    ]);
  });

  test("any text in any pieces is told in whole characters", () => {
    const pieces = fc.array(fc.string({ unit: "binary", maxLength: 4 }).chain(halves), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.boolean(), (texts, thought) => {
        const told = valuesOf(
          eventsOf(stream(...texts.map((text) => ({ text, thought })))),
          thought ? "thought" : "text",
        );
        assert.ok(told.every((piece) => piece.isWellFormed() && piece !== ""));
        assert.equal(told.join(""), texts.join("").toWellFormed());
      }),
    );
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

/** A text, or one that begins or ends inside a character. */
function halves(text: string): fc.Arbitrary<string> {
  return fc.constantFrom(text, `${text}\ud83d`, `\ude00${text}`, `\ude00${text}\ud83d`);
}

/** A stream cuts unsigned text anywhere. */
function cutUnsignedText(part: Json): Json[] {
  const { text, thoughtSignature } = part;
  if (typeof text !== "string" || thoughtSignature !== undefined) return [part];
  return Array.from(text, (piece) => ({ ...part, text: piece }));
}
