// Media on their way into the upstream's file store: once for each project and content, shared by all who need it, reused while it lasts.
import { createHash, type Hash } from "node:crypto";
import { Failure } from "./failures.ts";
import type { Clock, KeyHandle, MediaUpload, UploadBytes, UpstreamFile, UpstreamFiles } from "./ports.ts";
import { createSingleFlight } from "./single-flight.ts";

export interface UploadPorts {
  readonly files: UpstreamFiles;
  readonly clock: Clock;
}

/** The uploads of a request, in one project. */
export interface Placement {
  /** By placeholder. */
  readonly uris: ReadonlyMap<string, string>;
  readonly uploaded: number;
  readonly reused: number;
  readonly uploadedBytes: number;
}

export interface Uploads {
  /** Puts all of them where this key's project can read them. Rejects with a Failure naming the field. */
  place(uploads: readonly MediaUpload[], key: KeyHandle, signal: AbortSignal): Promise<Placement>;
  /** A project that holds the first of them that any project holds. */
  homeOf(uploads: readonly MediaUpload[]): string | undefined;
  /** Asks whether files that were placed are gone, and forgets those; false when all of them are there. */
  forgetGone(uploads: readonly MediaUpload[], key: KeyHandle, signal: AbortSignal): Promise<boolean>;
}

/** Google processes films for seconds to minutes; each wait is half as long again as the one before, up to the last. */
const POLL_FIRST_MS = 500;
const POLL_MAX_MS = 5_000;
/** A file is not used in its last hour: a request that begins then may still name it twenty minutes later, or on a clock that is off. */
const EXPIRY_MARGIN_MS = 3_600_000;
/** Some 300 bytes each. */
const MAX_FILES = 10_000;

/** One upload; `bytes` is what it took now, 0 when it was there or on its way. */
type Placed = { readonly file: UpstreamFile; readonly bytes: number };

/**
 * The memory of a process. Whoever asks has the bytes, or a URL that gives them to us without credentials, and never sees the file's
 * URI: so one licence may use what another one had uploaded.
 */
export function createUploads(ports: UploadPorts): Uploads {
  return new UploadBook(ports);
}

class UploadBook implements Uploads {
  readonly #files: UpstreamFiles;
  readonly #clock: Clock;
  /** Files by project and name, the last used at the end. */
  readonly #known = new Map<string, UpstreamFile>();
  /** Where something was placed last, by name. */
  readonly #homes = new Map<string, string>();
  readonly #flights = createSingleFlight<Placed>();

  constructor({ files, clock }: UploadPorts) {
    this.#files = files;
    this.#clock = clock;
  }

  async place(uploads: readonly MediaUpload[], key: KeyHandle, signal: AbortSignal): Promise<Placement> {
    const group = new AbortController();
    const stop = AbortSignal.any([signal, group.signal]);
    try {
      const placed = await Promise.all(
        uploads.map((media) =>
          this.#placeOne(media, key, stop).catch((error: unknown) => {
            throw atField(error, media.path);
          }),
        ),
      );
      const uris = new Map(uploads.map(({ placeholder }, index) => [placeholder, placed[index]?.file.uri ?? ""]));
      const uploaded = placed.filter(({ bytes }) => bytes > 0).length;
      const uploadedBytes = placed.reduce((sum, { bytes }) => sum + bytes, 0);
      return { uris, uploaded, reused: placed.length - uploaded, uploadedBytes };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      group.abort(new Failure("CANCELLED", "Other media of this request failed."));
      for (const media of uploads) media.release();
    }
  }

  homeOf(uploads: readonly MediaUpload[]): string | undefined {
    for (const media of uploads) {
      const home = this.#homes.get(nameOfUpload(media));
      if (home !== undefined && this.#recall(inProject(home, nameOfUpload(media)))) return home;
    }
    return undefined;
  }

  async forgetGone(uploads: readonly MediaUpload[], key: KeyHandle, signal: AbortSignal): Promise<boolean> {
    const gone = await Promise.all(
      uploads.map(async (media) => {
        const file = this.#fileOf(media, key);
        if (file === undefined || (await this.#files.find(key, file.name, signal)) !== undefined) return false;
        this.#forget(file);
        return true;
      }),
    );
    return gone.includes(true);
  }

  async #placeOne(media: MediaUpload, key: KeyHandle, signal: AbortSignal): Promise<Placed> {
    const name = inProject(key.project, nameOfUpload(media));
    const file = this.#fileOf(media, key);
    if (file?.state === "active") return { file, bytes: 0 };
    let isOurs = false;
    const placing = this.#flights.run(name, signal, async (stop) => {
      isOurs = true;
      if (file === undefined) return this.#upload(media, key, stop);
      media.release(); // its bytes were sent before
      const active = await this.#untilActive(file, key, stop);
      for (const [known, { uri }] of this.#known) if (uri === active.uri) this.#known.set(known, active);
      return { file: active, bytes: 0 };
    });
    if (isOurs) return placing;
    media.release(); // somebody else's bytes are on their way
    return { ...(await placing), bytes: 0 };
  }

  async #upload(media: MediaUpload, key: KeyHandle, signal: AbortSignal): Promise<Placed> {
    await using source = await media.open(signal);
    const tally = new Tally(source);
    const { mimeType } = media;
    const file = await this.#files.upload(key, { mimeType, size: source.size, pieces: tally.pieces() }, signal);
    // Other bytes may lie there by now than those that it is named after: then it is known as itself alone.
    const name = source.identity === media.identity ? nameOfUpload(media) : media.placeholder;
    const identities = [name, source.identity, tally.identity(mimeType)].filter((text) => text !== "");
    // Remembered before it is ready: who comes back after a timeout does not begin anew.
    this.#remember(key, identities, file);
    const active = await this.#untilActive(file, key, signal);
    this.#remember(key, identities, active);
    return { file: active, bytes: tally.bytes };
  }

  /** Reads again and again until the upstream is done with the file. */
  async #untilActive(first: UpstreamFile, key: KeyHandle, signal: AbortSignal): Promise<UpstreamFile> {
    let file: UpstreamFile | undefined = first;
    for (let waitMs = POLL_FIRST_MS; file?.state === "processing"; waitMs = Math.min(waitMs * 1.5, POLL_MAX_MS)) {
      await this.#clock.sleep(waitMs, signal);
      file = await this.#files.find(key, first.name, signal);
    }
    if (file?.state === "active") return file;
    this.#forget(first);
    if (file === undefined) throw new Failure("UPLOAD_FAILED", "Gemini lost media while it was processing them.");
    throw new Failure("INVALID_VALUE", "Gemini could not process this media.");
  }

  #fileOf(media: MediaUpload, { project }: KeyHandle): UpstreamFile | undefined {
    const [name, itself] = [inProject(project, nameOfUpload(media)), inProject(project, media.placeholder)];
    return this.#recall(name) ?? this.#recall(itself);
  }

  #recall(name: string): UpstreamFile | undefined {
    const file = this.#known.get(name);
    if (file === undefined) return undefined;
    this.#known.delete(name);
    if (file.expiresAtMs - EXPIRY_MARGIN_MS <= this.#clock.wall()) return undefined;
    this.#known.set(name, file); // the last used stay longest
    return file;
  }

  #remember({ project }: KeyHandle, identities: readonly string[], file: UpstreamFile): void {
    for (const identity of identities) {
      setBounded(this.#known, inProject(project, identity), file);
      setBounded(this.#homes, identity, project);
    }
  }

  #forget({ uri }: UpstreamFile): void {
    for (const [name, file] of this.#known) if (file.uri === uri) this.#known.delete(name);
  }
}

/** What it is known by: without an identity media are only the same as themselves. */
export function nameOfUpload({ identity, placeholder }: MediaUpload): string {
  return identity === "" ? placeholder : identity;
}

function inProject(project: string, name: string): string {
  return `${project}\0${name}`;
}

/** Sets as the last of all; the first one goes when there are too many. */
function setBounded<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= MAX_FILES) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

/** How bytes are told by what they are. */
export function contentIdentity(sha256: Hash, mimeType: string): string {
  return `sha256:${sha256.digest("hex")} ${mimeType}`;
}

/** Counts bytes and takes their hash as they pass. */
class Tally {
  readonly #source: UploadBytes;
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor(source: UploadBytes) {
    this.#source = source;
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source.pieces) {
      this.#hash.update(piece);
      this.bytes += piece.length;
      yield piece;
    }
  }

  /** Once, at the end. */
  identity(mimeType: string): string {
    return contentIdentity(this.#hash, mimeType);
  }
}

/** Of a failure that several wait for, each is told its own field; only what the caller can change has one. */
function atField(error: unknown, field: string): unknown {
  if (!(error instanceof Failure) || error.row.httpStatus >= 429) return error;
  const { reason, message, retryAfterMs, cause } = error;
  return new Failure(reason, message, { field, retryAfterMs, cause });
}
