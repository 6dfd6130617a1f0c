// Media of a URL that are too large to be held, as an upload: their bytes pass through from the guarded fetch.
import { createHash } from "node:crypto";
import { Failure } from "../chat/failures.ts";
import type { MediaUpload, UploadBytes } from "../chat/ports.ts";
import { newPlaceholder } from "./data-upload.ts";
import { toFetchFailure } from "./fetch-failure.ts";
import type { MediaFetcher, OpenedMedia } from "./fetch.ts";
import { detectMediaType, SNIFF_BYTES } from "./sniff.ts";

/** A fetch that has begun: what was read of it, and how its life is tied to a signal. */
export type BegunFetch = {
  readonly opened: OpenedMedia;
  readonly start: Buffer[];
  /** From now on the fetch ends with this signal and no longer with the one before. */
  readonly follow: (signal: AbortSignal) => void;
};

type HeadFacts = Pick<OpenedMedia, "finalUrl" | "validator" | "length">;

type UrlSource = {
  readonly url: string;
  readonly callerKey: string;
  readonly maxBytes: number;
  /** As the caller said it. */
  readonly said: string;
};

/**
 * An upload of what lies at a URL, as its head was told. `begun` serves the first reading; every other one fetches anew, and fails when
 * other media lie there by then.
 */
export function createUrlUpload(
  fetcher: MediaFetcher,
  source: UrlSource,
  { path, mimeType }: Pick<MediaUpload, "path" | "mimeType">,
  head: HeadFacts,
  begun: BegunFetch | undefined,
): MediaUpload {
  let kept = begun;
  return {
    placeholder: newPlaceholder(),
    path,
    mimeType,
    identity: identityOf(source, head, mimeType),
    async open(signal) {
      const known = kept;
      kept = undefined;
      known?.follow(signal);
      const { opened, start } = known ?? (await fetchAnew(fetcher, source, mimeType, signal));
      return toBytes(opened, start, identityOf(source, opened, mimeType));
    },
    release() {
      void kept?.opened.close();
      kept = undefined;
    },
  };
}

/** The URL alone says nothing: with a validator it means the same bytes again. Hashed: URLs may hold secrets, and need not be kept. */
function identityOf({ url }: UrlSource, { finalUrl, validator, length }: HeadFacts, mimeType: string): string {
  if (validator === undefined) return "";
  const facts = JSON.stringify([url, finalUrl.href, validator, length ?? null]);
  return `url:${createHash("sha256").update(facts).digest("hex")} ${mimeType}`;
}

async function fetchAnew(
  fetcher: MediaFetcher,
  { url, callerKey, maxBytes, said }: UrlSource,
  mimeType: string,
  signal: AbortSignal,
): Promise<Pick<BegunFetch, "opened" | "start">> {
  try {
    const opened = await fetcher.open(url, { signal, maxBytes, callerKey });
    const start: Buffer[] = [];
    let size = 0;
    const pieces = opened.pieces[Symbol.asyncIterator]();
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      start.push(next.value);
      size += next.value.length;
      if (size >= SNIFF_BYTES) break;
    }
    if (detectMediaType(Buffer.concat(start), said || opened.contentType)?.mimeType === mimeType)
      return { opened, start };
    await opened.close();
  } catch (error) {
    throw toFetchFailure(error);
  }
  throw new Failure("INVALID_IMAGE_URL", "The media at this URL changed while they were read.");
}

function toBytes(opened: OpenedMedia, start: Buffer[], identity: string): UploadBytes {
  async function* pieces(): AsyncGenerator<Buffer> {
    try {
      for (let first = start.shift(); first !== undefined; first = start.shift()) {
        yield first;
        opened.release(first.length);
      }
      for await (const piece of opened.pieces) {
        yield piece;
        opened.release(piece.length);
      }
    } catch (error) {
      throw toFetchFailure(error);
    }
  }
  return { identity, size: opened.length, pieces: pieces(), [Symbol.asyncDispose]: () => opened.close() };
}
