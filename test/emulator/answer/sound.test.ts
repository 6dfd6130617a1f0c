// Speech and music: PCM or WAV of a length that fits the text, in several pieces when streamed.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, partsOf, startTestEmulator } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const PCM = "audio/L16;codec=pcm;rate=24000";

const speech = (speechConfig: object = {}, rest: object = {}) => ({
  generationConfig: { responseModalities: ["AUDIO"], speechConfig, ...rest },
});
const voice = (voiceName: string) => ({ voiceConfig: { prebuiltVoiceConfig: { voiceName } } });

async function speak(model: string, text: string, config: object = {}) {
  const answer = await emulator.generate(model, ask(text, speech(config)));
  assert.equal(answer.status, 200, answer.text);
  const { mimeType, data } = partsOf(answer.json)[0].inlineData;
  return { mimeType, bytes: Buffer.from(data, "base64"), json: answer.json };
}

const soundsOf = (events: readonly unknown[]) =>
  events.flatMap((event) =>
    partsOf(event).flatMap((part) => (part.inlineData ? [Buffer.from(part.inlineData.data, "base64")] : [])),
  );

test("2.5 and 3.1 speak raw PCM at 24 kHz", async () => {
  for (const model of ["gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts", "gemini-3.1-flash-tts-preview"]) {
    const { mimeType, bytes, json } = await speak(model, "Hello there", voice("Kore"));
    assert.equal(mimeType, PCM);
    assert.equal(bytes.length % 2, 0);
    assert.ok(bytes.some((byte) => byte !== 0));
    const [detail] = json.usageMetadata.candidatesTokensDetails;
    assert.deepEqual(detail, { modality: "AUDIO", tokenCount: json.usageMetadata.candidatesTokenCount });
  }
});

test("3.8 speaks WAV whose header fits the sound", async () => {
  const { mimeType, bytes } = await speak("gemini-3.8-flash-tts", "Hello there");
  assert.equal(mimeType, "audio/wav");
  assert.equal(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16), "RIFFWAVEfmt ");
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8);
  assert.equal(bytes.readUInt32LE(24), 24_000);
  assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
});

test("3.8 speaks raw PCM when that is asked for", async () => {
  for (const responseFormat of [{ audio: { mimeType: "AUDIO_L16" } }, [{ audio: { mimeType: "AUDIO_L16" } }]]) {
    const { json } = await emulator.generate("gemini-3.8-flash-tts", ask("Hi", speech({}, { responseFormat })));
    assert.equal(partsOf(json)[0].inlineData.mimeType, PCM);
  }
  const other = await emulator.generate(
    "gemini-3.8-flash-tts",
    ask("Hi", speech({}, { responseFormat: { audio: { mimeType: "AUDIO_MP3" } } })),
  );
  assert.equal(other.status, 400);
});

test("a longer text sounds longer, another voice sounds different", async () => {
  const model = "gemini-2.5-flash-preview-tts";
  const short = (await speak(model, "Hi", voice("Kore"))).bytes;
  const long = (await speak(model, "Hello there, this is a much longer sentence.", voice("kore"))).bytes;
  assert.ok(long.length > 2 * short.length);
  const other = (await speak(model, "Hi", voice("Puck"))).bytes;
  assert.equal(other.length, short.length);
  assert.ok(!other.equals(short));
});

test("streams of 3.1 and 3.8 come in pieces that join to the whole, with at most one header", async () => {
  for (const model of ["gemini-3.1-flash-tts-preview", "gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"]) {
    const events = await emulator.stream(model, ask("Hello there", speech()));
    const pieces = soundsOf(events);
    assert.ok(pieces.length >= 3);
    assert.ok(Buffer.concat(pieces).equals((await speak(model, "Hello there")).bytes));
    const headers = pieces.filter((piece) => piece.toString("latin1", 0, 4) === "RIFF").length;
    assert.equal(headers, model.includes("3.8") ? 1 : 0);
    assert.equal(events.at(-1).candidates[0].finishReason, "STOP");
  }
});

test("a 2.5 stream is one finished chunk", async () => {
  const events = await emulator.stream("gemini-2.5-flash-preview-tts", ask("Hello there", speech()));
  assert.equal(events.length, 1);
  // Recording rubyllm-g2.5-flash-preview-tts-speech-…-0-a568, as a chunk.
  assert.deepEqual(Object.keys(events[0].candidates[0]), ["content", "finishReason", "index"]);
});

test("two speakers have two pitches", async () => {
  const speakers = ["Joe", "Jane"].map((speaker, index) => ({ speaker, ...voice(index === 0 ? "Puck" : "Kore") }));
  const config = { multiSpeakerVoiceConfig: { speakerVoiceConfigs: speakers } };
  const model = "gemini-2.5-flash-preview-tts";
  const both = (await speak(model, "Joe: Hi\nJane: Hi", config)).bytes;
  const alone = (await speak(model, "Joe: Hi\nJane: Hi", voice("Puck"))).bytes;
  assert.equal(both.length, alone.length);
  assert.ok(!both.equals(alone));
  const labelled = {
    contents: [
      { role: "user", parts: ["Joe", "Jane"].map((speaker) => ({ text: "Hi", speechMetadata: { speaker } })) },
    ],
    ...speech(config),
  };
  assert.equal((await emulator.generate("gemini-3.8-flash-tts", labelled)).status, 200);
});

test("refuses what speech cannot do", async () => {
  const speaker = { speaker: "Joe", ...voice("Puck") };
  const rows: readonly (readonly [string, object, RegExp])[] = [
    [
      "gemini-2.5-flash-preview-tts",
      ask("Hi", speech(voice("Bob"))),
      /^Voice name Bob is not supported\. Allowed voice names are: achernar/,
    ],
    [
      "gemini-2.5-flash-preview-tts",
      ask("Hi", speech({ multiSpeakerVoiceConfig: { speakerVoiceConfigs: [speaker] } })),
      /exactly 2/,
    ],
    [
      "gemini-2.5-flash-preview-tts",
      ask("Hi", speech({ ...voice("Puck"), multiSpeakerVoiceConfig: { speakerVoiceConfigs: [speaker, speaker] } })),
      /mutually exclusive/,
    ],
    ["gemini-2.5-flash-preview-tts", ask("Hi", speech({ voiceConfig: { voice: "voice_1" } })), /^Custom voices/],
    [
      "gemini-3.8-flash-tts",
      ask(
        "Hi",
        speech({ multiSpeakerVoiceConfig: { speakerVoiceConfigs: [speaker, { ...speaker, speaker: "Jane" }] } }),
      ),
      /speaker is required/,
    ],
    [
      "gemini-3.8-flash-tts",
      ask("Hi", { ...speech(), systemInstruction: { parts: [{ text: "a" }] } }),
      /^Developer instruction is not enabled/,
    ],
    ["gemini-3.8-flash-tts", ask("Hi", { ...speech(), tools: [{ googleSearch: {} }] }), /not enabled/],
    [
      "gemini-3.8-flash-tts",
      ask("Hi", { ...speech(), tools: [{ functionDeclarations: [{ name: "f" }] }] }),
      /^Function calling is not enabled/,
    ],
    [
      "gemini-3.8-flash-tts",
      ask("Hi", speech({}, { responseMimeType: "application/json" })),
      /^JSON mode is not enabled/,
    ],
  ];
  for (const [model, body, text] of rows) {
    const answer = await emulator.generate(model, body);
    assert.equal(answer.status, 400);
    assert.match(answer.json.error.message, text);
  }
});

test("music models answer lyrics and an MP3", async () => {
  const [lyrics, song] = partsOf((await emulator.generate("lyria-3-clip-preview", ask("A song about rain"))).json);
  assert.match(lyrics.text, /A song about rain/);
  assert.equal(song.inlineData.mimeType, "audio/mpeg");
  const bytes = Buffer.from(song.inlineData.data, "base64");
  for (let at = 0; at < bytes.length; at += 104) assert.equal(bytes.readUInt32BE(at), 0xfffb1000);
});
