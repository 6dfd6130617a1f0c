// All files and running uploads of an emulator, by project, within bounds: in memory, for 48 hours at most.

import { ApiError, invalidArgument } from "../errors.ts";
import { toFileId, toUploadId, type ByteSource } from "../random.ts";
import { expiryOf, fateOf, type FileState, type HeldFile } from "./held-file.ts";
import { Upload, type Announced } from "./upload.ts";

/** Google's limit of all files of a project. */
const MAX_PROJECT_BYTES = 20 * 1024 ** 3;

/** Bounds of our own memory: of more files the oldest is gone early, of more uploads the oldest is cancelled. */
const MAX_FILES = 512;
const MAX_UPLOADS = 64;

/** A file in processing is active after so many looks at it, or after so long when nobody looks. */
const PROCESSING_POLLS = 2;
const PROCESSING_MS = 5_000;

/** A file and what has been seen of it. */
interface Entry {
  readonly file: HeldFile;
  polls: number;
}

/** Google answers 403, not 404, for files that do not exist or belong to another project. */
export const fileForbidden = (id: string): ApiError =>
  new ApiError(403, `You do not have permission to access the File ${id} or it may not exist.`);

/** The Files API of one emulator. */
export class FileStore {
  readonly #files = new Map<string, Entry>();
  readonly #uploads = new Map<string, Upload>();
  /** Sizes of uploads that became files, by upload: whoever missed the last answer may still ask. */
  readonly #finished = new Map<string, number>();
  readonly #randomBytes: ByteSource;

  constructor(randomBytes: ByteSource) {
    this.#randomBytes = randomBytes;
  }

  /** Starts an upload and returns its id; throws a 409 for a name that is taken. */
  start(announced: Announced): string {
    const { id } = announced;
    if (id !== undefined && this.#alive(id) !== undefined) {
      throw new ApiError(409, `Resource already exists: files/${id}`, [], "ALREADY_EXISTS");
    }
    const uploadId = toUploadId(this.#randomBytes);
    this.#uploads.set(uploadId, new Upload(announced));
    dropOldest(this.#uploads, MAX_UPLOADS);
    return uploadId;
  }

  /** The upload of an id, if it is still under way. */
  upload(uploadId: string): Upload | undefined {
    return this.#uploads.get(uploadId);
  }

  /** Bytes of an upload that became a file; undefined for any other. */
  finishedSize(uploadId: string): number | undefined {
    return this.#finished.get(uploadId);
  }

  /** Forgets an upload. */
  cancel(uploadId: string): void {
    this.#uploads.delete(uploadId);
  }

  /** Makes a file of a finished upload. */
  finalize(uploadId: string, upload: Upload): HeldFile {
    this.#uploads.delete(uploadId);
    const { announced } = upload;
    const content = upload.finish();
    const id = announced.id ?? toFileId(this.#randomBytes);
    const file: HeldFile = {
      id,
      project: announced.project,
      ...(announced.displayName !== undefined && { displayName: announced.displayName }),
      mimeType: announced.mimeType,
      ...content,
      fate: fateOf([id, announced.displayName ?? ""], announced.mimeType, content.head),
      createdAtMs: Date.now(),
    };
    this.#checkQuota(file);
    this.#files.set(id, { file, polls: 0 });
    dropOldest(this.#files, MAX_FILES);
    this.#finished.set(uploadId, file.sizeBytes);
    dropOldest(this.#finished, MAX_UPLOADS);
    return file;
  }

  #checkQuota(file: HeldFile): void {
    const held = this.list(file.project).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (held + file.sizeBytes <= MAX_PROJECT_BYTES) return;
    throw new ApiError(429, "You have exceeded your file storage quota. Please delete some files and try again.");
  }

  /** Files of a project, newest first. */
  list(project: string): readonly HeldFile[] {
    const files = [...this.#files.keys()].flatMap((id) => this.#alive(id)?.file ?? []);
    return files.filter((file) => file.project === project).toReversed();
  }

  /** A file of the project; throws the 403 Google has for all others. */
  get(project: string, id: string): HeldFile {
    const file = this.#alive(id)?.file;
    if (file === undefined || file.project !== project) throw fileForbidden(id);
    return file;
  }

  /** Deletes a file of the project; throws like `get`. */
  delete(project: string, id: string): void {
    this.#files.delete(this.get(project, id).id);
  }

  /** The state as somebody who polls sees it; each look at a file in processing brings it forward. */
  poll(file: HeldFile): FileState {
    const state = this.stateOf(file);
    const entry = this.#files.get(file.id);
    if (entry !== undefined) entry.polls += 1;
    return state;
  }

  /** The state, without bringing it forward. */
  stateOf(file: HeldFile): FileState {
    if (file.fate === "ready") return "ACTIVE";
    if (file.fate === "sticks") return "PROCESSING";
    const polls = this.#files.get(file.id)?.polls ?? 0;
    if (polls < PROCESSING_POLLS && Date.now() - file.createdAtMs < PROCESSING_MS) return "PROCESSING";
    return file.fate === "fails" ? "FAILED" : "ACTIVE";
  }

  /** A file that a request may use; throws a 403 for one it may not see and a 400 for one that is not ready. */
  use(project: string, id: string): HeldFile {
    const file = this.get(project, id);
    if (this.stateOf(file) === "ACTIVE") return file;
    const text = `The File ${id} is not in an ACTIVE state and usage is not allowed.`;
    throw new ApiError(400, text, [], "FAILED_PRECONDITION");
  }

  #alive(id: string): Entry | undefined {
    const entry = this.#files.get(id);
    if (entry === undefined || Date.now() < expiryOf(entry.file)) return entry;
    this.#files.delete(id);
    return undefined;
  }
}

/** Maps keep the order of insertion. */
function dropOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

const FILE_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** The id of a `files/…` name a caller chose; throws a 400 for one that is none. */
export function readFileName(name: string): string {
  const id = name.startsWith("files/") ? name.slice("files/".length) : "";
  if (FILE_ID.test(id)) return id;
  throw invalidArgument(
    `* CreateFileRequest.file.name: '${name}' is not a valid file name: files/ and up to 40 lowercase letters, ` +
      "digits or dashes, not beginning or ending with a dash.\n",
  );
}
