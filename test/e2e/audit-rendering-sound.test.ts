// The public interface on sound, sentence by sentence: where it stands, in which container, in how many pieces, and whose voice it is.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readChunks, type Json } from "../openai/sse-fold.ts";
import { partsChunk, type JsonObject } from "../support/faulty-gemini.ts";
import { startRig, STREAM, user, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

const SAMPLES = Buffer.from(Array.from({ length: 2002 }, (_, index) => (index * 7) & 255));
const UNKNOWN = 0xffffffff;
const HEADER_BYTES = 44;

/** A WAV of 24 kHz, one channel, as 3.8 models make it; `announced` is the length its header tells. */
function wavOf(samples: Buffer, announced = samples.length): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", "latin1");
  header.writeUInt32LE(Math.min(announced + 36, UNKNOWN), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(24_000, 24);
  header.writeUInt32LE(48_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(announced, 40);
  return Buffer.concat([header, samples]);
}

const PCM = "audio/L16;codec=pcm;rate=24000";
const sound = (bytes: Buffer, mimeType = PCM): JsonObject => ({
  inlineData: { mimeType, data: bytes.toString("base64") },
});
/** The ways in which Gemini was seen, or is said, to deliver a sound: each entry is one chunk. */
const DELIVERIES: Readonly<Record<string, JsonObject[]>> = {
  "bare samples at once": [sound(SAMPLES)],
  "bare samples in odd pieces": [0, 100, 702, 703].map((start, index, all) =>
    sound(SAMPLES.subarray(start, all[index + 1])),
  ),
  "samples called audio/pcm": [sound(SAMPLES, "audio/pcm;rate=24000")],
  "one WAV": [sound(wavOf(SAMPLES), "audio/wav")],
  "a WAV in pieces, the header in the first": [
    sound(wavOf(SAMPLES.subarray(0, 1000), UNKNOWN), "audio/wav"),
    sound(SAMPLES.subarray(1000), "audio/wav"),
  ],
  "a WAV in pieces with a header each": [
    sound(wavOf(SAMPLES.subarray(0, 1000)), "audio/wav"),
    sound(wavOf(SAMPLES.subarray(1000)), "audio/wav"),
  ],
};
const TTS = { model: "gemini-3.8-flash-tts" };
const spoken = (format?: string): object => ({
  ...TTS,
  modalities: ["audio"],
  audio: { voice: "Kore", ...(format !== undefined && { format }) },
});
const answerOf = (parts: readonly JsonObject[]): JsonObject[] => [
  ...parts.map((part) => partsChunk([part])),
  partsChunk([], { finishReason: "STOP" }),
];
const deltasOf = (text: string): Json[] =>
  readChunks(text).flatMap(({ choices }) => choices.flatMap(({ delta }: Json) => delta.audio ?? []));

describe("sound that was asked for", () => {
  for (const [delivery, parts] of Object.entries(DELIVERIES)) {
    for (const format of ["wav", undefined]) {
      test(`is message.audio as a whole WAV, and a stream's has one header that knows no length: ${delivery}, ${format ?? "no format"}`, async () => {
        const { json } = await rig.ask(spoken(format), answerOf(parts));
        const { content, audio } = json.choices[0].message;
        assert.equal(content, null);
        assert.deepEqual(Buffer.from(audio.data, "base64"), wavOf(SAMPLES));
        const streamed = (await rig.ask({ ...spoken(format), ...STREAM }, answerOf(parts))).json.choices[0].message;
        assert.equal(streamed.content, null);
        const wav = Buffer.from(streamed.audio.data, "base64");
        assert.deepEqual([wav.readUInt32LE(4), wav.readUInt32LE(40)], [UNKNOWN, UNKNOWN]);
        assert.deepEqual(wav.subarray(HEADER_BYTES), SAMPLES);
      });
    }

    test(`is bare samples as pcm16: ${delivery}`, async () => {
      const { json } = await rig.askBoth(spoken("pcm16"), answerOf(parts));
      assert.deepEqual(Buffer.from(json.choices[0].message.audio.data, "base64"), SAMPLES);
    });

    test(`comes in pieces of multiples of 6 bytes, the id first and expires_at once and last: ${delivery}`, async () => {
      for (const format of ["wav", "pcm16"]) {
        const deltas = deltasOf((await rig.ask({ ...spoken(format), ...STREAM }, answerOf(parts))).text);
        const pieces = deltas.flatMap(({ data }: Json) => data ?? []);
        assert.equal(Buffer.from(pieces.join(""), "base64").toString("base64"), pieces.join(""));
        for (const piece of pieces.slice(0, -1)) assert.equal(Buffer.from(piece, "base64").length % 6, 0);
        assert.match(deltas[0].id, /^audio_/);
        assert.deepEqual(Object.keys(deltas.at(-1)), ["expires_at"]);
        assert.equal(deltas.filter((delta: Json) => "id" in delta || "expires_at" in delta).length, 2);
      }
    });

    test(`is a link to a WAV in content when the modality was not asked for: ${delivery}`, async () => {
      for (const body of [TTS, { ...TTS, audio: { voice: "Kore", format: "pcm16" } }]) {
        const { json } = await rig.askBoth(body, answerOf(parts));
        const { content, audio } = json.choices[0].message;
        const [, data = ""] = /^\[audio\]\(data:audio\/wav;base64,([^)]+)\)$/.exec(content) ?? [];
        assert.deepEqual([audio, Buffer.from(data, "base64")], [undefined, wavOf(SAMPLES)]);
      }
    });
  }

  test("in a format nobody encodes is a 400 that names the field, before Gemini is called", async () => {
    for (const format of ["aac", "flac"]) {
      const { status, json, sent } = await rig.ask(spoken(format));
      assert.deepEqual([status, json.error.param, sent], [400, "audio.format", []]);
    }
  });
});

describe("voices", () => {
  const voice = (voiceName: string): object => ({ prebuiltVoiceConfig: { voiceName } });
  const joe = { speaker: "Joe", voiceConfig: voice("Puck") };
  const two = {
    google: {
      speechConfig: {
        multiSpeakerVoiceConfig: { speakerVoiceConfigs: [joe, { speaker: "Jane", voiceConfig: voice("Kore") }] },
      },
    },
  };
  const line = (text: string, speaker: string, style?: string): object => ({
    type: "text",
    text,
    extra_content: { google: { speech_metadata: { speaker, ...(style && { style }) } } },
  });
  const partsSent = async (body: object): Promise<Json> => {
    const { sent } = await rig.ask(body, answerOf([sound(SAMPLES)]));
    return sent[0];
  };

  test("of OpenAI's names are replaced with a warning, Gemini's pass", async () => {
    for (const [name, expected, warnings] of [
      ["alloy", "Kore", ["voice_mapped:audio.voice"]],
      ["cedar", "Gacrux", ["voice_mapped:audio.voice"]],
      ["Zephyr", "Zephyr", []],
    ] as const) {
      const told = await rig.ask(
        { ...spoken("wav"), audio: { voice: name, format: "wav" } },
        answerOf([sound(SAMPLES)]),
      );
      assert.deepEqual(told.sent[0].generationConfig.speechConfig, { voiceConfig: voice(expected) });
      assert.deepEqual(told.warnings, warnings);
    }
  });

  const rows: [title: string, model: string, content: unknown, parts: object[]][] = [
    [
      "of two speakers stand in one text with older models",
      "gemini-2.5-flash-preview-tts",
      [line("hi", "Joe", "cheerfully"), line("hey", "Jane")],
      [{ text: "Joe (cheerfully): hi\nJane: hey" }],
    ],
    [
      "of two speakers stand beside verbatim texts from 3.8 on",
      "gemini-3.8-flash-tts",
      [line("hi", "Joe", "cheerfully"), line("hey", "Jane")],
      [
        { text: "hi", speechMetadata: { speaker: "Joe", style: "cheerfully" } },
        { text: "hey", speechMetadata: { speaker: "Jane" } },
      ],
    ],
    [
      "of a script for older models become speakers of verbatim texts from 3.8 on",
      "gemini-3.8-flash-tts",
      "Joe: hi\nJane: hey",
      [
        { text: "hi", speechMetadata: { speaker: "Joe" } },
        { text: "hey", speechMetadata: { speaker: "Jane" } },
      ],
    ],
  ];
  for (const [title, model, content, parts] of rows) {
    test(title, async () => {
      const sent = await partsSent({ model, messages: [user(content)], ...two });
      assert.deepEqual(sent.contents[0].parts, parts);
      assert.deepEqual(sent.generationConfig.speechConfig, two.google.speechConfig);
      assert.deepEqual(sent.generationConfig.responseModalities, ["AUDIO"]);
    });
  }
});
