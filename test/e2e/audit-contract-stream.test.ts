// The public interface on StreamChat, sentence by sentence: order, sizes, pieces, words we do not know, silence; and sound over gRPC.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { foldEvents } from "../../src/chat/fold.ts";
import {
  AudioFormat,
  ChatResponseSchema,
  ChatService,
  Citation_Kind,
  CodeResult_Outcome,
  FinishReason,
  Role,
  StreamChatResponseSchema,
  type ChatEvent,
  type ChatRequestSchema,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { jsonAnswer, partsChunk, pause, streamAnswer, type JsonObject } from "../support/faulty-gemini.ts";
import { transportsOf } from "../support/transports.ts";
import { MODELS, startRig, type Rig } from "./audit/rig.ts";

let rig: Rig;
let chat: Client<typeof ChatService>;
before(async () => {
  rig = await startRig(MODELS, { KEEP_ALIVE_INTERVAL_MS: "100" });
  const grpc = transportsOf(rig.gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  chat = createClient(ChatService, grpc.transport);
});
after(() => rig[Symbol.asyncDispose]());

const ask = (more: MessageInitShape<typeof ChatRequestSchema> = {}): MessageInitShape<typeof ChatRequestSchema> => ({
  model: "gemini-3.8-flash",
  messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: "Hi" } }] }],
  ...more,
});

/** What a stream brings when Gemini sends these chunks. */
async function streamed(
  chunks: readonly JsonObject[],
  more?: MessageInitShape<typeof ChatRequestSchema>,
): Promise<StreamChatResponse[]> {
  rig.gemini.script(() => streamAnswer(chunks));
  return await Array.fromAsync(chat.streamChat(ask(more)));
}

const eventsOf = (batches: readonly StreamChatResponse[]): ChatEvent[] => batches.flatMap(({ events }) => events);
const MIB = 1_048_576;
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

describe("an answer of many megabytes", () => {
  const image = Buffer.alloc(5_000_000, 7);
  const emoji = `a${"😀".repeat(700_000)}`;
  const signature = Buffer.alloc(2_900_000, 5);
  const parts = [
    { text: "Hm", thought: true },
    { text: emoji },
    { text: "m", thought: true },
    {
      inlineData: { mimeType: "image/jpeg", data: image.toString("base64") },
      thoughtSignature: signature.toString("base64"),
    },
    { text: "end" },
  ];
  const chunks = parts.map((part, index) => partsChunk([part], index === 4 ? { finishReason: "STOP" } : {}));
  let batches: StreamChatResponse[];
  before(async () => {
    batches = await streamed(chunks);
  });

  test("comes in messages of at most 2 MiB and pieces of at most 1 MiB, text cut on code points", () => {
    for (const batch of batches) assert.ok(toBinary(StreamChatResponseSchema, batch).length <= 2 * MIB);
    for (const { event, signature: piece } of eventsOf(batches)) {
      assert.ok(piece.length <= MIB);
      if (event.case === "text") assert.ok(Buffer.byteLength(event.value) <= MIB && !LONE.test(event.value));
      if (event.case === "media" && event.value.source.case === "data")
        assert.ok(event.value.source.value.length <= MIB);
    }
  });

  test("numbers its parts from 0, thoughts counted, and all pieces of a part, signature bytes included, join to it", () => {
    const events = eventsOf(batches);
    const pieces = events.filter(({ event }) => event.case === "media");
    const joined = Buffer.concat(
      pieces.map(({ event }) =>
        event.case === "media" && event.value.source.case === "data" ? event.value.source.value : Buffer.alloc(0),
      ),
    );
    assert.ok(joined.equals(image) && Buffer.concat(pieces.map((piece) => piece.signature)).equals(signature));
    assert.deepEqual(
      pieces.map(({ event }) => event.case === "media" && event.value.last),
      pieces.map((_, index) => index === pieces.length - 1),
    );
    const kinds = new Map(
      events.flatMap(({ part, event }) =>
        ["text", "thought", "media"].includes(event.case ?? "") ? [[part, event.case]] : [],
      ),
    );
    assert.deepEqual(
      [...kinds],
      [
        [0, "thought"],
        [1, "text"],
        [2, "thought"],
        [3, "media"],
        [4, "text"],
      ],
    );
    assert.equal(
      events.flatMap(({ part, event }) => (part === 1 && event.case === "text" ? event.value : [])).join(""),
      emoji,
    );
  });

  test("folds to exactly what Chat answers", async () => {
    const [first] = chunks;
    rig.gemini.script(() =>
      jsonAnswer({ ...first, candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0 }] }),
    );
    const whole = await chat.chat(ask());
    assert.ok(
      Buffer.from(toBinary(ChatResponseSchema, whole)).equals(toBinary(ChatResponseSchema, await foldEvents(batches))),
    );
  });
});

describe("order", () => {
  test("Started is first and once, Finished once per candidate after its parts, Usage last and once", async () => {
    const chunks = [partsChunk([{ text: "a" }]), partsChunk([{ text: "b" }], { finishReason: "STOP" })];
    const names = eventsOf(await streamed(chunks, { sampling: { candidateCount: 3 } })).map(
      ({ candidate, event }) => `${event.case} ${candidate}`,
    );
    assert.deepEqual([names[0], names.at(-1)], ["started 0", "usage 0"]);
    for (const once of ["started", "usage"]) assert.equal(names.filter((name) => name.startsWith(once)).length, 1);
    for (const candidate of [0, 1, 2]) {
      assert.equal(names.filter((name) => name === `finished ${candidate}`).length, 1);
      assert.ok(names.lastIndexOf(`text ${candidate}`) < names.indexOf(`finished ${candidate}`));
    }
  });

  test("a blocked prompt has Started, Finished and Usage", async () => {
    const batches = await streamed([
      { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } },
    ]);
    const events = eventsOf(batches);
    assert.deepEqual(
      events.map(({ event }) => event.case),
      ["started", "finished", "usage"],
    );
    const finished = events[1]?.event;
    assert.ok(finished?.case === "finished");
    assert.deepEqual([finished.value.reason, finished.value.blockReason], [FinishReason.PROMPT_BLOCKED, "SAFETY"]);
  });

  test("silence is filled with messages without events", async () => {
    rig.gemini.script(() =>
      streamAnswer([partsChunk([{ text: "a" }]), pause(600), partsChunk([{ text: "b" }], { finishReason: "STOP" })]),
    );
    const sizes = (await Array.fromAsync(chat.streamChat(ask()))).map(({ events }) => events.length);
    assert.ok(sizes.filter((size) => size === 0).length >= 2);
  });
});

test("words and kinds of parts that we do not know travel as they are", async () => {
  const unknown = { hologram: { x: 1 }, thoughtSignature: "c2ln" };
  const response = await foldEvents(
    await streamed([
      partsChunk([
        { executableCode: { language: "RUST", code: "c" } },
        { codeExecutionResult: { outcome: "OUTCOME_MAYBE", output: "o" } },
        unknown,
      ]),
      partsChunk([], {
        finishReason: "SOMETHING_NEW",
        usage: {
          promptTokenCount: 1,
          totalTokenCount: 1,
          serviceTier: "turbo",
          promptTokensDetails: [{ modality: "SMELL", tokenCount: 1 }],
        },
        candidate: {
          safetyRatings: [{ category: "HARM_CATEGORY_NEW", probability: "LOW" }],
          urlContextMetadata: { urlMetadata: [{ retrievedUrl: "u", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_ODD" }] },
        },
      }),
    ]),
  );
  const [candidate] = response.candidates;
  assert.ok(candidate && response.usage);
  const [code, result, native] = candidate.parts.map(({ kind }) => kind);
  assert.ok(code?.case === "executableCode" && result?.case === "codeResult" && native?.case === "nativePart");
  assert.deepEqual(
    [code.value.language, result.value.outcome, result.value.nativeOutcome, JSON.parse(native.value.json)],
    ["RUST", CodeResult_Outcome.UNSPECIFIED, "OUTCOME_MAYBE", unknown],
  );
  assert.deepEqual(
    [candidate.finished?.reason, candidate.finished?.nativeReason],
    [FinishReason.UNSPECIFIED, "SOMETHING_NEW"],
  );
  assert.deepEqual(
    [
      candidate.safetyRatings?.ratings[0]?.nativeCategory,
      candidate.urlContext[0]?.nativeStatus,
      response.usage.nativeServiceTier,
      response.usage.modalityTokens[0]?.nativeModality,
    ],
    ["HARM_CATEGORY_NEW", "URL_RETRIEVAL_STATUS_ODD", "turbo", "SMELL"],
  );
});

test("citations and grounding point at bytes of the part they name", async () => {
  const [one, two] = ["Früh 😀 eins. ", "Zwei 🎉 drei."];
  const whole = one + two;
  const startIndex = Buffer.byteLength(whole.slice(0, whole.indexOf("🎉")));
  const support = {
    segment: { startIndex, endIndex: startIndex + Buffer.byteLength("🎉 drei"), text: "🎉 drei" },
    groundingChunkIndices: [0],
  };
  const { candidates } = await foldEvents(
    await streamed([
      partsChunk([{ text: "Hm", thought: true }]),
      partsChunk([{ text: one }]),
      partsChunk([{ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }]),
      partsChunk([{ text: two }], {
        finishReason: "STOP",
        candidate: {
          groundingMetadata: {
            groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
            groundingSupports: [support],
          },
          citationMetadata: {
            citationSources: [{ endIndex: Buffer.byteLength("Früh"), uri: "https://c.example", license: "mit" }],
          },
        },
      }),
    ]),
  );
  const [candidate] = candidates;
  const cited = candidate?.citations.map(({ part, startByte, endByte, kind, uri }) => {
    const told = candidate.parts[part]?.kind;
    return [told?.case === "text" && Buffer.from(told.value).toString("utf8", startByte, endByte), kind, uri];
  });
  assert.deepEqual(cited, [
    ["Früh", Citation_Kind.RECITATION, "https://c.example"],
    ["🎉 drei", Citation_Kind.WEB, "https://a.example"],
  ]);
  assert.equal(candidate?.grounding?.supports[0]?.part, 3);
});

test("sound is WAV with one header that knows no length, or bare samples", async () => {
  const samples = Buffer.alloc(3_000_000, 9);
  const chunks = [0, 1_500_000].map((start) =>
    partsChunk([
      {
        inlineData: {
          mimeType: "audio/L16;codec=pcm;rate=24000",
          data: samples.subarray(start, start + 1_500_000).toString("base64"),
        },
      },
    ]),
  );
  const told = async (format: AudioFormat): Promise<[type: string, bytes: Buffer]> => {
    const batches = await streamed([...chunks, partsChunk([], { finishReason: "STOP" })], {
      model: "gemini-3.8-flash-tts",
      speech: { format },
    });
    const media = eventsOf(batches).flatMap(({ event }) => (event.case === "media" ? event.value : []));
    assert.deepEqual(
      media.map(({ last }) => last),
      media.map((_, index) => index === media.length - 1),
    );
    const bytes = media.flatMap(({ source }) => (source.case === "data" ? source.value : []));
    return [media[0]?.mimeType ?? "", Buffer.concat(bytes)];
  };
  const [pcmType, pcm] = await told(AudioFormat.PCM16);
  assert.ok(pcm.equals(samples));
  assert.equal(pcmType, "audio/pcm;rate=24000");
  const [wavType, wav] = await told(AudioFormat.UNSPECIFIED);
  assert.ok(wav.subarray(44).equals(samples));
  assert.deepEqual([wavType, wav.readUInt32LE(4), wav.readUInt32LE(40)], ["audio/wav", 0xffffffff, 0xffffffff]);
});
