// Answers have OpenAI's published shapes: every golden one, whole and streamed, and any that Gemini could give. The recorded ones are
// held against the same shapes as they are replayed (e2e/replay.test.ts).
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { Failure, FAILURES, type FailureReason } from "../../src/chat/failures.ts";
import {
  Citation_Kind,
  CitationSchema,
  Modality,
  ModalityTokens_Kind,
  ModelStatusSchema,
  SafetyRatingsSchema,
  UsageSchema,
  type ChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toErrorAnswer } from "../../src/openai/errors.ts";
import type { Delivery } from "../../src/openai/intent.ts";
import { toChatCompletion } from "../../src/openai/response.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { startGateway } from "../support/gateway.ts";
import { answer, anyCuts, anyDelivery, anyResponse, delivery, identity, toBatches, type PartInit } from "./answers.ts";
import { CHUNK_EXTENSIONS, COMPLETION_EXTENSIONS, type Extensions } from "./published/extensions.ts";
import { assertPublished, extensionsIn } from "./published/shapes.ts";
import { readChunks, type Json } from "./sse-fold.ts";

const GOLDEN = new URL("../golden/", import.meta.url);

interface Told {
  readonly completion: Json;
  readonly chunks: readonly Json[];
}

function readGolden(): (Told & { readonly name: string })[] {
  return readdirSync(GOLDEN, { recursive: true, encoding: "utf8" })
    .filter((path) => existsSync(new URL(`${path}/response.openai.json`, GOLDEN)))
    .map((name) => {
      const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, GOLDEN), "utf8");
      return {
        name,
        completion: (JSON.parse(read("response.openai.json")) as Json).body,
        chunks: readChunks(read("stream.openai.txt")),
      };
    });
}

/** An answer, whole and streamed. */
function tell(response: ChatResponse, wanted: Delivery, random: (below: number) => number): Told {
  const completion = JSON.stringify(toChatCompletion(response, wanted, identity, { warnings: [] }));
  const stream = createChunkStream(wanted, identity, { warnings: [] });
  const sse = toBatches(response, random).map((batch) => stream.push(batch));
  return { completion: JSON.parse(completion), chunks: readChunks(sse.join("") + stream.end()) };
}

function assertTold({ completion, chunks }: Told): void {
  assertPublished("completion", completion);
  for (const chunk of chunks) assertPublished("chunk", chunk);
}

const golden = readGolden();
const call: PartInit = {
  kind: { case: "toolCall", value: { id: "call_1", name: "f", arguments: '{"input":"x"}' } },
  signature: new Uint8Array([1]),
};

/** What no golden folder shows. */
const rare: readonly Told[] = [
  tell(answer(call), { ...delivery, legacyFunctions: true }, inTurn()),
  tell(answer(call), { ...delivery, customTools: new Set(["f"]) }, inTurn()),
  tell(withDocuments(), delivery, inTurn()),
  tell(withAllFacts(), delivery, inTurn()),
];

/** Cuts at one place after the other. */
function inTurn(): (below: number) => number {
  let turn = 0;
  return (below) => turn++ % below;
}

function withDocuments(): ChatResponse {
  const counted = [ModalityTokens_Kind.PROMPT, ModalityTokens_Kind.COMPLETION].flatMap((kind) =>
    [Modality.DOCUMENT, Modality.VIDEO].map((modality) => ({ kind, modality, tokens: 1 })),
  );
  return { ...answer(), usage: create(UsageSchema, { promptTokens: 1, modalityTokens: counted }) };
}

/** What Gemini tells beside the content, as far as OpenAI has no words for it. */
function withAllFacts(): ChatResponse {
  const response = answer();
  Object.assign(response, {
    responseId: "r",
    modelVersion: "gemini-3.8-flash-001",
    nativeServiceTier: "batch",
    modelStatus: create(ModelStatusSchema, { stage: "DEPRECATED" }),
    promptSafetyRatings: create(SafetyRatingsSchema, { ratings: [{ category: 1, probability: "LOW" }] }),
    usage: create(UsageSchema, {
      promptTokens: 2,
      cachedTokens: 1,
      toolUsePromptTokens: 1,
      searchQueries: 1,
      trafficType: "ON_DEMAND",
      modalityTokens: [{ kind: ModalityTokens_Kind.CACHED, modality: Modality.TEXT, tokens: 1 }],
    }),
  });
  for (const candidate of response.candidates) {
    candidate.citations = [create(CitationSchema, { kind: Citation_Kind.RECITATION, license: "mit" })];
    if (candidate.finished) candidate.finished.nativeJson = '{"avgLogprobs":-0.5}';
  }
  return response;
}

describe("golden answers", () => {
  for (const { name, ...told } of golden) {
    test(`${name}: the answer and each chunk have the published shapes`, () => assertTold(told));
  }

  for (const [kind, extensions] of [
    ["completion", COMPLETION_EXTENSIONS],
    ["chunk", CHUNK_EXTENSIONS],
  ] as const) {
    test(`each extension that is listed for a ${kind} is one that answers have`, () => {
      const answers = [...golden, ...rare].flatMap((told) => (kind === "chunk" ? told.chunks : [told.completion]));
      const seen = new Set(answers.flatMap((told) => [...extensionsIn(kind, told)]));
      assert.deepEqual([...seen].toSorted(), namesOf(extensions));
    });
  }
});

const namesOf = (extensions: Extensions): string[] =>
  Object.entries(extensions)
    .flatMap(([path, names]) => names.map((name) => (path === "" ? name : `${path}.${name}`)))
    .toSorted();

test("rare answers have them too", () => {
  for (const told of rare) assertTold(told);
});

test("whatever an answer holds and however it is cut, both forms have them", () => {
  fc.assert(
    fc.property(anyResponse, anyDelivery, anyCuts, (response, wanted, cuts) => {
      assertTold(tell(response, wanted, cuts));
    }),
    { numRuns: 200 },
  );
});

test("every failure of the catalogue is a published error", () => {
  for (const reason of Object.keys(FAILURES) as FailureReason[]) {
    for (const field of [undefined, "messages[0].parts[0].media", "sampling.temperature"]) {
      const options = field === undefined ? {} : { field };
      assertPublished("error", toErrorAnswer(new Failure(reason, "It failed.", options)).body);
    }
  }
});

test("the list of models is a published one", async () => {
  await using gateway = await startGateway();
  assertPublished("models", await (await gateway.get("/gemini/v1/models")).json());
});

describe("the judge", () => {
  const good = (): Json => structuredClone(golden.find(({ name }) => name === "tools-call")?.completion);
  const spoilers: Readonly<Record<string, (completion: Json) => void>> = {
    "a missing refusal": ({ choices: [{ message }] }) => delete message.refusal,
    "missing logprobs": ({ choices: [choice] }) => delete choice.logprobs,
    "content that is a list": ({ choices: [{ message }] }) => (message.content = []),
    "arguments that are no string": ({ choices: [{ message }] }) => (message.tool_calls[0].function.arguments = {}),
    "an unknown finish reason": ({ choices: [choice] }) => (choice.finish_reason = "STOP"),
    "a member that nobody published": (completion) => (completion.provider = "google"),
    "such a member deep within": ({ usage }) => (usage.prompt_tokens_details.thought_tokens = 1),
    "an extension in the wrong place": (completion) => (completion.extra_content = {}),
  };
  for (const [name, spoil] of Object.entries(spoilers)) {
    test(`refuses ${name}`, () => {
      const completion = good();
      assertPublished("completion", completion);
      spoil(completion);
      assert.throws(() => assertPublished("completion", completion), assert.AssertionError);
    });
  }
});
