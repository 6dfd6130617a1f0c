// Paints the emulator's pictures: flat shapes whose colours come from the prompt.

import { createHash } from "node:crypto";
import type { Picture } from "./png.ts";

/** Indices into every palette here. */
const SKY = 0;
const GROUND = 1;
const FIGURE = 2;
const DETAIL = 3;

type Canvas = Picture & { readonly pixels: Uint8Array };

/** A face on a meadow, with ears when the prompt speaks of a cat; colours differ with the text. */
export function paintPicture(width: number, height: number, text: string): Picture {
  const canvas = createCanvas(width, height, coloursFor(text));
  const unit = Math.min(width, height) / 8;
  const [x, y] = [width / 2, height / 2];
  fillRows(canvas, height * 0.75, height, () => [0, width], GROUND);
  if (/cat|kitten|猫/i.test(text)) {
    for (const side of [-1, 1]) fillTriangle(canvas, x + side * unit * 1.4, y - unit * 2.9, unit * 1.9, FIGURE);
  }
  fillDisc(canvas, x, y, unit * 2.2, FIGURE);
  for (const side of [-1, 1]) fillDisc(canvas, x + side * unit * 0.8, y - unit * 0.5, unit * 0.3, DETAIL);
  fillDisc(canvas, x, y + unit * 0.6, unit * 0.2, DETAIL);
  return canvas;
}

const CHART_WIDTH = 640;
const CHART_HEIGHT = 480;

/** Five rising bars on two axes. */
export function paintChart(): Picture {
  const canvas = createCanvas(CHART_WIDTH, CHART_HEIGHT, [0xffffff, 0xffffff, 0x1f77b4, 0x222222]);
  for (let bar = 0; bar < 5; bar += 1) {
    const left = 90 + bar * 105;
    fillRows(canvas, 380 - bar * 70, 430, () => [left, left + 70], FIGURE);
  }
  fillRows(canvas, 430, 433, () => [60, 620], DETAIL);
  fillRows(canvas, 30, 433, () => [60, 63], DETAIL);
  return canvas;
}

const createCanvas = (width: number, height: number, palette: readonly number[]): Canvas => ({
  width,
  height,
  palette,
  pixels: new Uint8Array(width * height).fill(SKY),
});

/** Sky, ground, figure and detail in colours that depend on the text alone. */
function coloursFor(text: string): readonly number[] {
  const [red = 0, green = 0, blue = 0] = createHash("sha256").update(text).digest();
  const figure = ((128 + (red >> 1)) << 16) | ((96 + (green >> 1)) << 8) | (64 + (blue >> 1));
  return [0xa8d8f0, 0x7bb661, figure, 0x202020];
}

/** Fills the span that `spanAt` gives for each row; whole rows at once, so that 4K pictures stay quick. */
function fillRows(
  canvas: Canvas,
  from: number,
  to: number,
  spanAt: (row: number) => readonly [number, number],
  colour: number,
): void {
  const { width, height, pixels } = canvas;
  for (let row = Math.max(0, Math.round(from)); row < Math.min(height, Math.round(to)); row += 1) {
    const [left, right] = spanAt(row);
    const start = row * width;
    pixels.fill(colour, start + Math.max(0, Math.round(left)), start + Math.min(width, Math.max(0, Math.round(right))));
  }
}

function fillDisc(canvas: Canvas, x: number, y: number, radius: number, colour: number): void {
  const halfWidth = (row: number) => Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
  fillRows(canvas, y - radius, y + radius, (row) => [x - halfWidth(row), x + halfWidth(row)], colour);
}

/** Pointing up from its tip. */
function fillTriangle(canvas: Canvas, x: number, tip: number, size: number, colour: number): void {
  fillRows(canvas, tip, tip + size, (row) => [x - (row - tip) / 2, x + (row - tip) / 2], colour);
}
