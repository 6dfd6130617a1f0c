// Voice and container of generated speech: OpenAI's `audio`, and Google's speech_config for two speakers or a language.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { AudioFormat, type MultiSpeaker, type SpeechOptions } from "../gen/gemini/chat/v1/chat_pb.ts";
import { quoteForMessage } from "./quote.ts";
import type { ChatCompletionBody } from "./schema.ts";
import type { GoogleOptions } from "./schema/google.ts";

/** OpenAI's voices → the Gemini voice of the most similar character. */
const OPENAI_VOICES: ReadonlyMap<string, string> = new Map([
  ["alloy", "Kore"],
  ["ash", "Charon"],
  ["ballad", "Umbriel"],
  ["coral", "Aoede"],
  ["echo", "Puck"],
  ["fable", "Fenrir"],
  ["onyx", "Orus"],
  ["nova", "Leda"],
  ["sage", "Sulafat"],
  ["shimmer", "Zephyr"],
  ["verse", "Iapetus"],
  ["marin", "Vindemiatrix"],
  ["cedar", "Gacrux"],
]);

/** All of Gemini's prebuilt voices. */
const GEMINI_VOICES = (
  "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina Erinome Algenib " +
  "Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi Vindemiatrix Sadachbia Sadaltager Sulafat"
).split(" ");
const GEMINI_VOICE_OF: ReadonlyMap<string, string> = new Map(
  GEMINI_VOICES.map((voice) => [voice.toLowerCase(), voice]),
);

/** Formats we can write; OpenAI also knows aac and flac. */
const FORMATS: ReadonlyMap<string, AudioFormat> = new Map([
  ["wav", AudioFormat.WAV],
  ["pcm16", AudioFormat.PCM16],
  ["mp3", AudioFormat.MP3],
  ["opus", AudioFormat.OPUS],
]);

/** Speech options of a request; undefined when nothing was said. Throws INVALID_VALUE for an unknown voice, UNSUPPORTED_VALUE for a format. */
export function readSpeech(body: ChatCompletionBody, raise: RaiseWarning): SpeechOptions | undefined {
  const { audio } = body;
  const config = body.extra_body?.google?.speech_config;
  if (!audio && !config) return undefined;
  return {
    $typeName: "gemini.chat.v1.SpeechOptions",
    voicing: readVoicing(audio?.voice, config ?? {}, raise),
    languageCode: config?.language_code ?? "",
    format: readFormat(audio?.format ?? undefined, body.modalities?.includes("audio") ?? false, raise),
  };
}

type SpeechConfig = NonNullable<GoogleOptions["speech_config"]>;
type PlainVoice = NonNullable<ChatCompletionBody["audio"]>["voice"];

function readVoicing(voice: PlainVoice, config: SpeechConfig, raise: RaiseWarning): SpeechOptions["voicing"] {
  const at = "extra_body.google.speech_config";
  const speakers = config.multi_speaker_voice_config?.speaker_voice_configs;
  if (speakers) return { case: "multiSpeaker", value: toMultiSpeaker(speakers, at, raise) };
  const prebuilt = config.voice_config?.prebuilt_voice_config.voice_name;
  const name = typeof voice === "object" ? voice?.id : voice;
  if (name)
    return {
      case: "voice",
      value: toGeminiVoice(name, typeof voice === "object" ? "audio.voice.id" : "audio.voice", raise),
    };
  if (prebuilt === undefined) return { case: undefined };
  return {
    case: "voice",
    value: toGeminiVoice(prebuilt, `${at}.voice_config.prebuilt_voice_config.voice_name`, raise),
  };
}

function toMultiSpeaker(
  speakers: NonNullable<SpeechConfig["multi_speaker_voice_config"]>["speaker_voice_configs"],
  at: string,
  raise: RaiseWarning,
): MultiSpeaker {
  const list = `${at}.multi_speaker_voice_config.speaker_voice_configs`;
  return {
    $typeName: "gemini.chat.v1.MultiSpeaker",
    speakers: speakers.map(({ speaker, voice_config: { prebuilt_voice_config: prebuilt } }, index) => ({
      $typeName: "gemini.chat.v1.SpeakerVoice",
      speaker: speaker.toWellFormed(),
      voice: toGeminiVoice(
        prebuilt.voice_name,
        `${list}[${index}].voice_config.prebuilt_voice_config.voice_name`,
        raise,
      ),
    })),
  };
}

function toGeminiVoice(name: string, param: string, raise: RaiseWarning): string {
  const word = name.toLowerCase();
  const own = GEMINI_VOICE_OF.get(word);
  if (own !== undefined) return own;
  const mapped = OPENAI_VOICES.get(word);
  if (mapped === undefined) {
    const known = [...OPENAI_VOICES.keys(), ...GEMINI_VOICES].map(quoteForMessage).join(", ");
    throw new Failure("INVALID_VALUE", `Invalid value: ${quoteForMessage(name)}. Supported values are: ${known}.`, {
      field: param,
    });
  }
  raise("voice_mapped", param, `Gemini has no voice '${word}'; its voice '${mapped}' speaks.`);
  return mapped;
}

/** Without the audio modality sound is a link in `content` (`asMessage` is false), and that is WAV: every client plays it. */
function readFormat(format: string | undefined, asMessage: boolean, raise: RaiseWarning): AudioFormat {
  if (format === undefined) return AudioFormat.UNSPECIFIED;
  const known = FORMATS.get(format);
  if (known !== undefined && known !== AudioFormat.WAV && !asMessage) {
    const message = `A link in the content holds WAV; ask for the modality 'audio' to get ${format}.`;
    raise("parameter_ignored", "audio.format", message);
    return AudioFormat.WAV;
  }
  if (known !== undefined) return known;
  const supported = [...FORMATS.keys()].map(quoteForMessage).join(", ");
  const message = `Unsupported value: 'audio.format' does not support ${quoteForMessage(format)} here. Supported values are: ${supported}.`;
  throw new Failure("UNSUPPORTED_VALUE", message, { field: "audio.format" });
}
