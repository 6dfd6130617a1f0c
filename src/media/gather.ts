// Makes the media of a request ready for the upstream: types by the bytes, YouTube links in watch form, URLs fetched.
import { dataLength } from "../chat/bytes.ts";
import { Failure, type FailureReason } from "../chat/failures.ts";
import type { Caller, MediaGatherer } from "../chat/ports.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { MediaFetchError, type MediaFetchErrorKind } from "./fetch-error.ts";
import type { MediaFetcher } from "./fetch.ts";
import { inspectMedia } from "./inspect.ts";
import { listMedia, type MediaItem, replaceMedia } from "./media-items.ts";
import { planUri } from "./source-uri.ts";

export type GatherOptions = {
  /** Inline media of a request together, in bytes before base64. */
  readonly maxBytes: number;
  /** Whether URIs of the Files API and of Cloud Storage are sent on; they belong to one project and to no licence. */
  readonly upstreamObjects: boolean;
};

/** A request is no crawler (MF-5). */
const MAX_URLS = 32;
const BUSY_RETRY_MS = 1000;

/** A request's media, sorted by what is to be done; `left` is what may still be added to the inline bytes. */
type Worklist = { readonly inline: MediaItem[]; readonly urls: Map<string, MediaItem[]>; left: number };

/**
 * Gathers with this fetcher. A request with nothing to change comes back as it was. Media that one URL names several
 * times is fetched once. Other than by a Failure, `gather` rejects only with the reason of its signal.
 */
export function createMediaGatherer(fetcher: MediaFetcher, options: GatherOptions): MediaGatherer {
  return {
    gather: async (request, caller, raise, signal) => {
      const replacements = new Map<Media, Media>();
      const replace = (media: Media, other: Media) => other !== media && replacements.set(media, other);
      const work: Worklist = { inline: [], urls: new Map(), left: options.maxBytes };
      for (const item of listMedia(request)) replace(item.media, sortItem(item, work, options));
      for (const item of work.inline) replace(item.media, inspectMedia(item, raise));
      await fetchAll(work, fetcher, caller, signal, ({ media, path }, bytes, contentType) => {
        const mimeType = media.mimeType === "" ? (contentType ?? "") : media.mimeType;
        const fetched: Media = { ...media, mimeType, source: { case: "data", value: bytes } };
        replace(media, inspectMedia({ media: fetched, path }, raise, "url"));
      });
      return replaceMedia(request, replacements);
    },
  };
}

/** Puts an item on the list it belongs to; the media itself, or what its URI is rewritten to. */
function sortItem(item: MediaItem, work: Worklist, { maxBytes, upstreamObjects }: GatherOptions): Media {
  const { media, path } = item;
  if (media.source.case === "data") {
    work.inline.push(item);
    work.left -= dataLength(media.source);
    if (work.left < 0) throw tooLarge(maxBytes, path);
  }
  if (media.source.case !== "uri") return media;
  const plan = planUri(media.source.value);
  if (plan.kind === "fetch") {
    const uses = work.urls.get(media.source.value);
    if (uses === undefined) work.urls.set(media.source.value, [item]);
    else uses.push(item);
    if (work.urls.size <= MAX_URLS) return media;
    throw new Failure("INVALID_VALUE", `At most ${MAX_URLS} media URLs are fetched for one request.`, { field: path });
  }
  if (plan.kind === "object" && !upstreamObjects) {
    const message =
      "Files of the Gemini API and Cloud Storage objects are not accepted by this server; send the data itself or a URL.";
    throw new Failure("UNSUPPORTED_VALUE", message, { field: path });
  }
  const mimeType = plan.kind === "youtube" && !media.mimeType.startsWith("video/") ? "" : media.mimeType;
  return { ...media, mimeType, source: { case: "uri", value: plan.uri } };
}

/** Fetches every URL of the list and hands out the bytes in the order of the request; the first failure ends them all. */
async function fetchAll(
  work: Worklist,
  fetcher: MediaFetcher,
  caller: Caller,
  signal: AbortSignal,
  use: (item: MediaItem, bytes: Uint8Array, contentType: string | undefined) => void,
): Promise<void> {
  if (work.urls.size === 0) return;
  const maxBytes = work.left;
  const group = new AbortController();
  const stop = AbortSignal.any([signal, group.signal]);
  try {
    const fetched = await Promise.all(
      Array.from(work.urls, async ([url, uses]) => {
        const [{ path }] = uses as [MediaItem];
        const media = await fetcher
          .fetch(url, { signal: stop, maxBytes, callerKey: caller.licenceId })
          .catch((error: unknown) => {
            throw toFailure(error, path);
          });
        work.left -= media.bytes.length * uses.length;
        if (work.left < 0) throw tooLarge(maxBytes, path);
        return { ...media, uses };
      }),
    );
    for (const { uses, bytes, contentType } of fetched) for (const item of uses) use(item, bytes, contentType);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    group.abort();
  }
}

const REASONS: Readonly<Record<MediaFetchErrorKind, FailureReason>> = {
  disabled: "UNSUPPORTED_VALUE",
  invalid_url: "INVALID_IMAGE_URL",
  forbidden: "INVALID_IMAGE_URL",
  unreachable: "INVALID_IMAGE_URL",
  type: "INVALID_IMAGE_URL",
  too_large: "PAYLOAD_TOO_LARGE",
  busy: "SERVER_BUSY",
};

function toFailure(error: unknown, field: string): unknown {
  if (!(error instanceof MediaFetchError)) return error;
  const message = `${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`;
  const retryAfterMs = error.kind === "busy" ? BUSY_RETRY_MS : undefined;
  return new Failure(REASONS[error.kind], message, { field, retryAfterMs, cause: error });
}

function tooLarge(maxBytes: number, field: string): Failure {
  return new Failure("PAYLOAD_TOO_LARGE", `The media of a request may have ${maxBytes} bytes together.`, { field });
}
