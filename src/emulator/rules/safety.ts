// safetySettings: the categories that can be set, each once.

import { invalidArgument } from "../errors.ts";
import type { GenerateRequest } from "../request.ts";

const CATEGORIES = [
  "HARM_CATEGORY_HATE_SPEECH",
  "HARM_CATEGORY_SEXUALLY_EXPLICIT",
  "HARM_CATEGORY_DANGEROUS_CONTENT",
  "HARM_CATEGORY_HARASSMENT",
  "HARM_CATEGORY_CIVIC_INTEGRITY",
  "HARM_CATEGORY_JAILBREAK",
];

/** Throws a 400 for a category that cannot be set (those of PaLM, or none) and for one that is set twice. */
export function checkSafety({ safetySettings = [] }: GenerateRequest): void {
  const seen = new Set<string>();
  safetySettings.forEach(({ category = "HARM_CATEGORY_UNSPECIFIED" }, index) => {
    const path = `* GenerateContentRequest.safety_settings[${index}]`;
    if (!CATEGORIES.includes(category)) {
      const allowed = CATEGORIES.map((name) => `HarmCategory.${name}`).join(", ");
      throw invalidArgument(`${path}: element predicate failed: $.category in (${allowed})\n`);
    }
    if (seen.has(category)) throw invalidArgument(`${path}.category: duplicate safety setting for ${category}\n`);
    seen.add(category);
  });
}
