// Pixels of a generated image: by generation, aspect ratio and size.

/** Every image model takes these. */
export const ASPECT_RATIOS: readonly string[] = [
  "1:1",
  "2:3",
  "3:2",
  "3:4",
  "4:3",
  "4:5",
  "5:4",
  "9:16",
  "16:9",
  "21:9",
];

/** Only the newest image models take these too. */
export const WIDE_ASPECT_RATIOS: readonly string[] = ["1:4", "4:1", "1:8", "8:1"];

type Pixels = readonly [width: number, height: number];

const FLASH_2_5: Readonly<Record<string, Pixels>> = {
  "1:1": [1024, 1024],
  "2:3": [832, 1248],
  "3:4": [864, 1184],
  "4:5": [896, 1152],
  "9:16": [768, 1344],
  "21:9": [1536, 672],
};

/** At 1K; the last two are not documented and follow the others' area of about one megapixel. */
const GEMINI_3: Readonly<Record<string, Pixels>> = {
  "1:1": [1024, 1024],
  "2:3": [848, 1264],
  "3:4": [896, 1200],
  "4:5": [928, 1152],
  "9:16": [768, 1376],
  "21:9": [1584, 672],
  "1:4": [512, 2048],
  "1:8": [368, 2944],
};

const SCALE: Readonly<Record<string, number>> = { "512": 0.5, "1K": 1, "2K": 2, "4K": 4 };

/** Width and height; a landscape ratio is its portrait twin on its side. */
export function pixelsOf(generation: number, aspectRatio: string, imageSize: string): Pixels {
  const table = generation < 3 ? FLASH_2_5 : GEMINI_3;
  const [left = "1", right = "1"] = aspectRatio.split(":");
  const upright = table[aspectRatio];
  const [width, height] = upright ?? (table[`${right}:${left}`] ?? [1024, 1024]).toReversed();
  const scale = SCALE[imageSize] ?? 1;
  return [(width ?? 0) * scale, (height ?? 0) * scale];
}

/** The supported ratio nearest to an image's own: what a model answers with when none is asked for. */
export function nearestRatio(width: number, height: number): string {
  const distance = (ratio: string) => {
    const [left = 1, right = 1] = ratio.split(":").map(Number);
    return Math.abs(Math.log((left / right) * (height / width)));
  };
  return ASPECT_RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** Output tokens of one image. */
export function imageTokens(generation: number, imageSize: string): number {
  if (generation < 3) return 1290;
  return { "512": 747, "2K": 1680, "4K": 2520 }[imageSize] ?? 1120;
}
