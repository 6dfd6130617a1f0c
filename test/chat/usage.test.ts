// Goal: sums of usage lose no kind of tokens, whatever the order, and go where the Usage of an answer is.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Modality, ModalityTokens_Kind, type Usage } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { addSpent, addUsage, usageOf } from "../../src/chat/usage.ts";
import { chunk, eventsOf } from "../gemini/read-answer.ts";

const tokens = fc.nat(1_000_000);
const modality = fc
  .record({
    kind: fc.constantFrom(ModalityTokens_Kind.PROMPT, ModalityTokens_Kind.COMPLETION),
    modality: fc.constantFrom(Modality.TEXT, Modality.IMAGE, Modality.UNSPECIFIED),
    nativeModality: fc.constantFrom("", "SMELL"),
    tokens,
  })
  .map((fields) => ({ $typeName: "gemini.chat.v1.ModalityTokens" as const, ...fields }));
const usage: fc.Arbitrary<Usage> = fc
  .record({
    promptTokens: tokens,
    cachedTokens: tokens,
    completionTokens: tokens,
    thoughtTokens: tokens,
    toolUsePromptTokens: tokens,
    totalTokens: tokens,
    searchQueries: tokens,
    modalityTokens: fc.array(modality, { maxLength: 4 }),
    estimated: fc.boolean(),
  })
  .map((fields) => ({
    $typeName: "gemini.chat.v1.Usage",
    serviceTier: 0,
    nativeServiceTier: "",
    trafficType: "",
    ...fields,
  }));

/** All counts by name. */
function counts(sum: Usage): Record<string, number> {
  const totals: Record<string, number> = { estimated: Number(sum.estimated) };
  for (const [name, value] of Object.entries(sum)) if (typeof value === "number") totals[name] = value;
  for (const { kind, modality: of, nativeModality, tokens: count } of sum.modalityTokens) {
    const name = `${kind}:${of}:${nativeModality}`;
    totals[name] = (totals[name] ?? 0) + count;
  }
  return totals;
}

test("every count of both sides is in the sum", () => {
  fc.assert(
    fc.property(usage, usage, (one, other) => {
      const sum = counts(addUsage(one, other));
      const [left, right] = [counts(one), counts(other)];
      for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
        const expected = (left[name] ?? 0) + (right[name] ?? 0);
        assert.equal(sum[name], name === "estimated" ? Math.min(expected, 1) : expected, name);
      }
    }),
  );
});

test("the order does not matter, and a kind of tokens is told once", () => {
  fc.assert(
    fc.property(usage, usage, usage, (a, b, c) => {
      const sum = addUsage(addUsage(a, b), c);
      assert.deepEqual(counts(sum), counts(addUsage(c, addUsage(b, a))));
      const kinds = sum.modalityTokens.map(
        ({ kind, modality: of, nativeModality }) => `${kind}:${of}:${nativeModality}`,
      );
      assert.equal(new Set(kinds).size, kinds.length);
    }),
  );
});

test("what was spent is added to the Usage that ends a batch, and to no other batch", () => {
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 };
  const events = eventsOf([chunk([{ text: "a" }], { finishReason: "STOP" }, { usageMetadata })]);
  const last = { $typeName: "gemini.chat.v1.StreamChatResponse" as const, events };
  const spent = usageOf(last);
  assert.ok(spent);
  addSpent(last, spent);
  assert.deepEqual([usageOf(last)?.promptTokens, usageOf(last)?.totalTokens], [10, 14]);
  const middle = { ...last, events: events.slice(0, 2) };
  const before = structuredClone(middle);
  addSpent(middle, spent);
  assert.deepEqual(middle, before);
});
