// responseModalities: exactly what the kind of model produces.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";

/** Combinations each kind accepts, sorted; an empty list means the first of them. */
const ACCEPTED: Readonly<Record<EmulatedModel["kind"], readonly string[]>> = {
  chat: ["TEXT"],
  transcription: ["TEXT"],
  image: ["IMAGE,TEXT", "IMAGE"],
  // Speech has no usable default: unset means TEXT, which these models cannot produce.
  speech: ["AUDIO"],
  // Music models always answer with lyrics and sound, whether asked for or not.
  music: ["AUDIO,TEXT", "AUDIO"],
};

/** Throws a 400 unless the model produces exactly what is asked for. */
export function checkModalities(modalities: readonly string[], model: EmulatedModel): void {
  const asked = [...new Set(modalities)].sort().join(",");
  if (asked === "" && model.kind !== "speech") return;
  if (ACCEPTED[model.kind].includes(asked)) return;
  const shown = (asked === "" ? "TEXT" : asked).replaceAll(",", ", ");
  const allowed = ACCEPTED[model.kind].map((combination) => `* ${combination.replaceAll(",", ", ")}`).join("\n");
  throw invalidArgument(
    `Model does not support the requested response modalities: ${shown}. models/${model.id} accepts the following ` +
      `combination of response modalities:\n${allowed}\n`,
  );
}
