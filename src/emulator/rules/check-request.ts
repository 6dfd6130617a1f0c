// The judge's story: every rule a well-formed generate request must keep, in the order they are asked.

import type { EmulatedModel } from "../models.ts";
import type { GenerateRequest } from "../request.ts";
import { checkCachedContent, checkGenerationConfig } from "./generation-config.ts";
import { checkContents } from "./contents.ts";
import { checkImageConfig } from "./image-config.ts";
import { checkMedia } from "./media.ts";
import { checkModalities } from "./modalities.ts";
import { checkSignatures } from "./signatures.ts";
import { checkSpeech } from "./speech.ts";
import { checkThinking } from "./thinking.ts";
import { checkTools } from "./tools.ts";
import { checkTurns } from "./turns.ts";

/** Throws the 400 Google would answer with; returns quietly when the request is acceptable. */
export function checkRequest(model: EmulatedModel, request: GenerateRequest, streaming: boolean): void {
  checkContents(request, model);
  checkCachedContent(request);
  checkGenerationConfig(request.generationConfig ?? {}, model, streaming);
  checkThinking(request.generationConfig?.thinkingConfig, model);
  checkModalities(request.generationConfig?.responseModalities ?? [], model);
  checkTools(request, model);
  checkTurns(request.contents ?? [], model);
  checkSignatures(request.contents ?? [], model);
  checkMedia(request.contents ?? [], model);
  checkSpeech(request, model);
  checkImageConfig(request.generationConfig?.imageConfig, model);
}
