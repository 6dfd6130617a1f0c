// Voices by OpenAI's and by Gemini's names, and the containers of sound.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AudioFormat } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { refusalOf, requestOf, warningsOf } from "./reading.ts";

describe("speech", () => {
  const voiceOf = (voice: unknown): unknown => requestOf({ audio: { voice, format: "wav" } }).speech?.voicing.value;
  for (const [voice, expected] of Object.entries({
    alloy: "Kore",
    ash: "Charon",
    ballad: "Umbriel",
    coral: "Aoede",
    echo: "Puck",
    fable: "Fenrir",
    onyx: "Orus",
    nova: "Leda",
    sage: "Sulafat",
    shimmer: "Zephyr",
    verse: "Iapetus",
    marin: "Vindemiatrix",
    cedar: "Gacrux",
  })) {
    it(`speaks ${voice} as ${expected}, and says so`, () => {
      assert.equal(voiceOf(voice), expected);
      assert.deepEqual(warningsOf({ audio: { voice, format: "wav" } }), ["voice_mapped:audio.voice"]);
    });
  }
  it("has Gemini's voices under their names, in any case of letters", () => {
    assert.deepEqual(
      [voiceOf("Kore"), voiceOf("kore"), voiceOf("ZUBENELGENUBI"), voiceOf({ id: "puck" })],
      ["Kore", "Kore", "Zubenelgenubi", "Puck"],
    );
    assert.deepEqual(warningsOf({ audio: { voice: "kore" } }), []);
  });
  it("has no other voices", () => {
    for (const voice of ["bob", "constructor", "__proto__"]) {
      const failure = refusalOf({ audio: { voice, format: "wav" } });
      assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "audio.voice"]);
      assert.match(failure.message, /'alloy'.*'Sulafat'/);
    }
  });
  it("comes as wav, pcm16, mp3 or opus; OpenRouter's pcm is pcm16", () => {
    const asking = (format?: string): object => ({ modalities: ["audio"], audio: { voice: "Kore", format } });
    const formatOf = (format?: string): unknown => requestOf(asking(format)).speech?.format;
    assert.deepEqual(
      [formatOf("wav"), formatOf("pcm16"), formatOf("pcm"), formatOf("mp3"), formatOf("opus"), formatOf()],
      [
        AudioFormat.WAV,
        AudioFormat.PCM16,
        AudioFormat.PCM16,
        AudioFormat.MP3,
        AudioFormat.OPUS,
        AudioFormat.UNSPECIFIED,
      ],
    );
    for (const format of ["aac", "flac", "toString"]) {
      const failure = refusalOf({ audio: { voice: "Kore", format } });
      assert.deepEqual([failure.reason, failure.field], ["UNSUPPORTED_VALUE", "audio.format"]);
      assert.match(failure.message, /Supported values are: 'wav', 'pcm16', 'mp3', 'opus'/);
    }
  });
  it("is wav in a link, and says so", () => {
    for (const format of ["pcm16", "mp3", "opus"]) {
      const body = { audio: { voice: "Kore", format } };
      assert.equal(requestOf(body).speech?.format, AudioFormat.WAV);
      assert.deepEqual(warningsOf(body), ["parameter_ignored:audio.format"]);
    }
  });
  it("can have two speakers and a language, in Google's words", () => {
    const speaker = (name: string, voice: string): object => ({
      speaker: name,
      voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } },
    });
    const config = {
      languageCode: "en-US",
      multiSpeakerVoiceConfig: { speakerVoiceConfigs: [speaker("Joe", "puck"), speaker("Jane", "nova")] },
    };
    const { speech } = requestOf({ extra_body: { google: { speechConfig: config } } });
    assert(speech?.voicing.case === "multiSpeaker");
    assert.deepEqual(
      speech.voicing.value.speakers.map((each) => [each.speaker, each.voice]),
      [
        ["Joe", "Puck"],
        ["Jane", "Leda"],
      ],
    );
    assert.equal(speech.languageCode, "en-US");
    const one = { voice_config: { prebuilt_voice_config: { voice_name: "leda" } } };
    assert.equal(requestOf({ google: { speech_config: one } }).speech?.voicing.value, "Leda");
  });
});
