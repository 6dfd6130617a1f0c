// The judge's story: every rule a well-formed generate request must keep, in the order they are asked.

import type { EmulatedModel } from "../models.ts";
import type { GenerateRequest } from "../request.ts";
import { checkCachedContent, checkGenerationConfig } from "./generation-config.ts";
import { checkContents } from "./contents.ts";
import { checkImageConfig } from "./image-config.ts";
import { checkMedia } from "./media.ts";
import { checkModalities } from "./modalities.ts";
import { signatureScope } from "../signatures.ts";
import { checkSafety } from "./safety.ts";
import { checkSchemas } from "./schemas.ts";
import { checkSignatures } from "./signatures.ts";
import { checkSpeech } from "./speech.ts";
import { checkThinking } from "./thinking.ts";
import { checkTools } from "./tools.ts";
import { checkTurns } from "./turns.ts";

/** How a request came, as far as rules ask. */
export interface Manner {
  readonly streaming: boolean;
  /** The caller's: signatures of another are foreign. */
  readonly project: string;
}

/** Throws the 400 Google would answer with; returns quietly when the request is acceptable. */
export function checkRequest(model: EmulatedModel, request: GenerateRequest, { streaming, project }: Manner): void {
  checkContents(request, model);
  checkCachedContent(request);
  checkSafety(request);
  checkGenerationConfig(request.generationConfig ?? {}, model, streaming);
  checkThinking(request.generationConfig?.thinkingConfig, model);
  checkModalities(request.generationConfig?.responseModalities ?? [], model);
  checkTools(request, model);
  checkSchemas(request, model);
  checkTurns(request.contents ?? [], model);
  checkSignatures(request.contents ?? [], model, signatureScope(project, model.generation));
  checkMedia(request.contents ?? [], model);
  checkSpeech(request, model);
  checkImageConfig(request.generationConfig?.imageConfig, model);
}
