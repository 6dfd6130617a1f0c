// imageConfig: aspect ratios and sizes of the image models, none elsewhere.

import { invalidArgument } from "../errors.ts";
import { ASPECT_RATIOS, WIDE_ASPECT_RATIOS } from "../image-size.ts";
import type { EmulatedModel } from "../models.ts";
import type { GenerationConfig } from "../request.ts";

/** Throws a 400 for ratios and sizes the model does not draw. */
export function checkImageConfig(config: GenerationConfig["imageConfig"], model: EmulatedModel): void {
  if (config === undefined) return;
  if (model.kind !== "image") throw invalidArgument(`Image config is not enabled for models/${model.id}`);
  const { aspectRatio, imageSize } = config;
  const ratios = model.wideRatios ? [...ASPECT_RATIOS, ...WIDE_ASPECT_RATIOS] : ASPECT_RATIOS;
  if (aspectRatio !== undefined && !ratios.includes(aspectRatio)) {
    throw invalidArgument(`Unsupported aspect ratio: ${aspectRatio}. Supported aspect ratios: ${ratios.join(", ")}.`);
  }
  // Case counts: "1k" is refused.
  if (imageSize !== undefined && !model.imageSizes.includes(imageSize)) {
    throw invalidArgument(
      `Unsupported image size: ${imageSize}. Supported sizes: ${model.imageSizes.join(", ") || "none"}.`,
    );
  }
}
