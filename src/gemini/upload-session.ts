// One resumable upload to the Files API: begun without its length if need be, in chunks, each resumed once where it broke off.
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../chat/failures.ts";
import type { FileSource, KeyHandle } from "../chat/ports.ts";
import type { AnswerHeaders } from "./exchange.ts";
import type { FilesAnswer, FilesClient } from "./files-client.ts";
import { toChunks, type UploadChunk } from "./upload-chunks.ts";
import { toUploadPath } from "./upload-url.ts";

/** What Google's clients send at once, and the unit that Google announced in all uploads seen. */
const CHUNK_BYTES = 8_388_608;
/** A larger unit is obeyed up to here: a chunk is held in memory. */
const CHUNK_MAX_BYTES = 67_108_864;
/** A lost connection is often back by then. */
const RESUME_AFTER_MS = 500;

type Session = {
  readonly client: FilesClient;
  readonly key: KeyHandle;
  readonly path: string;
  readonly signal: AbortSignal;
};

/** The last answer, whose body describes the file. Rejects with a Failure, or what reading the source rejects with. */
export async function uploadFile(
  client: FilesClient,
  key: KeyHandle,
  source: FileSource,
  signal: AbortSignal,
): Promise<FilesAnswer> {
  const { path, chunkBytes } = await begin(client, key, source, signal);
  const session = { client, key, path, signal };
  for await (const chunk of toChunks(source.pieces, chunkBytes)) {
    const answer = await putChunk(session, chunk);
    if (chunk.isLast && answer !== undefined) return answer;
  }
  throw broken("the end was not taken");
}

async function begin(client: FilesClient, key: KeyHandle, { mimeType, size }: FileSource, signal: AbortSignal) {
  // Names of text types are the caller's words, and this one becomes a header.
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mimeType)) throw new Failure("UNSUPPORTED_VALUE", "This is no type of media.");
  const headers = {
    "content-type": "application/json",
    "x-goog-upload-protocol": "resumable",
    "x-goog-upload-command": "start",
    "x-goog-upload-header-content-type": mimeType,
    ...(size !== undefined && { "x-goog-upload-header-content-length": String(size) }),
  };
  const path = `${client.prefix}/upload/v1beta/files`;
  const body = Buffer.from('{"file":{}}');
  const { head } = await client.send({ key, method: "POST", path, headers, body, signal });
  const unit = Number(head["x-goog-upload-chunk-granularity"] ?? 0);
  if (unit > CHUNK_MAX_BYTES) throw broken(`chunks of ${unit} bytes`);
  return {
    path: toUploadPath(head["x-goog-upload-url"], client.baseUrl),
    chunkBytes: unit > CHUNK_BYTES ? unit : CHUNK_BYTES,
  };
}

/** Undefined when the chunk arrived but its answer did not. */
async function putChunk(session: Session, chunk: UploadChunk): Promise<FilesAnswer | undefined> {
  const { bytes, offset } = chunk;
  try {
    return await put(session, chunk);
  } catch (error) {
    if (!(error instanceof Failure) || error.row.retry !== "any") throw error;
    await delay(RESUME_AFTER_MS, undefined, { signal: session.signal }).catch(() => session.signal.throwIfAborted());
    const taken = (await askReceived(session, error)) - offset;
    if (taken < 0 || taken > bytes.length) throw error;
    if (taken === bytes.length && !chunk.isLast) return undefined;
    return put(session, { ...chunk, bytes: bytes.subarray(taken), offset: offset + taken });
  }
}

async function put({ client, key, path, signal }: Session, { bytes, offset, isLast }: UploadChunk) {
  const headers = {
    "x-goog-upload-command": isLast ? "upload, finalize" : "upload",
    "x-goog-upload-offset": String(offset),
  };
  const answer = await client.send({ key, method: "POST", path, headers, body: bytes, signal });
  expectStatus(answer.head, isLast ? "final" : "active");
  return answer;
}

/** How many bytes of the whole upload have arrived. Rejects with `failure` when the upload is over. */
async function askReceived({ client, key, path, signal }: Session, failure: Failure): Promise<number> {
  const headers = { "x-goog-upload-command": "query" };
  const { head } = await client.send({ key, method: "POST", path, headers, body: Buffer.alloc(0), signal });
  const { "x-goog-upload-status": status, "x-goog-upload-size-received": received } = head;
  if (status !== "active" || !/^\d+$/.test(String(received))) throw failure;
  return Number(received);
}

function expectStatus({ "x-goog-upload-status": status }: AnswerHeaders, expected: string): void {
  if (status !== expected) throw broken(`status ${String(status)} instead of ${expected}`);
}

function broken(cause: string): Failure {
  return new Failure("UPLOAD_FAILED", "Gemini ended the upload of media before its end.", { cause });
}
