// Real answers of Gemini, through the reader of the upstream: the JSON answer equals the fold of its stream, and what is known of the
// recordings shows.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import { createFold } from "../../src/chat/fold.ts";
import type { ChatEvent, StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { AnswerReader } from "../../src/gemini/events.ts";
import type { GenerateContentResponse } from "../../src/gemini/wire.ts";
import { toChatCompletion } from "../../src/openai/response.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { readNativeParts } from "../../src/openai/native-parts.ts";
import { delivery, identity } from "./answers.ts";
import { foldChunks, readChunks, type Json } from "./sse-fold.ts";

const FOLDER = new URL("../recordings/", import.meta.url);

interface Recording {
  readonly name: string;
  readonly chunks: readonly GenerateContentResponse[];
}

/** Every recorded answer of generateContent, whole or streamed. */
function readRecordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json") && !name.startsWith("oaicompat"))
    .flatMap((name) => {
      const { response } = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
      const chunks: GenerateContentResponse[] = response?.chunks ?? (response?.body?.candidates ? [response.body] : []);
      return response?.status === 200 && chunks.length > 0 && chunks.every(isAnswer) ? [{ name, chunks }] : [];
    });
}

function isAnswer(chunk: unknown): boolean {
  return (
    typeof chunk === "object" &&
    chunk !== null &&
    ("candidates" in chunk || "promptFeedback" in chunk || "usageMetadata" in chunk)
  );
}

/** One batch per chunk; undefined when the recording is broken on purpose and the reader refuses it. */
function toEvents({ chunks }: Recording): StreamChatResponse[] | undefined {
  let calls = 0;
  const reader = new AnswerReader({
    model: "m",
    serviceTier: "",
    mintToolCallId: () => `call_${++calls}`,
    promptCharacters: () => 0,
    toFailure: () => new Failure("UPSTREAM_ERROR", "An error was recorded."),
  });
  const batches: StreamChatResponse[] = [];
  try {
    for (const chunk of [...chunks, undefined]) {
      const events: ChatEvent[] = [];
      if (chunk) reader.read(chunk, events);
      else reader.end(events);
      batches.push({ $typeName: "gemini.chat.v1.StreamChatResponse", events });
    }
  } catch {
    return undefined;
  }
  return batches;
}

const recordings = readRecordings().map((recording) => ({ ...recording, batches: toEvents(recording) }));

test("nearly all recorded answers can be read", () => {
  assert.ok(recordings.length > 200, `${recordings.length} recordings`);
  const broken = recordings.filter(({ batches }) => batches === undefined).map(({ name }) => name);
  assert.ok(broken.length < recordings.length / 20, broken.join("\n"));
});

for (const { name, batches } of recordings) {
  if (batches === undefined) continue;
  test(`${name}: the JSON answer equals the fold of the stream`, () => {
    const fold = createFold();
    const stream = createChunkStream(delivery, identity, { warnings: [] });
    let sse = "";
    for (const batch of batches) {
      for (const event of batch.events) fold.add(event);
      sse += stream.push(batch);
    }
    sse += stream.end();
    const response = fold.finish();
    const whole: Json = JSON.parse(JSON.stringify(toChatCompletion(response, delivery, identity, { warnings: [] })));
    assert.deepEqual(foldChunks(readChunks(sse)), whole);
    for (const { message } of whole.choices) checkRoundTrip(message);
  });
}

/** Native parts of an answer can be read back with the images that its content shows. */
function checkRoundTrip(message: Json): void {
  const native = message.extra_content?.google?.parts;
  if (native === undefined) return;
  const images = [...(message.content ?? "").matchAll(/!\[image\]\(/g)].map(() => ({
    $typeName: "gemini.chat.v1.Media" as const,
    mimeType: "image/png",
    source: { case: undefined } as const,
    resolution: 0 as const,
    name: "",
  }));
  assert.equal(readNativeParts(native, images, "parts", () => undefined).length, native.length);
}
