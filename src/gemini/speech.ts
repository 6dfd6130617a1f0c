// Voices of generated speech: speechConfig.
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { SpeechOptions } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import { speaks } from "./parts.ts";
import type { WireSpeechConfig, WireVoiceConfig } from "./wire-request.ts";

/** Ids of a caller's own voices; models from 3.8 on know them. */
const CUSTOM_VOICE = /^(voice|voicekey)_/;

/** speechConfig; the container of the sound is not Gemini's matter. */
export function toSpeechConfig(
  speech: SpeechOptions | undefined,
  model: ModelProfile,
  raise: RaiseWarning,
): WireSpeechConfig | undefined {
  if (speech === undefined) return undefined;
  if (!speaks(model)) {
    raise("parameter_ignored", "speech", `${model.id} does not speak; voice and language were not sent.`);
    return undefined;
  }
  const { voicing, languageCode } = speech;
  return present({
    ...(languageCode && { languageCode }),
    ...(voicing.case === "voice" && voicing.value !== "" && { voiceConfig: toVoiceConfig(voicing.value, model) }),
    ...(voicing.case === "multiSpeaker" && {
      multiSpeakerVoiceConfig: {
        speakerVoiceConfigs: voicing.value.speakers.map(({ speaker, voice }) => ({
          speaker,
          voiceConfig: toVoiceConfig(voice, model),
        })),
      },
    }),
  });
}

function toVoiceConfig(voice: string, model: ModelProfile): WireVoiceConfig {
  if (model.verbatimSpeech && CUSTOM_VOICE.test(voice)) return { voice };
  return { prebuiltVoiceConfig: { voiceName: voice } };
}
