// Batches on the wire: never more than the contract promises, and put together again they are what they were.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  ChatEventSchema,
  StreamChatResponseSchema,
  type ChatEvent,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { lazyData, setSignature } from "../../src/chat/bytes.ts";
import { createFold } from "../../src/chat/fold.ts";
import { splitForWire } from "../../src/chat/split.ts";

const MIB = 1_048_576;

function batch(...events: ChatEvent[]): StreamChatResponse {
  return { $typeName: "gemini.chat.v1.StreamChatResponse", events };
}

function text(part: number, value: string): ChatEvent {
  return create(ChatEventSchema, { part, event: { case: "text", value } });
}

function picture(part: number, base64: string, signature = ""): ChatEvent {
  const event = create(ChatEventSchema, {
    part,
    event: { case: "media", value: { mimeType: "image/png", last: true } },
  });
  if (event.event.case === "media") event.event.value.source = lazyData(base64);
  if (signature !== "") setSignature(event, signature);
  return event;
}

function call(part: number, length: number): ChatEvent {
  return create(ChatEventSchema, {
    part,
    event: { case: "toolCall", value: { id: "i", name: "f", arguments: "x".repeat(length) } },
  });
}

/** Base64 of so many bytes. */
function base64(bytes: number): string {
  return Buffer.alloc(bytes, "abcdefg").toString("base64");
}

function partsOf(batches: Iterable<StreamChatResponse>): unknown {
  const fold = createFold();
  for (const { events } of batches) for (const event of events) fold.add(event);
  return fold.finish().candidates[0]?.parts.map(({ kind, signature }) => {
    const { value } = kind;
    if (kind.case !== "media") return [kind.case, value, Buffer.from(signature)];
    return [
      kind.value.mimeType,
      kind.value.source.case === "data" && Buffer.from(kind.value.source.value),
      Buffer.from(signature),
    ];
  });
}

function encodedBytes(message: StreamChatResponse): number {
  return toBinary(StreamChatResponseSchema, message).length;
}

suite("small batches", () => {
  test("go as they are", () => {
    const small = batch(text(0, "a"), picture(1, base64(1_000)), call(2, 10));
    assert.deepEqual([...splitForWire(small)], [small]);
    assert.equal([...splitForWire(small)][0], small);
    const empty = batch();
    assert.equal([...splitForWire(empty)][0], empty);
  });

  test("are not decoded to be measured", () => {
    const event = picture(0, base64(500_000));
    const source = event.event.case === "media" ? event.event.value.source : undefined;
    assert.ok(source?.case === "data");
    Object.defineProperty(source, "value", { get: () => assert.fail("decoded") });
    assert.equal([...splitForWire(batch(event))].length, 1);
  });
});

suite("large batches", () => {
  test("a picture of 5 MB with a signature of 2 MB comes in pieces of at most 1 MiB and is whole again", () => {
    const whole = batch(text(0, "before"), picture(1, base64(5_000_000), base64(2_000_000)), text(2, "after"));
    const messages = [...splitForWire(whole)];
    const media = messages.flatMap(({ events }) =>
      events.flatMap(({ event }) => (event.case === "media" ? [event.value] : [])),
    );
    assert.ok(media.every(({ source }) => source.case === "data" && source.value.length <= MIB));
    assert.ok(messages.every((message) => encodedBytes(message) <= 2 * MIB));
    assert.deepEqual(
      media.map(({ last }) => last),
      [...media.slice(1).map(() => false), true],
    );
    assert.deepEqual(partsOf(messages), partsOf([whole]));
  });

  test("text is cut between characters only", () => {
    const cats = "🐈".repeat(700_000);
    const messages = [...splitForWire(batch(text(0, `x${cats}`)))];
    for (const { event } of messages.flatMap(({ events }) => events)) {
      assert.ok(event.case === "text" && event.value.isWellFormed() && Buffer.byteLength(event.value) <= MIB);
    }
    assert.deepEqual(partsOf(messages), [["text", `x${cats}`, Buffer.alloc(0)]]);
  });

  test("what cannot be cut goes alone", () => {
    const messages = [...splitForWire(batch(text(0, "a"), call(1, 3 * MIB), text(2, "b")))];
    assert.deepEqual(
      messages.map(({ events }) => events.map(({ event }) => event.case)),
      [["text"], ["toolCall"], ["text"]],
    );
  });

  test("media inside a tool result counts", () => {
    const result = create(ChatEventSchema, { part: 1, event: { case: "toolResult", value: { toolCallId: "i" } } });
    if (result.event.case === "toolResult") {
      result.event.value.media.push({
        $typeName: "gemini.chat.v1.Media",
        mimeType: "image/png",
        source: lazyData(base64(3 * MIB)),
        resolution: 0,
        name: "",
      });
    }
    assert.equal([...splitForWire(batch(text(0, "a"), result))].length, 2);
  });

  test("whatever the batch, messages stay small and fold to the same parts", () => {
    const event = fc.oneof(
      fc.nat(3 * MIB).map((length) => (part: number) => text(part, "ä".repeat(length / 2))),
      fc.tuple(fc.nat(3 * MIB), fc.nat(2 * MIB)).map(
        ([bytes, signed]) =>
          (part: number) =>
            picture(part, base64(bytes), base64(signed)),
      ),
      fc.nat(400_000).map((length) => (part: number) => call(part, length)),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (makers) => {
        const whole = batch(...makers.map((make, part) => make(part)));
        const messages = [...splitForWire(whole)];
        for (const message of messages) assert.ok(encodedBytes(message) <= 2 * MIB);
        assert.deepEqual(partsOf(messages), partsOf([whole]));
      }),
      { numRuns: 25 },
    );
  });
});
