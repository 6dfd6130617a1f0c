// Goal: a client that asks for mp3 or Opus gets it, whole or in pieces that can be played, on every face.
// Method: a gateway on the emulator's speech models; the bytes are judged by strict readers of both formats.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient, type Client } from "@connectrpc/connect";
import { AudioFormat, ChatService, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readWav } from "../../src/media/audio.ts";
import { mainDataOf, readMp3Frames, readOggPages } from "../media/sound-judges.ts";
import { readChunks, type Json } from "../openai/sse-fold.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";

let gateway: TestGateway;
let chat: Client<typeof ChatService>;
before(async () => {
  gateway = await startGateway();
  const grpc = transportsOf(gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  chat = createClient(ChatService, grpc.transport);
});
after(() => gateway[Symbol.asyncDispose]());

const TEXT = "Say cheerfully: have a wonderful day!";
const spoken = (model: string, format: string): object => ({
  model,
  modalities: ["text", "audio"],
  audio: { voice: "Kore", format },
  messages: [{ role: "user", content: TEXT }],
});

/** Samples at 24 kHz of a sound in this format. */
function lengthOf(format: string, bytes: Buffer): number {
  if (format === "wav") return (bytes.length - (readWav(bytes)?.dataOffset ?? 0)) / 2;
  if (format === "mp3") return readMp3Frames(bytes).length * 576;
  const pages = readOggPages(bytes);
  return (Number(pages.at(-1)?.position) - (pages[0]?.packets[0]?.readUInt16LE(10) ?? 0)) / 2;
}

/** mp3 begins with 1,105 samples of LAME's and ends with a whole frame; Opus says what of it is the sound. */
function assertLength(format: string, bytes: Buffer, samples: number): void {
  const expected = format === "mp3" ? Math.ceil((samples + 1105) / 576) * 576 : samples;
  assert.equal(lengthOf(format, bytes), expected);
}

async function completion(body: object): Promise<Json> {
  const response = await gateway.post(body);
  const json = (await response.json()) as Json;
  assert.equal(response.status, 200, JSON.stringify(json));
  return json;
}

/** The pieces of sound of a stream; checks that their texts can be joined. */
async function piecesOf(body: object): Promise<Buffer[]> {
  const response = await gateway.post({ ...body, stream: true });
  const deltas = readChunks(await response.text()).flatMap(({ choices }) =>
    choices.map((choice: Json) => choice.delta.audio ?? {}),
  );
  const texts: string[] = deltas.flatMap(({ data }: Json) => data ?? []);
  const pieces = texts.map((data) => Buffer.from(data, "base64"));
  assert.deepEqual(Buffer.from(texts.join(""), "base64"), Buffer.concat(pieces));
  assert.equal(deltas.filter((delta: Json) => "expires_at" in delta).length, 1);
  return pieces;
}

for (const model of ["gemini-3.8-flash-tts", "gemini-2.5-flash-preview-tts"]) {
  describe(`sound of ${model}`, () => {
    let samples = 0;
    before(async () => {
      const { choices } = await completion(spoken(model, "wav"));
      samples = lengthOf("wav", Buffer.from(choices[0].message.audio.data, "base64"));
      assert.ok(samples > 24_000);
    });

    for (const format of ["mp3", "opus"]) {
      test(`is a whole ${format} in a JSON answer`, async () => {
        const { choices, warnings } = await completion(spoken(model, format));
        const { audio, content } = choices[0].message;
        assert.deepEqual([content, warnings], [null, undefined]);
        assertLength(format, Buffer.from(audio.data, "base64"), samples);
      });

      test(`streams as ${format}`, async () => {
        const pieces = await piecesOf(spoken(model, format));
        assertLength(format, Buffer.concat(pieces), samples);
        // Google streams speech in pieces only from 3.8 on.
        assert.ok(model.startsWith("gemini-2.5") || pieces.length > 1);
        if (format === "mp3") {
          for (const frames of pieces.map(readMp3Frames)) {
            assert.ok(frames.every(({ borrowed }) => borrowed === 0));
            mainDataOf(frames);
          }
        } else {
          assert.equal(pieces[0]?.toString("latin1", 28, 36), "OpusHead");
        }
      });

      test(`is ${format} over gRPC, in pieces and whole`, async () => {
        const request = {
          model,
          messages: [{ role: Role.USER, parts: [{ kind: { case: "text" as const, value: TEXT } }] }],
          speech: {
            voicing: { case: "voice" as const, value: "Kore" },
            format: format === "mp3" ? AudioFormat.MP3 : AudioFormat.OPUS,
          },
        };
        const mimeType = format === "mp3" ? "audio/mpeg" : "audio/ogg;codecs=opus";
        const batches = await Array.fromAsync(chat.streamChat(request));
        const media = batches.flatMap(({ events }) =>
          events.flatMap(({ event }) => (event.case === "media" ? event.value : [])),
        );
        assert.deepEqual([...new Set(media.map((chunk) => chunk.mimeType))], [mimeType]);
        const pieces = media.map(({ source }) => Buffer.from(source.case === "data" ? source.value : []));
        for (const piece of pieces) void (format === "mp3" ? readMp3Frames(piece) : readOggPages(piece));
        assertLength(format, Buffer.concat(pieces), samples);

        const { candidates } = await chat.chat(request);
        const parts = candidates[0]?.parts.flatMap(({ kind }) => (kind.case === "media" ? kind.value : [])) ?? [];
        assert.deepEqual(
          parts.map((part) => part.mimeType),
          [mimeType],
        );
        const [source] = parts.map((part) => part.source);
        assertLength(format, Buffer.from(source?.case === "data" ? source.value : []), samples);
      });
    }

    test("stays WAV in a link, with a warning", async () => {
      const { choices, warnings } = await completion({ ...spoken(model, "mp3"), modalities: undefined });
      assert.match(choices[0].message.content, /^\[audio\]\(data:audio\/wav;base64,/);
      assert.ok(warnings.some(({ code, param }: Json) => code === "parameter_ignored" && param === "audio.format"));
    });
  });
}

test("several answers of one request have a sound each", async () => {
  const { choices } = await completion({ ...spoken("gemini-3.8-flash-tts", "opus"), n: 2 });
  assert.equal(choices.length, 2);
  for (const { message } of choices) assert.ok(lengthOf("opus", Buffer.from(message.audio.data, "base64")) > 24_000);
});

test("a client that leaves in the middle does no harm to the next one", async () => {
  const leaving = new AbortController();
  const body = { ...spoken("gemini-3.8-flash-tts", "mp3"), stream: true };
  const response = await gateway.post(body, {}, leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
  assert.ok((await piecesOf(spoken("gemini-3.8-flash-tts", "mp3"))).length > 1);
});

test("aac and flac are a 400 that names the field and what works", async () => {
  for (const format of ["aac", "flac"]) {
    const response = await gateway.post(spoken("gemini-3.8-flash-tts", format));
    const { error } = (await response.json()) as Json;
    assert.deepEqual([response.status, error.param, error.code], [400, "audio.format", "unsupported_value"]);
    assert.match(error.message, /'wav', 'pcm16', 'mp3', 'opus'/);
  }
});
