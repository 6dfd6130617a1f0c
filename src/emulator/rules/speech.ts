// speechConfig: known voices, one or exactly two speakers, speaker labels where the model wants them.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import type { GenerateRequest, SpeechConfig, VoiceConfig } from "../request.ts";

/** The thirty prebuilt voices; the API takes them in any case. */
const VOICES = (
  "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina " +
  "Erinome Algenib Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi " +
  "Vindemiatrix Sadachbia Sadaltager Sulafat"
)
  .toLowerCase()
  .split(" ")
  .sort();

const SPEAKERS = 2;

/** Throws a 400 for unknown voices and impossible casts. */
export function checkSpeech(request: GenerateRequest, model: EmulatedModel): void {
  const config = request.generationConfig?.speechConfig;
  if (config === undefined) return;
  const speakers = config.multiSpeakerVoiceConfig?.speakerVoiceConfigs;
  if (config.multiSpeakerVoiceConfig !== undefined) {
    if (config.voiceConfig !== undefined) {
      throw invalidArgument("voice_config and multi_speaker_voice_config are mutually exclusive.");
    }
    if (speakers?.length !== SPEAKERS) {
      throw invalidArgument(`multi_speaker_voice_config must have exactly ${SPEAKERS} speaker_voice_configs.`);
    }
  }
  checkVoice(config.voiceConfig, model);
  for (const speaker of speakers ?? []) checkVoice(speaker.voiceConfig, model);
  if (speakers !== undefined && model.generation >= 3.8) checkSpeakerLabels(request, config);
}

function checkVoice(config: VoiceConfig | undefined, model: EmulatedModel): void {
  const name = config?.prebuiltVoiceConfig?.voiceName;
  if (name !== undefined && !VOICES.includes(name.toLowerCase())) {
    throw invalidArgument(`Voice name ${name} is not supported. Allowed voice names are: ${VOICES.join(", ")}`);
  }
  if (config?.voice !== undefined && model.generation < 3.8) {
    throw invalidArgument("Custom voices are not supported for this model.");
  }
}

/** 3.8 speaks text verbatim, so it must be told the speaker of every part. */
function checkSpeakerLabels(request: GenerateRequest, config: SpeechConfig): void {
  const known = config.multiSpeakerVoiceConfig?.speakerVoiceConfigs?.map(({ speaker }) => speaker) ?? [];
  const parts = (request.contents ?? []).flatMap((content) => content.parts ?? []);
  const unknown = parts.find((part) => !known.includes(part.speechMetadata?.speaker ?? ""));
  if (unknown !== undefined) {
    throw invalidArgument("speech_metadata.speaker is required on every part and must name a configured speaker.");
  }
}
