// countTokens: counts contents alone or a whole generateContentRequest, never both.

import { invalidArgument } from "./errors.ts";
import type { EmulatedModel } from "./models.ts";
import type { CountTokensRequest, GenerateRequest } from "./request.ts";
import { checkContents } from "./rules/contents.ts";
import { checkMedia } from "./rules/media.ts";
import { countPrompt, modalityDetails, totalOf } from "./usage.ts";

/** Body of a countTokens answer; throws the 400 a bad request deserves. `attach` finds the uploaded files. */
export function countTokensOf(
  model: EmulatedModel,
  body: CountTokensRequest,
  attach: (request: GenerateRequest) => GenerateRequest,
): Record<string, unknown> {
  const request = attach(requestOf(model, body));
  checkContents(request, model);
  checkMedia(request.contents ?? [], model);
  const counts = countPrompt(request, model);
  return { totalTokens: totalOf(counts), promptTokensDetails: modalityDetails(counts) };
}

function requestOf(model: EmulatedModel, body: CountTokensRequest): GenerateRequest {
  const { contents, generateContentRequest: whole } = body;
  if (whole === undefined) return contents === undefined ? {} : { contents };
  if (contents !== undefined) {
    throw invalidArgument("contents and generate_content_request are mutually exclusive.");
  }
  // The inner request is a request of its own and names its model in full.
  if (whole.model !== `models/${model.id}`) {
    throw invalidArgument(
      `* CountTokensRequest.generate_content_request.model: must be models/${model.id}, the model of the URL.\n`,
    );
  }
  return whole;
}
