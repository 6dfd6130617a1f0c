// A request made ready once for all its attempts: path and body as they go over the wire.
import type { ModelProfile } from "../chat/models.ts";
import type { PreparedCall } from "../chat/ports.ts";
import { encodeRequest } from "./long-base64.ts";
import type { GenerateContentRequest } from "./wire-request.ts";

export interface GeminiCall extends PreparedCall {
  /** `models/<id>` or `tunedModels/<id>`, percent-encoded. */
  readonly resource: string;
  /** The JSON of a GenerateContentRequest, UTF-8. */
  readonly body: Buffer;
}

export function prepareCall(model: ModelProfile, request: GenerateContentRequest): GeminiCall {
  const namesObjects = doesNameObjects(request);
  return { model, namesObjects, resource: toResource(model.id), body: encodeRequest(request) };
}

/** Films on YouTube are everybody's. */
const YOUTUBE = "https://www.youtube.com/";

function doesNameObjects({ cachedContent, contents, tools = [] }: GenerateContentRequest): boolean {
  if (cachedContent !== undefined || tools.some(({ fileSearch }) => fileSearch !== undefined)) return true;
  return contents.some(({ parts }) =>
    parts.some(({ fileData }) => fileData !== undefined && !fileData.fileUri.startsWith(YOUTUBE)),
  );
}

/** The body of countTokens: the same request with the model's name inside. */
export function toCountTokensBody({ model, body }: GeminiCall): Buffer {
  const name = model.id.includes("/") ? model.id : `models/${model.id}`;
  const head = `{"generateContentRequest":{"model":${JSON.stringify(name)},`;
  return Buffer.concat([Buffer.from(head), body.subarray(1), Buffer.from("}")]);
}

/** UTF-16 units of text in the request: media and schemas are not counted, so this only serves an estimate. */
export function promptCharacters({ body }: GeminiCall): number {
  const request = JSON.parse(body.toString("utf8")) as GenerateContentRequest;
  const texts = [...request.contents.flatMap(({ parts }) => parts), ...(request.systemInstruction?.parts ?? [])];
  return texts.reduce((sum, { text = "" }) => sum + text.length, 0);
}

function toResource(id: string): string {
  return id.includes("/") ? id.split("/").map(encodeURIComponent).join("/") : `models/${encodeURIComponent(id)}`;
}
