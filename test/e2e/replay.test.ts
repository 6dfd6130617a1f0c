// Every recorded answer and error of Gemini through a whole gateway: REST as JSON and as a stream, gRPC as Chat and as StreamChat,
// each compared with what the recording alone says.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { assertPublished } from "../openai/published/shapes.ts";
import { foldChunks, readChunks } from "../openai/sse-fold.ts";
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { assertUntilPacificMidnight } from "../support/pacific-midnight.ts";
import { transportsOf } from "../support/transports.ts";
import { collect, createPlayer, modelOf, toChatRequest, type Player } from "./replay/ask.ts";
import { expectedOpenAiAnswer, expectedToldAnswer, timesAsked } from "./replay/expectation.ts";
import { expectedFailure, recordedMessage, type ExpectedFailure } from "./replay/failures.ts";
import { toldByCompletion, withoutChance } from "./replay/openai-answer.ts";
import { playRecordings } from "./replay/playback.ts";
import { readRecordings, type Json, type Recording } from "./replay/recordings.ts";
import { toldByResponse, toldByStream } from "./replay/told-answer.ts";

/** Recordings that are no answers to compare, and what is shown of them instead. */
const APART: Readonly<Record<string, string>> = {
  "firebase-nomodel-unary-failure-empty-content-0": "a fixture without a finish reason: shown to be a failure",
  "firebase-nomodel-unary-failure-malformed-content-0": "a fixture without a finish reason: shown to be a failure",
  "firebase-nomodel-streaming-failure-error-mid-stream-s-0":
    "an error after good events: shown in both streams; there is no whole answer to give",
};

/** A key error puts a key aside, and a call tries up to three: enough of them for every recorded key error in every mode. */
const KEYS = Array.from({ length: 200 }, (_, at) => `project-${at}:replay-key-${at}`).join();

const recordings = readRecordings();
const answers = recordings.filter(({ id, response }) => response.status === 200 && !(id in APART));
const errors = recordings.filter(({ response }) => response.status !== 200);

let gemini: FaultyGemini;
let gateway: TestGateway;
let player: Player;

before(async () => {
  // All are listed: no id is taken for a retired one.
  gemini = await startFaultyGemini({ keepCalls: 0, models: [...new Set(recordings.map(modelOf))] });
  gemini.script(playRecordings(recordings));
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, GEMINI_API_KEYS: KEYS });
  const grpc = transportsOf(gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  player = createPlayer(gateway, grpc.transport);
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

test("the model's mistakes are among them, and one that only a whole answer is asked for again", () => {
  const asked = (times: number, streamed: boolean): number =>
    answers.filter((recording) => timesAsked(recording, streamed) === times).length;
  assert.deepEqual([asked(2, false), asked(2, true)], [8, 7]);
});

test("all recordings are there, and few are set apart", () => {
  assert.equal(recordings.length, 324);
  assert.equal(answers.length + errors.length + Object.keys(APART).length, recordings.length);
});

describe("a recorded answer, told four times", () => {
  for (const recording of answers) {
    test(`${recording.id}: all four say what was recorded`, () => checkAnswer(recording));
  }
});

describe("a recorded error, told four times", () => {
  for (const recording of errors) {
    test(`${recording.id}: all four fail as the catalogue says`, () => checkError(recording));
  }
});

describe("set apart", () => {
  for (const id of Object.keys(APART).filter((name) => name.includes("unary"))) {
    test(`${id} is a failure`, async () => {
      const recording = find(id);
      // Nothing was told that would have to be taken back, so a stream fails as well as a whole answer.
      for (const streamed of [false, true]) {
        const response = await player.rest(recording, streamed);
        assert.equal(response.status, 502);
        assert.equal(((await response.json()) as Json).error.code, "upstream_stream_truncated");
      }
      await assert.rejects(player.chat.chat(toChatRequest(recording)), isFailure("UPSTREAM_STREAM_TRUNCATED"));
      const { error } = await collect(player.chat.streamChat(toChatRequest(recording)));
      assert.ok(isFailure("UPSTREAM_STREAM_TRUNCATED")(error));
    });
  }

  test("after good events an error ends the stream without a finish and without [DONE]", async () => {
    const recording = find("firebase-nomodel-streaming-failure-error-mid-stream-s-0");
    const chunks = readChunks(await (await player.rest(recording, true)).text(), false);
    const told = chunks.slice(0, -1).map(({ choices: [choice] }) => choice);
    assert.equal(told.map(({ delta }) => delta.content).join(""), "First Second ");
    assert.ok(told.every(({ finish_reason: finish }) => finish === null));
    assert.deepEqual(chunks.at(-1).error.code, "upstream_unavailable");
    const { batches, error } = await collect(player.chat.streamChat(toChatRequest(recording)));
    assert.ok(isFailure("UPSTREAM_UNAVAILABLE")(error));
    const events = batches.flatMap((batch) => batch.events.map(({ event }) => event));
    assert.ok(events.every(({ case: name }) => name !== "finished"));
    assert.equal(events.map((event) => (event.case === "text" ? event.value : "")).join(""), "First Second ");
  });
});

async function checkAnswer(recording: Recording): Promise<void> {
  const request = toChatRequest(recording);
  const [json, sse, chat, stream] = await Promise.all([
    player.rest(recording, false).then(bodyOf),
    player.rest(recording, true).then(bodyOf),
    player.chat.chat(request),
    collect(player.chat.streamChat(request)),
  ]);
  assert.ifError(stream.error);

  const whole: Json = JSON.parse(json);
  const chunks = readChunks(sse);
  const folded = foldChunks(chunks);
  assertPublished("completion", whole);
  for (const chunk of chunks) assertPublished("chunk", chunk);
  assert.deepEqual(toldByCompletion(whole), expectedOpenAiAnswer(recording, false), "the JSON answer");
  assert.deepEqual(toldByCompletion(folded), expectedOpenAiAnswer(recording, true), "the SSE stream");
  // A call that was made twice in one of the modes only cost more there.
  const usage = timesAsked(recording, true) === timesAsked(recording, false) ? {} : { usage: undefined };
  const [one, other] = [withoutChance(folded), withoutChance(whole)];
  assert.deepEqual({ ...one, ...usage }, { ...other, ...usage }, "the JSON answer equals the folded stream");

  assert.deepEqual(toldByResponse(chat), expectedToldAnswer(recording, false), "Chat");
  assert.deepEqual(toldByStream(stream.batches), expectedToldAnswer(recording, true), "StreamChat");
}

async function bodyOf(response: Response): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

async function checkError(recording: Recording): Promise<void> {
  const expected = expectedFailure(recording);
  const request = toChatRequest(recording);
  const [json, sse, chat, stream] = await Promise.all([
    player.rest(recording, false),
    player.rest(recording, true),
    player.chat.chat(request).then(
      () => undefined,
      (error: unknown) => error,
    ),
    collect(player.chat.streamChat(request)),
  ]);
  for (const response of [json, sse]) {
    const body: Json = await response.json();
    assertPublished("error", body);
    const { error } = body;
    assert.equal(response.status, expected.httpStatus, error.message);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    assert.deepEqual([error.code, error.param], [expected.code, expected.param]);
    assert.equal(response.headers.get("x-should-retry") ?? undefined, expected.shouldRetry);
    const told = response.headers.get("retry-after");
    checkWait(
      told === null ? undefined : Number(told),
      expected.waitSeconds ?? (response.status === 503 ? 1 : undefined),
    );
    checkWords(error.message, recording);
  }
  for (const error of [chat, stream.error]) {
    assert.ok(isFailure(expected.reason)(error));
    assert.equal(error.code, expected.grpc);
    const told = error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds;
    checkWait(told === undefined ? undefined : Number(told), expected.waitSeconds);
    checkWords(error.rawMessage, recording);
  }
  assert.deepEqual(
    stream.batches.flatMap(({ events }) => events),
    [],
  );
}

function checkWait(told: number | undefined, expected: ExpectedFailure["waitSeconds"]): void {
  if (expected === "until midnight") assertUntilPacificMidnight(told ?? Number.NaN);
  else assert.equal(told, expected);
}

/** What is about our key, project or quota is no business of a client; what is about its own request it reads in Google's words. */
function checkWords(message: string, recording: Recording): void {
  const google = recordedMessage(recording);
  const { words } = expectedFailure(recording);
  assert.equal(google !== "" && message.includes(google), words === "google", message);
  assert.doesNotMatch(message, /replay-key|project[-_ ]\d|test-project|console\.developers|<html/i);
}

function isFailure(reason: string) {
  return (error: unknown): error is ConnectError =>
    error instanceof ConnectError && error.findDetails(ErrorInfoSchema)[0]?.reason === reason;
}

function find(id: string): Recording {
  const recording = recordings.find((candidate) => candidate.id === id);
  assert.ok(recording, id);
  return recording;
}
