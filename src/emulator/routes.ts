// The paths of the Gemini API the emulator serves, and which operation answers each.

import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { checkKey } from "./access.ts";
import { countTokensOf } from "./count-tokens.ts";
import { methodNotAllowed, modelNotFound, modelShutDown, unknownMethodPath } from "./errors.ts";
import { ARRAY, SSE } from "./framing.ts";
import { generate } from "./generate.ts";
import { getModel, listModels } from "./model-resource.ts";
import { findModel, isShutDown, type EmulatedModel } from "./models.ts";
import { readRequest } from "./proto-reader.ts";
import type { ByteSource } from "./random.ts";
import { jsonReply, type Reply } from "./reply.ts";
import type { CountTokensRequest, GenerateRequest } from "./request.ts";

/** An HTTP call as far as routes need it. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Read only once the key is known to be good. */
  readonly readBody: () => Promise<Buffer>;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

/** What all calls share. */
export interface Emulator {
  readonly keys: readonly string[];
  readonly randomBytes: ByteSource;
}

const PATH = /^\/(v1|v1beta|v1alpha)\/models(?:\/([^/:]+)(?::([a-zA-Z]+))?)?$/;

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
  const { url, method } = call;
  const [, version, id, verb] = PATH.exec(url.pathname) ?? [];
  if (version === undefined) throw unknownMethodPath();
  if (verb !== undefined && !METHODS.includes(verb)) throw unknownMethodPath();
  if (method !== (verb === undefined ? "GET" : "POST")) throw methodNotAllowed();
  checkKey(call.headers, url.searchParams, emulator.keys);
  if (id === undefined) return jsonReply(listModels(url.searchParams));
  if (verb === undefined) return jsonReply(getModel(id, version));
  return invoke(call, emulator, { version, id, verb });
}

interface Target {
  readonly version: string;
  readonly id: string;
  readonly verb: string;
}

async function invoke(call: Call, emulator: Emulator, target: Target): Promise<Reply> {
  const body = await call.readBody();
  const text = body.toString("utf8");
  if (target.verb === "countTokens") {
    const request = readRequest<CountTokensRequest>("CountTokensRequest", text);
    return jsonReply(countTokensOf(findServing(target), request));
  }
  const streaming = target.verb === "streamGenerateContent";
  if (!streaming && target.verb !== "generateContent") throw modelNotFound(target.id, target.version, target.verb);
  const request = readRequest<GenerateRequest>("GenerateContentRequest", text);
  return generate({
    model: findServing(target),
    request,
    fingerprint: createHash("sha256").update(target.id).update("\0").update(body).digest("hex"),
    randomBytes: emulator.randomBytes,
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
