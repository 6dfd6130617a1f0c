// A request made ready once for all its attempts: path and body as they go over the wire.
import type { ModelProfile } from "../chat/models.ts";
import type { PreparedCall } from "../chat/ports.ts";
import type { ChatRequest } from "../gen/gemini/chat/v1/chat_pb.ts";
import { encodeRequest } from "./long-base64.ts";
import type { GenerateContentRequest } from "./wire-request.ts";

export interface GeminiCall extends PreparedCall {
  /** `models/<id>` or `tunedModels/<id>`, percent-encoded. */
  readonly resource: string;
  /** The JSON of a GenerateContentRequest, UTF-8 in pieces. */
  readonly body: readonly Buffer[];
  /** For errors that name a place in the body, or none where the caller has to know one. */
  readonly sent: SentRequest;
}

/** What a body was made of. */
export interface SentRequest {
  readonly request: ChatRequest;
  readonly model: ModelProfile;
  /** How its schemas went up; "none": it has none. */
  readonly schemas: "json" | "plain" | "none";
}

/** `asked` is what `request` was mapped from. */
export function prepareCall(model: ModelProfile, request: GenerateContentRequest, asked: ChatRequest): GeminiCall {
  const sent = { request: asked, model, schemas: schemaFormOf(request) };
  const namesObjects = doesNameObjects(request);
  return { model, namesObjects, resource: toResource(model.id), body: encodeRequest(request), sent };
}

function schemaFormOf({ tools = [], generationConfig = {} }: GenerateContentRequest): SentRequest["schemas"] {
  const declarations = tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations);
  const json = declarations.some((one) => one.parametersJsonSchema ?? one.responseJsonSchema);
  if (json || generationConfig.responseJsonSchema !== undefined) return "json";
  // An enum is no schema of the caller's.
  const answers = generationConfig.responseSchema !== undefined && generationConfig.responseMimeType !== "text/x.enum";
  return answers || declarations.some((one) => one.parameters ?? one.response) ? "plain" : "none";
}

/** What lies on the open web is everybody's, and `upload:` stands for a file that each attempt puts into the project it asks. */
const EVERYBODYS = /^(?:https:\/\/(?!generativelanguage\.googleapis\.com\/)|upload:)/;

function doesNameObjects({ cachedContent, contents, tools = [] }: GenerateContentRequest): boolean {
  if (cachedContent !== undefined || tools.some(({ fileSearch }) => fileSearch !== undefined)) return true;
  return contents.some(({ parts }) =>
    parts.some(({ fileData }) => fileData !== undefined && !EVERYBODYS.test(fileData.fileUri)),
  );
}

/** The body of the call that goes on with an answer: the same one, with the token at its top level. */
export function toContinuingBody({ body }: GeminiCall, token: string): readonly Buffer[] {
  const end = Buffer.from(`,"continuationToken":${JSON.stringify(token)}}`);
  return [...body.map((piece, at) => (at === body.length - 1 ? piece.subarray(0, -1) : piece)), end];
}

/** The body of countTokens: the same request with the model's name inside. */
export function toCountTokensBody({ model, body }: GeminiCall): readonly Buffer[] {
  const name = model.id.includes("/") ? model.id : `models/${model.id}`;
  const head = `{"generateContentRequest":{"model":${JSON.stringify(name)},`;
  return [Buffer.from(head), ...body.map((piece, at) => (at === 0 ? piece.subarray(1) : piece)), Buffer.from("}")];
}

/** UTF-16 units of text in the request: media and schemas are not counted, so this only serves an estimate. */
export function promptCharacters({ body }: GeminiCall): number {
  const request = JSON.parse(Buffer.concat(body).toString("utf8")) as GenerateContentRequest;
  const texts = [...request.contents.flatMap(({ parts }) => parts), ...(request.systemInstruction?.parts ?? [])];
  return texts.reduce((sum, { text = "" }) => sum + text.length, 0);
}

function toResource(id: string): string {
  return id.includes("/") ? id.split("/").map(encodeURIComponent).join("/") : `models/${encodeURIComponent(id)}`;
}
