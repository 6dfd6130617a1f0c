// Every part of an answer, and all that Gemini tells beside the parts, reaches the client over both faces: as gRPC's whole answer and the fold
// of its stream, as JSON and as server-sent events. What cannot be said is a warning.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { toJson } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { foldEvents } from "../../src/chat/fold.ts";
import { ChatResponseSchema, ChatService, Role, type ChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { Json } from "../openai/sse-fold.ts";
import { readChunks } from "../openai/sse-fold.ts";
import {
  candidateOf,
  candidatesChunk,
  jsonAnswer,
  partsChunk,
  pngBase64,
  streamAnswer,
  type JsonObject,
} from "../support/faulty-gemini.ts";
import { transportsOf } from "../support/transports.ts";
import { startRig, STREAM, user, type Rig } from "./audit/rig.ts";

let rig: Rig;
let chat: Client<typeof ChatService>;
before(async () => {
  rig = await startRig();
  const grpc = transportsOf(rig.gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  chat = createClient(ChatService, grpc.transport);
});
after(() => rig[Symbol.asyncDispose]());

/** One chunk over gRPC, whole and streamed, which must say the same. */
async function overGrpc(chunk: JsonObject): Promise<ChatResponse> {
  const asked = {
    model: "gemini-3.8-flash",
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: "Hi" } }] }],
  };
  rig.gemini.script(({ streaming }) => (streaming ? streamAnswer([chunk]) : jsonAnswer(chunk)));
  const whole = await chat.chat(asked);
  const streamed = await foldEvents(chat.streamChat(asked));
  const [one, other] = [streamed, whole].map((told) =>
    JSON.stringify(toJson(ChatResponseSchema, told)).replaceAll(/"call_\w+"/g, '"call_"'),
  );
  assert.equal(one, other);
  return whole;
}

const STOP = { finishReason: "STOP" };
/** The chunk that says it all, with one text. */
const telling = (text: string, candidate: JsonObject, top: JsonObject = {}): JsonObject => ({
  ...partsChunk([{ text }], { ...STOP, candidate }),
  ...top,
});

describe("what Gemini tells beside the parts", () => {
  const status = { modelStage: "DEPRECATED", retirementTime: "2027-01-01T00:00:00Z", message: "Leave." };
  const toldStatus = { stage: "DEPRECATED", retirement_time: "2027-01-01T00:00:00.000Z", message: "Leave." };

  test("the model that answered, its life stage and the answer's id stand at the top, in a stream in its first chunk", async () => {
    const chunk = telling(
      "a",
      {},
      { modelStatus: status, modelVersion: "models/gemini-3.8-flash-002", responseId: "r-7" },
    );
    const { modelStatus, modelVersion, responseId } = await overGrpc(chunk);
    assert.deepEqual([modelStatus?.stage, modelStatus?.message], ["DEPRECATED", "Leave."]);
    assert.equal(modelStatus?.retirementTime?.seconds, BigInt(Date.parse(status.retirementTime) / 1000));
    assert.deepEqual([modelVersion, responseId], ["gemini-3.8-flash-002", "r-7"]);

    const { json } = await rig.askBoth({}, [chunk]);
    assert.deepEqual(json.model_status, toldStatus);
    assert.deepEqual([json.model_version, json.response_id], ["gemini-3.8-flash-002", "r-7"]);
    const [first] = readChunks((await rig.ask(STREAM, [chunk])).text);
    assert.deepEqual(
      [first.model_status, first.model_version, first.response_id],
      [toldStatus, "gemini-3.8-flash-002", "r-7"],
    );
  });

  test("a life stage that comes late is not lost", async () => {
    const chunks = [partsChunk([{ text: "a" }]), telling("b", {}, { modelStatus: status })];
    const { json } = await rig.askBoth({}, chunks);
    assert.deepEqual(json.model_status, toldStatus);
    const told = readChunks((await rig.ask(STREAM, chunks)).text).filter(({ model_status: one }) => one !== undefined);
    assert.deepEqual(
      told.map(({ choices: [choice] }) => choice.finish_reason),
      ["stop"],
    );
  });

  test("ratings have all that Vertex says, and those of a prompt that was not blocked stand at the top", async () => {
    const rating = {
      category: "HARM_CATEGORY_HARASSMENT",
      probability: "LOW",
      probabilityScore: 0.25,
      severity: "HARM_SEVERITY_LOW",
      severityScore: 0.5,
      overwrittenThreshold: "BLOCK_NONE",
    };
    const chunk = telling("a", { safetyRatings: [rating] }, { promptFeedback: { safetyRatings: [rating] } });
    const { candidates, promptSafetyRatings } = await overGrpc(chunk);
    const { category: _, probability: __, ...scores } = rating;
    for (const ratings of [candidates[0]?.safetyRatings, promptSafetyRatings]) {
      assert.deepEqual(JSON.parse(ratings?.ratings[0]?.nativeJson ?? ""), scores);
    }
    const { json } = await rig.askBoth({}, [chunk]);
    assert.deepEqual([json.choices[0].safety_ratings, json.prompt_safety_ratings], [[rating], [rating]]);
  });

  test("recitations keep licence and date, and one without a URL is not lost", async () => {
    const citations = [
      {
        startIndex: 2,
        endIndex: 6,
        uri: "https://a.example",
        title: "A",
        license: "mit",
        publicationDate: { year: 2014 },
      },
      { endIndex: 2, license: "gpl" },
    ];
    const chunk = telling("é😀b", { citationMetadata: { citations } });
    const { candidates } = await overGrpc(chunk);
    assert.deepEqual(
      candidates[0]?.citations.map(({ license, nativeJson }) => [license, nativeJson]),
      [
        ["mit", '{"publicationDate":{"year":2014}}'],
        ["gpl", ""],
      ],
    );
    const { json } = await rig.askBoth({}, [chunk]);
    const [{ message, citation_metadata: told }] = json.choices;
    assert.deepEqual(told, { citationSources: citations });
    assert.deepEqual(message.annotations, [
      { type: "url_citation", url_citation: { start_index: 1, end_index: 3, url: "https://a.example", title: "A" } },
    ]);
  });

  test("grounding comes out as it was, with what the contract has no field for and kinds of sources that it does not know", async () => {
    const groundingMetadata = {
      webSearchQueries: ["q"],
      imageSearchQueries: ["i"],
      searchEntryPoint: { renderedContent: "<p>", sdkBlob: "YmxvYg==" },
      groundingChunks: [
        { web: { uri: "https://w.example", title: "W", domain: "w.example" } },
        { image: { sourceUri: "https://s.example", imageUri: "https://i.example", title: "I", domain: "s.example" } },
        {
          retrievedContext: {
            uri: "https://d.example",
            text: "t",
            fileSearchStore: "fileSearchStores/a",
            pageNumber: 3,
            mediaId: "m",
            customMetadata: [{ key: "author", stringValue: "Ann" }],
          },
        },
        {
          maps: {
            uri: "https://m.example",
            title: "M",
            placeId: "places/p",
            placeAnswerSources: { reviewSnippets: [{ reviewId: "r" }] },
            route: { distanceMeters: 7 },
          },
        },
        { hologram: { uri: "https://h.example" } },
      ],
      groundingSupports: [
        {
          segment: { endIndex: 2, text: "é" },
          groundingChunkIndices: [0, 3],
          confidenceScores: [0.5, 0.25],
          renderedParts: [1],
        },
      ],
      retrievalQueries: ["rq"],
      retrievalMetadata: { googleSearchDynamicRetrievalScore: 0.5 },
      sourceFlaggingUris: [{ sourceId: "s", flagContentUri: "https://f.example" }],
      googleMapsWidgetContextToken: "widget",
    };
    const chunk = telling("é.", { groundingMetadata });
    const { candidates } = await overGrpc(chunk);
    const { grounding } = candidates[0] ?? {};
    assert.deepEqual(
      grounding?.chunks.map(({ kind, nativeJson }) => [
        kind.case,
        Object.keys(JSON.parse(nativeJson || "{}") as object),
      ]),
      [
        ["web", []],
        ["image", []],
        ["retrieved", ["retrievedContext"]],
        ["maps", ["maps"]],
        [undefined, ["hologram"]],
      ],
    );
    const { json } = await rig.askBoth({}, [chunk]);
    assert.deepEqual(json.choices[0].grounding_metadata, groundingMetadata);
    assert.deepEqual(json.usage.search_queries, 2);
  });

  test("what else a candidate has stands in native_metadata", async () => {
    const chunk = telling("a", { avgLogprobs: -0.25, tokenCount: 12, score: -1, aura: { color: "blue" } });
    const expected = { avgLogprobs: -0.25, tokenCount: 12, score: -1, aura: { color: "blue" } };
    const { candidates } = await overGrpc(chunk);
    assert.deepEqual(JSON.parse(candidates[0]?.finished?.nativeJson ?? ""), expected);
    const { json } = await rig.askBoth({}, [chunk]);
    assert.deepEqual(json.choices[0].native_metadata, expected);
  });

  test("usage has every kind of content, searches, tool use, traffic, and a tier that OpenAI does not know", async () => {
    const kinds = (text: number, image: number, audio: number): object[] => [
      { modality: "TEXT", tokenCount: text },
      { modality: "IMAGE", tokenCount: image },
      { modality: "AUDIO", tokenCount: audio },
      { modality: "SMELL", tokenCount: 1 },
    ];
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 12,
      candidatesTokenCount: 40,
      thoughtsTokenCount: 5,
      toolUsePromptTokenCount: 9,
      totalTokenCount: 154,
      promptTokensDetails: kinds(60, 20, 19),
      cacheTokensDetails: kinds(5, 4, 2),
      candidatesTokensDetails: kinds(20, 10, 9),
      toolUsePromptTokensDetails: [{ modality: "TEXT", tokenCount: 9 }],
      trafficType: "PROVISIONED_THROUGHPUT",
      serviceTier: "batch",
    };
    const chunk = telling("a", {}, { usageMetadata });
    const { usage } = await overGrpc(chunk);
    assert.deepEqual(
      [usage?.toolUsePromptTokens, usage?.trafficType, usage?.nativeServiceTier, usage?.modalityTokens.length],
      [9, "PROVISIONED_THROUGHPUT", "batch", 13],
    );
    const { json } = await rig.askBoth({}, [chunk]);
    assert.deepEqual(json.usage.prompt_tokens_details, {
      cached_tokens: 12,
      audio_tokens: 19,
      text_tokens: 69,
      image_tokens: 20,
      smell_tokens: 1,
      cached_tokens_details: { text_tokens: 5, image_tokens: 4, audio_tokens: 2, smell_tokens: 1 },
      tool_use_tokens: 9,
    });
    assert.deepEqual(json.usage.completion_tokens_details, {
      reasoning_tokens: 5,
      audio_tokens: 9,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      text_tokens: 20,
      image_tokens: 10,
      smell_tokens: 1,
    });
    assert.deepEqual(
      [json.usage.traffic_type, json.native_service_tier, json.service_tier],
      ["PROVISIONED_THROUGHPUT", "batch", undefined],
    );
  });
});

describe("parts", () => {
  const code = (text: string): JsonObject => ({ executableCode: { language: "PYTHON", code: text } });
  const output = (text: string): JsonObject => ({ codeExecutionResult: { outcome: "OUTCOME_OK", output: text } });
  const plot = (seed: number): JsonObject => ({ inlineData: { mimeType: "image/png", data: pngBase64(120, seed) } });
  const table = (text: string): JsonObject => ({
    inlineData: { mimeType: "text/csv", data: Buffer.from(text).toString("base64") },
  });
  const SIGNED = { thoughtSignature: Buffer.from("first").toString("base64") };
  const LAST = { thoughtSignature: Buffer.from("last").toString("base64") };
  const search = (id: string): JsonObject[] => [
    { toolCall: { id, toolType: "GOOGLE_SEARCH_WEB", args: { queries: [id] } }, ...SIGNED },
    { toolResponse: { id, toolType: "GOOGLE_SEARCH_WEB", response: { found: id } }, ...LAST },
  ];
  const rows: [title: string, parts: JsonObject[]][] = [
    [
      "several results and plots of one piece of code, none of them with an id",
      [
        { text: "A" },
        code("1"),
        output("a"),
        plot(1),
        output("b"),
        plot(2),
        code("2"),
        output("c"),
        { text: "B", ...LAST },
      ],
    ],
    [
      "a failed run and its repair",
      [{ ...code("1/0"), ...SIGNED }, output("ZeroDivisionError"), code("1"), output("1"), { text: "One." }],
    ],
    ["tools of Google's, one after the other", [...search("s1"), ...search("s2"), { text: "Found.", ...LAST }]],
    [
      "tools and code between texts",
      [{ text: "A" }, ...search("s1"), { text: "B", ...SIGNED }, code("1"), output("1"), { text: "C" }],
    ],
    [
      "a table and a plot that code made",
      [code("1"), output("1"), table("a,é"), plot(1), table("b"), { text: "See.", ...LAST }],
    ],
    [
      "a transcription",
      [{ text: "Heard: " }, { audioTranscription: { text: "hi", finished: true, languageCode: "en" } }],
    ],
  ];
  const stripped = ({ content }: Json): object => ({ role: "assistant", content });

  for (const [title, parts] of rows) {
    test(`${title}, arrive in order and go back as they were, also through a client that keeps content only`, async () => {
      const chunks = [...parts.map((part) => partsChunk([part])), partsChunk([], STOP)];
      await rig.askBoth({}, chunks);
      for (const mode of [{}, STREAM]) {
        const { json } = await rig.ask(mode, chunks);
        const { message } = json.choices[0];
        for (const sentBack of [message, stripped(message)]) {
          const { sent } = await rig.ask({ messages: [user("Hi"), sentBack, user("Go on.")] });
          assert.deepEqual(sent[0].contents[1].parts, parts);
        }
      }
    });
  }

  test("results stand behind their code in content, each once", async () => {
    const { json } = await rig.askBoth({}, [partsChunk([code("1"), output("a"), output("b")], STOP)]);
    assert.equal(json.choices[0].message.content, "\n```python\n1\n```\n\n```output\na\n```\n\n```output\nb\n```\n");
  });

  test("over gRPC all of them are parts of their own, in order, with their signatures", async () => {
    const parts = rows.flatMap(([, list]) => list);
    const { candidates, warnings } = await overGrpc(partsChunk(parts, STOP));
    const signed = candidates[0]?.parts.filter(({ signature }) => signature.length > 0);
    assert.equal(signed?.length, parts.filter(({ thoughtSignature }) => thoughtSignature).length);
    const kinds = candidates[0]?.parts.map(({ kind }) => kind.case);
    assert.deepEqual(kinds?.slice(0, 9), [
      "text",
      "executableCode",
      "codeResult",
      "media",
      "codeResult",
      "media",
      "executableCode",
      "codeResult",
      "text",
    ]);
    assert.equal(kinds?.at(-1), "nativePart");
    assert.deepEqual(warnings, []);
  });

  test("what stands beside the data of a part is told to be left out, once", async () => {
    const beside = { partMetadata: { a: 1 }, videoMetadata: { fps: 2 } };
    const chunks = [
      partsChunk([{ text: "a", ...beside }]),
      partsChunk(
        [
          { ...code("1"), aura: 1 },
          { text: "b", ...beside },
        ],
        STOP,
      ),
    ];
    for (const mode of [{}, STREAM]) {
      const { json } = await rig.ask(mode, chunks);
      assert.equal(json.choices[0].message.content, "a\n```python\n1\n```\nb");
      assert.deepEqual(
        json.warnings.map(({ code: word, param }: Json) => [word, param]),
        [["part_unsupported", "candidates[0].parts"]],
      );
      assert.match(json.warnings[0].message, /partMetadata, videoMetadata, aura/);
    }
    const { warnings } = await overGrpc(partsChunk([{ text: "a", ...beside }], STOP));
    assert.deepEqual(
      warnings.map(({ code: word }) => word),
      ["part_unsupported"],
    );
  });

  test("media in a result of Google's own call reach gRPC, and OpenAI's client is told that they were left out", async () => {
    const answered = [
      { functionCall: { name: "m", args: {} } },
      { functionResponse: { name: "m", response: { r: 1 }, parts: [plot(1)] } },
      { text: "Done." },
    ];
    const { candidates } = await overGrpc(partsChunk(answered, STOP));
    const result = candidates[0]?.parts[1]?.kind;
    assert.equal(result?.case === "toolResult" && result.value.media.length, 1);
    const { json } = await rig.askBoth({}, [partsChunk(answered, STOP)]);
    assert.equal(json.warnings.length, 2);
    assert.ok(json.warnings.some(({ message }: Json) => message.startsWith("Media in the result")));
  });

  test("an image without data is left out with a warning, and its neighbours stay in order", async () => {
    const empty = { inlineData: { mimeType: "image/png", data: "" } };
    const { json } = await rig.askBoth({}, [partsChunk([{ text: "a" }, empty, { text: "b" }], STOP)]);
    assert.equal(json.choices[0].message.content, "ab");
    assert.deepEqual(
      json.warnings.map(({ code: word }: Json) => word),
      ["part_unsupported"],
    );
  });
});

describe("several answers of one call", () => {
  test("each keep their own parts, sources, log probabilities and facts", async () => {
    const one = (index: number): JsonObject => {
      const token = `${index}😀`;
      const logprobsResult = {
        chosenCandidates: [{ token, tokenId: index, logProbability: -index }],
        topCandidates: [
          {
            candidates: [
              { token, logProbability: -index },
              { token: "x", logProbability: -9 },
            ],
          },
        ],
      };
      const citationMetadata = { citationSources: [{ startIndex: 1, endIndex: 5, uri: `https://${index}.example` }] };
      return candidateOf([{ text: token }], {
        index,
        ...STOP,
        candidate: { logprobsResult, citationMetadata, tokenCount: index + 1 },
      });
    };
    const { candidates } = await overGrpc(candidatesChunk([one(0), one(1)]));
    assert.deepEqual(
      candidates.map(({ logprobs }) => logprobs?.tokens.map(({ token, tokenId, top }) => [token, tokenId, top.length])),
      [[["0😀", 0, 2]], [["1😀", 1, 2]]],
    );
    const { json } = await rig.askBoth({ logprobs: true, top_logprobs: 2 }, [candidatesChunk([one(0), one(1)])]);
    const bytes = [...Buffer.from("1😀")];
    assert.deepEqual(json.choices[1].logprobs, {
      content: [
        {
          token: "1😀",
          logprob: -1,
          bytes,
          top_logprobs: [
            { token: "1😀", logprob: -1, bytes },
            { token: "x", logprob: -9, bytes: [120] },
          ],
        },
      ],
      refusal: null,
    });
    assert.deepEqual(
      json.choices.map(({ index, message, native_metadata: { tokenCount } }: Json) => [
        index,
        message.content,
        message.annotations.map(({ url_citation: { start_index: start, end_index: end } }: Json) =>
          message.content.slice(start, end),
        ),
        tokenCount,
      ]),
      [
        [0, "0😀", ["😀"], 1],
        [1, "1😀", ["😀"], 2],
      ],
    );
  });
});
