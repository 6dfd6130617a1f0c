// Speaks and plays: speech models turn the text into a tone, music models add lyrics to a silent song.

import { silentMp3 } from "../silence.ts";
import { BYTES_PER_SECOND, SAMPLE_RATE, speak, waveHeader, type Voiced } from "../wave.ts";
import { invalidArgument } from "../errors.ts";
import { withoutTriggers } from "../triggers.ts";
import type { AnswerContext, AnswerPart, Draft } from "./answer.ts";
import { textPart } from "./text-part.ts";

const TOKENS_PER_SECOND = 25;

/** A stream sends at least this many pieces of speech… */
const MIN_PIECES = 3;

/** …and none longer than this. */
const MAX_PIECE_SECONDS = 2;

const DEFAULT_VOICE = "Kore";

/** The prompt as sound; throws a 400 for an audio format the emulator cannot make. */
export function speakPrompt(context: AnswerContext): Draft {
  const pcm = speak(linesOf(context));
  const asWave = answersWave(context);
  const pieces = cutPieces(pcm);
  const first = Buffer.concat([asWave ? waveHeader(pcm.length) : Buffer.alloc(0), pieces[0] ?? Buffer.alloc(0)]);
  const mimeType = asWave ? "audio/wav" : `audio/L16;codec=pcm;rate=${SAMPLE_RATE}`;
  return { parts: [audioPart(mimeType, [first, ...pieces.slice(1)], pcm.length / BYTES_PER_SECOND)] };
}

/** A minute stands for a song, half of it for a clip. */
export function playMusic({ model, prompt }: AnswerContext): Draft {
  const seconds = model.id.includes("clip") ? 30 : 60;
  const lyrics = `[Verse]\n${prompt.text}\n\n[Outro]\nPlayed in silence by ${model.id}, the offline emulator.`;
  return { parts: [textPart(lyrics), audioPart("audio/mpeg", [silentMp3(seconds)], seconds)] };
}

function audioPart(mimeType: string, pieces: readonly Buffer[], seconds: number): AnswerPart {
  return {
    kind: "audio",
    wire: { inlineData: { mimeType, data: Buffer.concat(pieces).toString("base64") } },
    tokens: Math.max(1, Math.round(seconds * TOKENS_PER_SECOND)),
    pieces,
  };
}

/** 3.8 answers WAV unless raw PCM is asked for; older models only know raw PCM. */
function answersWave({ model, request }: AnswerContext): boolean {
  if (model.generation < 3.8) return false;
  const formats = request.generationConfig?.responseFormat ?? [];
  const asked = formats.find(({ audio }) => audio?.mimeType !== undefined)?.audio?.mimeType?.toUpperCase();
  if (asked === undefined || asked === "AUDIO_WAV") return true;
  if (asked === "AUDIO_L16") return false;
  throw invalidArgument(`The emulator does not produce ${asked}; it knows AUDIO_WAV and AUDIO_L16.`);
}

/** Each line with the voice of its speaker: from speechMetadata (3.8) or from "Name:" at its beginning. */
function linesOf({ request }: AnswerContext): readonly Voiced[] {
  const config = request.generationConfig?.speechConfig;
  const speakers = config?.multiSpeakerVoiceConfig?.speakerVoiceConfigs ?? [];
  const single = config?.voiceConfig?.prebuiltVoiceConfig?.voiceName ?? config?.voiceConfig?.voice ?? DEFAULT_VOICE;
  const voiceOf = (name: string | undefined) =>
    speakers.find(({ speaker }) => speaker === name)?.voiceConfig?.prebuiltVoiceConfig?.voiceName ?? single;
  const parts = (request.contents ?? []).flatMap((content) => content.parts ?? []);
  return parts.flatMap((part) =>
    withoutTriggers(part.text ?? "")
      .split("\n")
      .map((line) => {
        const named = part.speechMetadata?.speaker ?? /^\s*([^:]{1,40}):/.exec(line)?.[1]?.trim();
        return { text: line, voice: voiceOf(named) };
      }),
  );
}

/** Pieces of whole samples. */
function cutPieces(pcm: Buffer): Buffer[] {
  const wanted = Math.max(MIN_PIECES, Math.ceil(pcm.length / (BYTES_PER_SECOND * MAX_PIECE_SECONDS)));
  const size = Math.max(2, 2 * Math.ceil(pcm.length / wanted / 2));
  const count = Math.ceil(pcm.length / size);
  return Array.from({ length: count }, (_, index) => pcm.subarray(index * size, (index + 1) * size));
}
