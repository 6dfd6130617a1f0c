// The model list.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ModelSchema } from "../../src/gen/gemini/chat/v1/models_pb.ts";
import { toOpenAiModel, toOpenAiModelList } from "../../src/openai/models.ts";

test("a model has OpenAI's members and the day of its end", () => {
  const model = create(ModelSchema, { id: "gemini-x", lifecycle: { shutdownTime: { seconds: 1_792_454_400n } } });
  assert.deepEqual(toOpenAiModel(model), {
    id: "gemini-x",
    object: "model",
    created: 1_701_820_800,
    owned_by: "google",
    shutdown_date: "2026-10-20",
  });
});

test("a model that was asked for by an alias answers to it", () => {
  assert.equal(toOpenAiModel(create(ModelSchema, { id: "gemini-x" }), "gemini-old").id, "gemini-old");
});

test("models that think are listed a second time with the suffix", () => {
  const list = toOpenAiModelList([create(ModelSchema, { id: "a", thinking: {} }), create(ModelSchema, { id: "b" })]);
  assert.equal(list.object, "list");
  assert.deepEqual(
    list.data.map(({ id }) => id),
    ["a", "a-thinking", "b"],
  );
});
