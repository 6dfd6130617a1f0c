// Content filters: those of the caller or, when it gives none, of the configuration; else Google's own hold.
import type { RaiseWarning } from "../chat/warnings.ts";
import {
  HarmCategory,
  HarmCategorySchema,
  type SafetySetting,
  SafetySetting_ThresholdSchema,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import type { WireSafetySetting } from "./wire-request.ts";

/** Google's words for a category and its threshold. */
export type SafetyDefault = readonly [category: string, threshold: string];

/** safetySettings; undefined: none are sent. A category given twice would be a 400, so the last one counts. */
export function toSafetySettings(
  settings: readonly SafetySetting[],
  defaults: readonly SafetyDefault[],
  raise: RaiseWarning,
): WireSafetySetting[] | undefined {
  if (settings.length === 0 && defaults.length === 0) return undefined;
  const thresholds = new Map<string, string>(settings.length === 0 ? defaults : []);
  for (const [index, { category, threshold }] of settings.entries()) {
    const name = HarmCategorySchema.value[category]?.name;
    const word = SafetySetting_ThresholdSchema.value[threshold]?.name.replace(/^THRESHOLD_/, "");
    const path = `safety_settings[${index}]`;
    if (name === undefined || word === undefined || category === HarmCategory.UNSPECIFIED) {
      raise("parameter_ignored", path, "This category or threshold is not known; the setting was not sent.");
      continue;
    }
    if (thresholds.has(name)) raise("safety_duplicate", path, `${name} is given twice; the last one counts.`);
    thresholds.set(name, word);
  }
  if (thresholds.size === 0) return undefined;
  return Array.from(thresholds, ([category, threshold]) => ({ category, threshold }));
}
