// Usage: thoughts inside completion, cache inside prompt, details by kind of content.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Modality, ModalityTokens_Kind as Kind, UsageSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toUsage } from "../../src/openai/usage.ts";

test("counts and details are OpenAI's; tool use joins the prompt and stands beside it, other kinds count apart", () => {
  const usage = create(UsageSchema, {
    promptTokens: 100,
    cachedTokens: 40,
    completionTokens: 30,
    thoughtTokens: 20,
    toolUsePromptTokens: 10,
    totalTokens: 130,
    searchQueries: 2,
    trafficType: "ON_DEMAND",
    modalityTokens: [
      { kind: Kind.PROMPT, modality: Modality.TEXT, tokens: 60 },
      { kind: Kind.PROMPT, modality: Modality.AUDIO, tokens: 30 },
      { kind: Kind.TOOL_USE_PROMPT, modality: Modality.TEXT, tokens: 10 },
      { kind: Kind.CACHED, modality: Modality.TEXT, tokens: 40 },
      { kind: Kind.COMPLETION, modality: Modality.IMAGE, tokens: 5 },
      { kind: Kind.COMPLETION, modality: Modality.UNSPECIFIED, tokens: 5, nativeModality: "SMELL" },
    ],
  });
  assert.deepEqual(toUsage(usage), {
    prompt_tokens: 100,
    completion_tokens: 30,
    total_tokens: 130,
    prompt_tokens_details: {
      cached_tokens: 40,
      audio_tokens: 30,
      text_tokens: 70,
      cached_tokens_details: { text_tokens: 40 },
      tool_use_tokens: 10,
    },
    completion_tokens_details: {
      reasoning_tokens: 20,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      image_tokens: 5,
      smell_tokens: 5,
    },
    search_queries: 2,
    traffic_type: "ON_DEMAND",
  });
});

test("a total that Google did not give is the sum, and estimates say so", () => {
  const usage = toUsage(create(UsageSchema, { promptTokens: 3, completionTokens: 4, estimated: true }));
  assert.equal(usage.total_tokens, 7);
  assert.equal(usage.estimated, true);
});
