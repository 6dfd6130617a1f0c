// The paths of the Gemini API the emulator serves, and which operation answers each.

import { createHash } from "node:crypto";
import { checkKey, type EmulatorKey } from "./access.ts";
import type { Call } from "./call.ts";
import { countTokensOf } from "./count-tokens.ts";
import { methodNotAllowed, modelNotFound, modelShutDown, unknownMethodPath } from "./errors.ts";
import { attachFiles } from "./files/attach.ts";
import { continueUpload, serveFiles, startUpload, uploadIdOf } from "./files/routes.ts";
import type { FileStore } from "./files/store.ts";
import { ARRAY, SSE } from "./framing.ts";
import { generate } from "./generate.ts";
import type { RequestMemory } from "./memory.ts";
import { getModel, listModels } from "./model-resource.ts";
import { findModel, isShutDown, type EmulatedModel } from "./models.ts";
import { readRequest } from "./proto-reader.ts";
import type { ByteSource } from "./random.ts";
import { jsonReply, type Reply } from "./reply.ts";
import type { CountTokensRequest, GenerateRequest } from "./request.ts";

/** What all calls share. */
export interface Emulator {
  readonly keys: readonly EmulatorKey[];
  readonly randomBytes: ByteSource;
  readonly files: FileStore;
  readonly memory: RequestMemory;
}

const MODEL_PATH = /^\/(v1|v1beta|v1alpha)\/models(?:\/([^/:]+)(?::([a-zA-Z]+))?)?$/;
const FILE_PATH = /^\/(?:v1|v1beta|v1alpha)\/files(?:\/([^/:]+))?$/;
const UPLOAD_PATH = /^\/upload\/(?:v1|v1beta|v1alpha)\/files$/;

/** Methods of models; those without an operation here are refused for every model, as for one that lacks them. */
const METHODS = [
  "generateContent",
  "streamGenerateContent",
  "countTokens",
  "embedContent",
  "batchEmbedContents",
  "asyncBatchEmbedContent",
  "batchGenerateContent",
  "predict",
  "predictLongRunning",
  "generateAnswer",
];

/** Streams without `alt=sse` are JSON arrays, and so are their errors. */
export const answersArray = (url: URL): boolean =>
  url.pathname.endsWith(":streamGenerateContent") && url.searchParams.get("alt") !== "sse";

/** Answers one call; throws an ApiError for what Google would refuse. */
export async function route(call: Call, emulator: Emulator): Promise<Reply> {
  const { pathname } = call.url;
  if (UPLOAD_PATH.test(pathname)) return routeUpload(call, emulator);
  const file = FILE_PATH.exec(pathname);
  if (file !== null) return serveFiles(call, emulator.files, projectOf(call, emulator), file[1]);
  const [, version, id, verb] = MODEL_PATH.exec(pathname) ?? [];
  if (version === undefined) throw unknownMethodPath();
  if (verb !== undefined && !METHODS.includes(verb)) throw unknownMethodPath();
  if (call.method !== (verb === undefined ? "GET" : "POST")) throw methodNotAllowed();
  const project = projectOf(call, emulator);
  if (id === undefined) return jsonReply(listModels(call.url.searchParams));
  if (verb === undefined) return jsonReply(getModel(id, version));
  return invoke(call, emulator, { version, id, verb, project });
}

const projectOf = (call: Call, { keys }: Emulator): string => checkKey(call.headers, call.url.searchParams, keys);

/** Only the first request of an upload brings a key. */
async function routeUpload(call: Call, emulator: Emulator): Promise<Reply> {
  const uploadId = uploadIdOf(call.url);
  return uploadId === undefined
    ? startUpload(call, emulator.files, projectOf(call, emulator))
    : continueUpload(call, emulator.files, uploadId);
}

interface Target {
  readonly version: string;
  readonly id: string;
  readonly verb: string;
  readonly project: string;
}

async function invoke(call: Call, emulator: Emulator, target: Target): Promise<Reply> {
  const body = await call.readBody();
  const text = body.toString("utf8");
  if (target.verb === "countTokens") {
    const request = readRequest<CountTokensRequest>("CountTokensRequest", text);
    const attach = (whole: GenerateRequest) => attachFiles(whole, emulator.files, target.project);
    return jsonReply(countTokensOf(findServing(target), request, attach));
  }
  const streaming = target.verb === "streamGenerateContent";
  if (!streaming && target.verb !== "generateContent") throw modelNotFound(target.id, target.version, target.verb);
  const request = readRequest<GenerateRequest>("GenerateContentRequest", text);
  return generate({
    model: findServing(target),
    project: target.project,
    request: attachFiles(request, emulator.files, target.project),
    fingerprint: createHash("sha256").update(target.id).update("\0").update(body).digest("hex"),
    randomBytes: emulator.randomBytes,
    memory: emulator.memory,
    signal: call.signal,
    ...(streaming && { framing: answersArray(call.url) ? ARRAY : SSE }),
  });
}

/** An unknown key in the body is reported before an unknown model: the front end reads the body first. */
function findServing({ id, version, verb }: Target): EmulatedModel {
  if (isShutDown(id)) throw modelShutDown(id);
  const model = findModel(id);
  if (model === undefined) throw modelNotFound(id, version, verb);
  return model;
}
