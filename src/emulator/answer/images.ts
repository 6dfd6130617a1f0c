// Draws: one PNG or as many as the prompt asks for, in the asked size, with a sentence before them.

import { readImage } from "../media/image-facts.ts";
import { imageTokens, nearestRatio, pixelsOf } from "../image-size.ts";
import { paintPicture } from "../picture.ts";
import { encodePng } from "../png.ts";
import type { AnswerContext, AnswerPart, Draft } from "./answer.ts";
import { textPart } from "./text-part.ts";

const MAX_IMAGES = 4;

/** Size of the draft an image model thinks with. */
const DRAFT_SIZE = "512";

/** A sentence and the images, or the images alone. */
export async function drawImages(context: AnswerContext): Promise<Draft> {
  const { model, request, prompt } = context;
  const { imageConfig, responseModalities = [] } = request.generationConfig ?? {};
  const count = countWanted(prompt.text);
  const size = imageConfig?.imageSize ?? "1K";
  const ratio = imageConfig?.aspectRatio ?? ratioOfInput(context);
  const images: AnswerPart[] = [];
  for (let index = 0; index < count; index += 1) images.push(await drawImage(context, ratio, size, index));
  const onlyImages = responseModalities.length === 1 && responseModalities[0] === "IMAGE";
  const [width, height] = pixelsOf(model.generation, ratio, size);
  const verb = prompt.media.length > 0 ? "changed as you asked" : "you asked for";
  const sentence = `Here ${count === 1 ? "is the picture" : `are the ${count} pictures`} ${verb} (${width}×${height}): ${prompt.text}\n`;
  return { parts: [...(onlyImages ? [] : [textPart(sentence)]), ...images] };
}

async function drawImage(context: AnswerContext, ratio: string, size: string, index: number): Promise<AnswerPart> {
  const { model, prompt } = context;
  const [width, height] = pixelsOf(model.generation, ratio, size);
  const subject = index === 0 ? prompt.text : `${prompt.text}#${index}`;
  const png = await encodePng(paintPicture(width, height, subject));
  return {
    kind: "image",
    wire: { inlineData: { mimeType: "image/png", data: png.toString("base64") } },
    tokens: imageTokens(model.generation, size),
  };
}

/** Models from Gemini 3 on show their drafts among the thoughts; they are not results. */
export async function draftImage(context: AnswerContext): Promise<AnswerPart> {
  const draft = await drawImage(context, "1:1", DRAFT_SIZE, 0);
  return { kind: "thought", wire: { ...draft.wire, thought: true }, tokens: 0 };
}

/** Without an aspect ratio the picture takes after the image that came with the prompt. */
function ratioOfInput({ prompt }: AnswerContext): string {
  const image = prompt.media
    .map((part) => readImage(part.inlineData?.data ?? part.file?.head ?? Buffer.alloc(0)))
    .find((facts) => facts?.width);
  return image?.width && image.height ? nearestRatio(image.width, image.height) : "1:1";
}

const NUMBER_WORDS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, 两: 2, 二: 2, 三: 3, 四: 4 };

const WANTED =
  /\b(\d|two|three|four)\s+(?:\p{L}+\s+){0,3}?(?:pictures|images|photos|drawings|pics|paintings)\b|([\d两二三四])\s*[张幅]/iu;

/** "two pictures", "3 cute images", "两张": how many pictures a prompt asks for. */
function countWanted(text: string): number {
  const [, english, chinese] = WANTED.exec(text) ?? [];
  const word = (english ?? chinese ?? "1").toLowerCase();
  const count = NUMBER_WORDS[word] ?? Number(word);
  return Math.min(Math.max(1, count), MAX_IMAGES);
}
