// Goal: a second try is made for mistakes of the model and for nothing at all, and only while nothing was forwarded.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FinishReason, type ChatEvent, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { flawOf, hasContent } from "../../src/chat/flaws.ts";
import { chunk, eventsOf } from "../gemini/read-answer.ts";

/** An answer of Gemini with these parts, as one batch. */
function answer(finishReason: string, ...parts: object[]): StreamChatResponse {
  const events: ChatEvent[] = eventsOf([chunk(parts as Record<string, unknown>[], { finishReason })]);
  return { $typeName: "gemini.chat.v1.StreamChatResponse", events };
}

const MISTAKES = ["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"];
const THOUGHT = { text: "Hm.", thought: true };
const VISIBLE: readonly object[] = [
  { text: "Hi" },
  { functionCall: { name: "f" } },
  { inlineData: { mimeType: "image/png", data: "iVBO" } },
  { executableCode: { language: "PYTHON", code: "1" } },
  { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
  { toolCall: { toolType: "GOOGLE_SEARCH_WEB" } },
  { toolResponse: { toolType: "GOOGLE_SEARCH_WEB" } },
  { functionResponse: { name: "f", response: {} } },
  { somethingNew: 1 },
];

describe("an answer that nobody has seen", () => {
  for (const mode of ["stream", "unary"] as const) {
    test(`is flawed by a mistake, and by an end with nothing, in a ${mode} call`, () => {
      for (const reason of MISTAKES) assert.equal(flawOf(answer(reason), mode), reason);
      assert.equal(flawOf(answer("STOP"), mode), "EMPTY_ANSWER");
      assert.equal(flawOf(answer("STOP", { text: "" }), mode), "EMPTY_ANSWER");
    });

    test(`is not flawed by an end that has its cause, in a ${mode} call`, () => {
      for (const reason of Object.keys(FinishReason)) {
        if ([...MISTAKES, "STOP"].includes(reason)) continue;
        assert.equal(flawOf(answer(reason), mode), undefined, reason);
      }
    });

    test(`is good with anything visible and a natural end, in a ${mode} call`, () => {
      for (const part of VISIBLE) assert.equal(flawOf(answer("STOP", part), mode), undefined, JSON.stringify(part));
    });
  }

  test("may hold thoughts when it is whole, and in a stream they are forwarded", () => {
    assert.equal(flawOf(answer("STOP", THOUGHT), "unary"), "EMPTY_ANSWER");
    assert.equal(flawOf(answer("STOP", THOUGHT), "stream"), undefined);
  });

  test("is flawed by a mistake after content only when it is whole", () => {
    for (const reason of MISTAKES) {
      for (const part of [THOUGHT, ...VISIBLE]) {
        assert.equal(flawOf(answer(reason, part), "unary"), reason);
        assert.equal(flawOf(answer(reason, part), "stream"), undefined);
      }
    }
  });

  test("is not judged before its end", () => {
    const { events } = answer("STOP");
    const begun = { ...answer("STOP"), events: events.filter(({ event }) => event.case !== "finished") };
    assert.equal(flawOf(begun, "stream"), undefined);
  });
});

test("content is what a reader waits for; what only describes it is none", () => {
  for (const part of [THOUGHT, ...VISIBLE]) assert.equal(hasContent(answer("STOP", part)), true, JSON.stringify(part));
  const described = chunk([{ text: "" }], {
    finishReason: "STOP",
    groundingMetadata: { webSearchQueries: ["q"] },
    safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "NEGLIGIBLE" }],
    urlContextMetadata: { urlMetadata: [{ retrievedUrl: "https://a.example" }] },
    logprobsResult: { chosenCandidates: [{ token: "a", logProbability: -1 }] },
  });
  assert.equal(hasContent({ ...answer("STOP"), events: eventsOf([described]) }), false);
});
