// Goal: several answers are told as one stream, and an answer that fails fails the whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Failure } from "../../src/chat/failures.ts";
import { mergeAnswers } from "../../src/chat/fan-out.ts";
import {
  StreamChatResponseSchema,
  type ChatEvent,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";

const batch = (...events: object[]): StreamChatResponse =>
  create(StreamChatResponseSchema, { events: events.map((event) => ({ event })) as never });

async function* answer(text: string): AsyncGenerator<StreamChatResponse> {
  yield batch({ case: "started", value: { model: "m" } }, { case: "text", value: text });
  yield batch(
    { case: "finished", value: { reason: 1 } },
    {
      case: "usage",
      value: {
        promptTokens: 5,
        completionTokens: 2,
        totalTokens: 7,
        modalityTokens: [{ kind: 1, modality: 1, tokens: 5 }],
      },
    },
  );
}

async function collect(merged: AsyncIterable<StreamChatResponse>): Promise<ChatEvent[]> {
  const events: ChatEvent[] = [];
  for await (const { events: more } of merged) events.push(...more);
  return events;
}

test("each answer is a candidate, and there is one Started and one Usage with the sums", async () => {
  const events = await collect(mergeAnswers([answer("a"), answer("b"), answer("c")], () => undefined));
  const texts = events.flatMap(({ candidate, event }) => (event.case === "text" ? [[candidate, event.value]] : []));
  assert.deepEqual(
    texts.toSorted(([left], [right]) => Number(left) - Number(right)),
    [
      [0, "a"],
      [1, "b"],
      [2, "c"],
    ],
  );
  assert.equal(events.filter(({ event }) => event.case === "started").length, 1);
  assert.equal(events.filter(({ event }) => event.case === "finished").length, 3);
  const last = events.at(-1)?.event;
  assert.equal(last?.case, "usage");
  assert.deepEqual([last.value.promptTokens, last.value.completionTokens, last.value.totalTokens], [15, 6, 21]);
  assert.deepEqual(
    last.value.modalityTokens.map(({ tokens }) => tokens),
    [15],
  );
});

test("nothing is told before every answer has begun, so that an early failure is the whole answer", async () => {
  let stopped = false;
  const failing = (async function* (): AsyncGenerator<StreamChatResponse> {
    await new Promise((resolve) => setImmediate(resolve));
    yield* [];
    throw new Failure("OVERLOADED", "busy");
  })();
  const merged = mergeAnswers([answer("a"), failing], () => (stopped = true));
  await assert.rejects(merged.next(), { reason: "OVERLOADED" });
  assert.ok(stopped);
});

test("a reader who leaves stops all calls", async () => {
  let stopped = false;
  const merged = mergeAnswers([answer("a"), answer("b")], () => (stopped = true));
  await merged.next();
  await merged.return(undefined);
  assert.ok(stopped);
});
