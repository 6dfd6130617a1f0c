// Speech: voices, speakers and styles, for models that read verbatim and for older ones that are directed by the text (2.12).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assistant, call, map, MODELS, type PartInit, type RequestInit, result, user } from "./mapping.ts";

const said = (text: string, direction: { speaker?: string; style?: string } = {}): PartInit => ({
  kind: { case: "text", value: text },
  ...direction,
});

const duo: RequestInit["speech"] = {
  voicing: {
    case: "multiSpeaker",
    value: {
      speakers: [
        { speaker: "Joe", voice: "Puck" },
        { speaker: "Jane", voice: "Kore" },
      ],
    },
  },
};

describe("voices", () => {
  test("go up as they are named, with the language", () => {
    const speech: RequestInit["speech"] = { voicing: { case: "voice", value: "Kore" }, languageCode: "en-US" };
    assert.deepEqual(map({ messages: [user("Hi")], speech }, MODELS.olderSpeech).body.generationConfig, {
      responseModalities: ["AUDIO"],
      speechConfig: { languageCode: "en-US", voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
    });
  });

  test("of the caller's own are known from 3.8 on", () => {
    const speech: RequestInit["speech"] = { voicing: { case: "voice", value: "voice_abc" } };
    const config = (model: string) =>
      map({ messages: [user("Hi")], speech }, model).body.generationConfig?.speechConfig;
    assert.deepEqual(config(MODELS.speech), { voiceConfig: { voice: "voice_abc" } });
    assert.deepEqual(config(MODELS.olderSpeech), { voiceConfig: { prebuiltVoiceConfig: { voiceName: "voice_abc" } } });
  });

  test("of two speakers stand instead of one", () => {
    const { body } = map({ messages: [user("Joe: Hi")], speech: duo }, MODELS.olderSpeech);
    assert.deepEqual(body.generationConfig?.speechConfig, {
      multiSpeakerVoiceConfig: {
        speakerVoiceConfigs: [
          { speaker: "Joe", voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
          { speaker: "Jane", voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
        ],
      },
    });
  });

  test("mean nothing to models that do not speak", () => {
    const { body, warnings } = map({ messages: [user(said("Hi", { style: "sadly" }))], speech: duo });
    assert.equal(body.generationConfig, undefined);
    assert.deepEqual(warnings, ["parameter_ignored:messages[0].parts[0].style", "parameter_ignored:speech"]);
  });

  test("of nothing said send no speechConfig", () => {
    assert.deepEqual(map({ messages: [user("Hi")], speech: {} }, MODELS.speech).body.generationConfig, {
      responseModalities: ["AUDIO"],
    });
  });
});

describe("verbatim models (from 3.8 on)", () => {
  const partsOf = (parts: (string | PartInit)[], speech?: RequestInit["speech"]) =>
    map({ messages: [user(...parts)], ...(speech && { speech }) }, MODELS.speech).body.contents[0]?.parts;

  test("take style beside the text", () => {
    assert.deepEqual(partsOf([said("Hello!", { style: "cheerfully" })]), [
      { text: "Hello!", speechMetadata: { style: "cheerfully" } },
    ]);
    assert.deepEqual(partsOf(["Hello!"]), [{ text: "Hello!" }]);
  });

  test("take speakers beside each text", () => {
    assert.deepEqual(
      partsOf([said("Hi.", { speaker: "Joe" }), said("Hey!", { speaker: "Jane", style: "whispering" })], duo),
      [
        { text: "Hi.", speechMetadata: { speaker: "Joe" } },
        { text: "Hey!", speechMetadata: { speaker: "Jane", style: "whispering" } },
      ],
    );
  });

  test("get text that was written for older ones line by line, its direction as style", () => {
    assert.deepEqual(partsOf(["TTS this, calmly:\nJoe: Hi.\nHow are you?\nJane:  Fine: thanks.\n"], duo), [
      { text: "Hi.\nHow are you?", speechMetadata: { speaker: "Joe", style: "TTS this, calmly:" } },
      { text: "Fine: thanks.", speechMetadata: { speaker: "Jane", style: "TTS this, calmly:" } },
    ]);
  });

  test("refuse text that nobody speaks, and speakers that are not set up", () => {
    const field = "messages[0].parts[0].speaker";
    assert.throws(() => partsOf(["Hi."], duo), { reason: "MISSING_REQUIRED_PARAMETER", field });
    assert.throws(() => partsOf([said("Hi.", { speaker: "Jim" })], duo), { reason: "INVALID_VALUE", field });
  });

  test("drop a speaker when there is one voice, with a warning", () => {
    const { body, warnings } = map({ messages: [user(said("Hi.", { speaker: "Joe" }))] }, MODELS.speech);
    assert.deepEqual(body.contents[0]?.parts, [{ text: "Hi." }]);
    assert.deepEqual(warnings, ["parameter_ignored:messages[0].parts[0].speaker"]);
  });
});

describe("older models", () => {
  test("are directed by one text", () => {
    const parts = [
      said("Hello!", { style: "cheerfully" }),
      said("Hi.", { speaker: "Joe" }),
      said("Hey!", { speaker: "Jane", style: "sadly" }),
      "Bye.",
    ];
    assert.deepEqual(map({ messages: [user(...parts)], speech: duo }, MODELS.olderSpeech).body.contents, [
      { role: "user", parts: [{ text: "Say cheerfully: Hello!\nJoe: Hi.\nJane (sadly): Hey!\nBye." }] },
    ]);
  });
});

describe("what is no text", () => {
  test("is not read out, and a warning tells it", () => {
    const messages = [user("Hi."), assistant(call("a", "f")), user(result("a", "1"), "Read this.")];
    const { body, warnings } = map({ messages }, MODELS.speech);
    assert.deepEqual(body.contents, [{ role: "user", parts: [{ text: "Hi." }, { text: "Read this." }] }]);
    assert.deepEqual(warnings, [
      "part_ignored:messages[1].parts[0]",
      "part_ignored:messages[2].parts[0]",
      "message_dropped:messages[1]",
    ]);
  });
});

describe("a last message of the assistant", () => {
  for (const model of [MODELS.speech, MODELS.olderSpeech]) {
    test(`is what ${model} is to speak`, () => {
      const { body, warnings } = map({ messages: [user("Read:"), assistant("Hello.")] }, model);
      assert.deepEqual(body.contents.at(-1), { role: "user", parts: [{ text: "Hello." }] });
      assert.deepEqual(warnings, ["role_adjusted:messages[1]"]);
    });
  }
});
