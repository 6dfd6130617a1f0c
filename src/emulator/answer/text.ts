// The plain answer: echoes the prompt, names the model, and tells what else was in the request.

import { describeMedia } from "../media/describe.ts";
import { numberTrigger } from "../triggers.ts";
import type { AnswerContext } from "./answer.ts";

/** Long prompts are echoed up to here (in characters), so that an answer stays readable. */
const ECHO_LIMIT = 2_000;

const ASKS_FOR_MODEL = /你是(什么|哪个|谁|何)|什么模型|(what|which) (ai |language )?model|who are you/i;
const IS_CHINESE = /\p{Script=Han}/u;

/** The text of a plain answer. */
export function echoText(context: AnswerContext): string {
  const { prompt, triggers } = context;
  const words = numberTrigger(triggers, "words");
  if (words !== undefined) return countingWords(words);
  const paragraphs = [
    ...resultLines(context),
    answerLine(context),
    ...mediaLines(context),
    ...systemLine(context),
    ...(prompt.earlier.length > 0 ? [`Earlier you said: ${clip(prompt.earlier.at(-1) ?? "")}`] : []),
    ...(context.candidate > 0 ? [`This is candidate ${context.candidate + 1}.`] : []),
  ];
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
}

function answerLine({ prompt, model }: AnswerContext): string {
  if (ASKS_FOR_MODEL.test(prompt.text)) {
    return IS_CHINESE.test(prompt.text)
      ? `我是 ${model.id}，由离线 Gemini 模拟器扮演。你说：${clip(prompt.text)}`
      : `I am ${model.id}, played by the offline Gemini emulator. You said: ${clip(prompt.text)}`;
  }
  return `You said: ${clip(prompt.text)}\n\nThis is ${model.id}, played by the offline Gemini emulator.`;
}

function mediaLines(context: AnswerContext): string[] {
  const { model, prompt, request } = context;
  const facts = prompt.media.flatMap(
    (part) => describeMedia(part, model, request.generationConfig?.mediaResolution) ?? [],
  );
  if (facts.length === 0) return [];
  const lines = facts.map(({ line }, index) => `${index + 1}. ${line}`);
  return [`I was given ${facts.length === 1 ? "one attachment" : `${facts.length} attachments`}:\n${lines.join("\n")}`];
}

function systemLine({ prompt }: AnswerContext): string[] {
  return prompt.system === "" ? [] : [`I follow the system instruction: ${clip(prompt.system)}`];
}

/** After function results the answer quotes them, as a model that read them would. */
function resultLines({ prompt }: AnswerContext): string[] {
  if (prompt.results.length === 0) return [];
  const lines = prompt.results.map(({ name, response }) => `- ${name}: ${clip(JSON.stringify(response ?? {}))}`);
  return [`The functions answered:\n${lines.join("\n")}`];
}

const countingWords = (count: number) => Array.from({ length: count }, (_, index) => `word${index + 1}`).join(" ");

/** Cuts by code points, looking no further than needed: a code point is at most two UTF-16 units. */
function clip(text: string): string {
  const characters = Array.from(text.slice(0, 2 * (ECHO_LIMIT + 1)));
  return characters.length > ECHO_LIMIT ? `${characters.slice(0, ECHO_LIMIT).join("")}…` : text;
}
