// The Files API on the wire: resumable uploads under /upload, and list, get and delete of what was uploaded.

import { invalidArgument, methodNotAllowed } from "../errors.ts";
import { readRequest } from "../proto-reader.ts";
import { emptyReply, jsonReply, type Reply } from "../reply.ts";
import type { CreateFileRequest } from "../request.ts";
import type { Call } from "../call.ts";
import { toFileResource } from "./held-file.ts";
import { readFileName, type FileStore } from "./store.ts";
import { CHUNK_GRANULARITY_BYTES, MAX_FILE_BYTES, type Announced, type Upload } from "./upload.ts";

const DEFAULT_PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 100;

/** `GET files`, `GET files/{id}` and `DELETE files/{id}` of a project. */
export function serveFiles(call: Call, files: FileStore, project: string, id: string | undefined): Reply {
  if (id === undefined) {
    if (call.method !== "GET") throw methodNotAllowed();
    return jsonReply(listFiles(call.url.searchParams, files, project));
  }
  switch (call.method) {
    case "GET": {
      const file = files.get(project, id);
      return jsonReply(toFileResource(file, files.poll(file)));
    }
    case "DELETE":
      files.delete(project, id);
      return jsonReply({});
    default:
      throw methodNotAllowed();
  }
}

function listFiles(query: URLSearchParams, files: FileStore, project: string): Record<string, unknown> {
  const size = Math.min(readCount(query.get("pageSize"), "page_size") || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
  const start = readCount(query.get("pageToken"), "page_token");
  const all = files.list(project);
  const page = all.slice(start, start + size);
  return {
    ...(page.length > 0 && { files: page.map((file) => toFileResource(file, files.stateOf(file))) }),
    ...(start + size < all.length && { nextPageToken: String(start + size) }),
  };
}

function readCount(text: string | null, field: string): number {
  const value = Number(text ?? "0");
  if (!Number.isInteger(value) || value < 0) throw invalidArgument(`* ListFilesRequest.${field}: invalid value.\n`);
  return value;
}

/** The id in the address of a running upload stands for the caller: no key is asked for again. */
export const uploadIdOf = (url: URL): string | undefined => url.searchParams.get("upload_id") ?? undefined;

/** The first request of an upload; answers with the address of all others. */
export async function startUpload(call: Call, files: FileStore, project: string): Promise<Reply> {
  if (call.method !== "POST") throw methodNotAllowed();
  const protocol = headerOf(call, "x-goog-upload-protocol");
  if (protocol !== "resumable" || commandsOf(call).join() !== "start") {
    throw invalidArgument("Invalid request. The emulator takes resumable uploads that begin with the command start.");
  }
  const body = readRequest<CreateFileRequest>("CreateFileRequest", (await call.readBody()).toString("utf8"));
  const uploadId = files.start(readAnnounced(call, body, project));
  const address = new URL(`http://${headerOf(call, "host") ?? call.url.host}${call.url.pathname}`);
  address.search = new URLSearchParams({ upload_id: uploadId, upload_protocol: "resumable" }).toString();
  return emptyReply({
    "x-goog-upload-status": "active",
    "x-goog-upload-url": address.href,
    "x-goog-upload-control-url": address.href,
    "x-goog-upload-chunk-granularity": String(CHUNK_GRANULARITY_BYTES),
  });
}

function readAnnounced(call: Call, { file = {} }: CreateFileRequest, project: string): Announced {
  const mimeType = headerOf(call, "x-goog-upload-header-content-type") ?? file.mimeType;
  if (mimeType === undefined || mimeType === "") {
    throw invalidArgument(
      "Invalid request. The MIME type of the file is not given: X-Goog-Upload-Header-Content-Type.",
    );
  }
  const length = headerOf(call, "x-goog-upload-header-content-length");
  const sizeBytes = length === undefined ? undefined : Number(length);
  if (sizeBytes !== undefined && !(Number.isInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= MAX_FILE_BYTES)) {
    throw invalidArgument(`Invalid request. A file has at most ${MAX_FILE_BYTES} bytes, not ${length}.`);
  }
  return {
    project,
    mimeType,
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(file.name !== undefined && file.name !== "" && { id: readFileName(file.name) }),
    ...(file.displayName !== undefined && { displayName: file.displayName }),
  };
}

/** Every further request of an upload: bytes, the end, a question how far it got, or a farewell. */
export async function continueUpload(call: Call, files: FileStore, uploadId: string): Promise<Reply> {
  if (call.method !== "POST" && call.method !== "PUT") throw methodNotAllowed();
  const upload = files.upload(uploadId);
  const commands = commandsOf(call);
  if (upload === undefined) return answerFinished(files.finishedSize(uploadId), commands);
  switch (commands.join(", ")) {
    case "upload":
    case "finalize":
    case "upload, finalize":
      return takeChunk(call, files, { uploadId, upload, isLast: commands.includes("finalize") });
    case "query":
      return emptyReply({ "x-goog-upload-status": "active", "x-goog-upload-size-received": String(upload.offset) });
    case "cancel":
      files.cancel(uploadId);
      return emptyReply({ "x-goog-upload-status": "cancelled" });
    default:
      throw invalidArgument(`Invalid request. Unknown upload command: "${commands.join(", ")}".`);
  }
}

/** Of an upload that is over only its end can be asked for. */
function answerFinished(sizeBytes: number | undefined, commands: readonly string[]): Reply {
  if (sizeBytes === undefined || commands.join() !== "query") {
    throw invalidArgument("Upload has already been terminated.");
  }
  return emptyReply({ "x-goog-upload-status": "final", "x-goog-upload-size-received": String(sizeBytes) });
}

interface Chunk {
  readonly uploadId: string;
  readonly upload: Upload;
  readonly isLast: boolean;
}

async function takeChunk(call: Call, files: FileStore, { uploadId, upload, isLast }: Chunk): Promise<Reply> {
  // A bare "finalize" brings no bytes and may leave the offset out.
  const offset = headerOf(call, "x-goog-upload-offset") ?? (commandsOf(call)[0] === "finalize" ? upload.offset : "");
  if (offset === "") throw invalidArgument("Invalid request. The header X-Goog-Upload-Offset is missing.");
  await upload.append(Number(offset), call.readChunks(), isLast);
  if (!isLast) {
    return emptyReply({ "x-goog-upload-status": "active", "x-goog-upload-size-received": String(upload.offset) });
  }
  const file = files.finalize(uploadId, upload);
  return jsonReply({ file: toFileResource(file, files.stateOf(file)) }, { "x-goog-upload-status": "final" });
}

const commandsOf = (call: Call): readonly string[] =>
  (headerOf(call, "x-goog-upload-command") ?? "").split(",").map((command) => command.trim().toLowerCase());

function headerOf(call: Call, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
