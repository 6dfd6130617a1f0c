// GET models and models/{id}: the catalogue as Google lists it, page by page.

import { ApiError, invalidArgument } from "./errors.ts";
import { findModel, LISTED_MODELS, type EmulatedModel } from "./models.ts";

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

/** One item, keys in Google's order; `thinking` only on models that can think. */
function toResource(model: EmulatedModel): Record<string, unknown> {
  const caches = model.kind === "chat" && model.generation > 0;
  return {
    name: `models/${model.id}`,
    version: model.version.replace(/^(gemini|gemma|lyria)-/, ""),
    displayName: model.displayName,
    description: `${model.displayName}, played by the offline emulator.`,
    inputTokenLimit: model.inputTokenLimit,
    outputTokenLimit: model.outputTokenLimit,
    supportedGenerationMethods: [
      "generateContent",
      "countTokens",
      ...(caches ? ["createCachedContent"] : []),
      "batchGenerateContent",
    ],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    ...(model.thinking.control !== "none" && { thinking: true }),
  };
}

/** `models/{id}`; also models that are served but, having a shutdown date, not listed. */
export function getModel(id: string, version: string): Record<string, unknown> {
  const model = findModel(id);
  if (model === undefined) throw new ApiError(404, `Model is not found: models/${id} for api version ${version}`);
  return toResource(model);
}

/** One page of models; the page token is the base64 of the next offset. */
export function listModels(query: URLSearchParams): Record<string, unknown> {
  const pageSize = readPageSize(query.get("pageSize") ?? query.get("page_size"));
  const offset = readPageToken(query.get("pageToken") ?? query.get("page_token"));
  const end = offset + pageSize;
  return {
    models: LISTED_MODELS.slice(offset, end).map(toResource),
    ...(end < LISTED_MODELS.length && { nextPageToken: Buffer.from(`offset:${end}`).toString("base64") }),
  };
}

function readPageSize(text: string | null): number {
  if (text === null || text === "") return DEFAULT_PAGE_SIZE;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 0)
    throw invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), "${text}"`);
  return size === 0 ? DEFAULT_PAGE_SIZE : Math.min(size, MAX_PAGE_SIZE);
}

function readPageToken(token: string | null): number {
  if (token === null || token === "") return 0;
  const offset = /^offset:(\d+)$/.exec(Buffer.from(token, "base64").toString("latin1"))?.[1];
  if (offset === undefined || Number(offset) > LISTED_MODELS.length) throw invalidArgument("Invalid page token.");
  return Number(offset);
}
