// Fetches the URLs of a request: what fits into it is held, what does not becomes an upload.
import { Failure } from "../chat/failures.ts";
import type { MediaItem } from "../chat/media-items.ts";
import type { MediaUpload } from "../chat/ports.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { collect, type Budget, type Collected } from "./collect.ts";
import { toFetchFailure } from "./fetch-failure.ts";
import type { MediaFetcher, OpenedMedia } from "./fetch.ts";
import { toFirstFrame, tooLarge, type UrlUses, type Work } from "./gather-work.ts";
import { inspectHead, inspectMedia } from "./inspect.ts";
import { GIF } from "./media-types.ts";
import { SNIFF_BYTES } from "./sniff.ts";
import { createTether, type Tether } from "./tether.ts";
import { createUrlUpload } from "./url-upload.ts";

type Fetched = {
  readonly url: string;
  readonly uses: UrlUses;
  readonly opened: OpenedMedia;
  readonly collected: Collected;
  /** What its life hangs on, when it goes on into its upload. */
  readonly tether: Tether | undefined;
};

/**
 * Fetches every URL of the list, `room` bytes of all of them into memory. The first failure ends them all. A fetch goes on into its
 * upload only when it is the request's only one: a request that held one slot while it waited for another could wait for itself. Of
 * several, those that do not fit are fetched when their upload begins.
 */
export async function fetchUrls(work: Work, fetcher: MediaFetcher, room: number): Promise<void> {
  const budget: Budget = { left: room };
  const group = new AbortController();
  const stop = AbortSignal.any([work.signal, group.signal]);
  const maxBytes = Math.max(work.policy.fileMaxBytes, room);
  const isAlone = work.urls.size === 1;

  async function fetchOne(url: string, uses: UrlUses): Promise<Fetched> {
    const tether = isAlone ? createTether(work.signal) : undefined;
    try {
      const signal = tether?.signal ?? stop;
      const opened = await fetcher.open(url, { signal, maxBytes, callerKey: work.caller.licenceId });
      const collected = await collect(opened, budget, uses.length);
      if (!isAlone) await opened.close();
      return { url, uses, opened, collected, tether };
    } catch (error) {
      throw toFetchFailure(error, uses[0].path);
    }
  }

  try {
    const fetched = await Promise.all(Array.from(work.urls, ([url, uses]) => fetchOne(url, uses)));
    for (const each of fetched) {
      if ("bytes" in each.collected) await hold(each.collected.bytes, each, work);
      else uploadLater(each.collected.start, each, work, fetcher);
    }
  } finally {
    group.abort();
  }
}

/** Every use gets the bytes, as a type of its own where only what was said can tell it. */
async function hold(bytes: Buffer, { uses, opened }: Fetched, work: Work): Promise<void> {
  for (const item of uses) {
    const fetched: Media = { ...item.media, mimeType: saidOf(item, opened), source: { case: "data", value: bytes } };
    const media = inspectMedia({ media: fetched, path: item.path }, work.raise, "url");
    work.held.push({ item, media: media.mimeType === GIF ? await toFirstFrame(media, item, work) : media });
  }
}

function uploadLater(start: Buffer[], fetched: Fetched, work: Work, fetcher: MediaFetcher): void {
  const { url, uses, opened, tether } = fetched;
  const { policy, caller, replacements, routes, made } = work;
  const head = headOf(start);
  const uploads = new Map<string, MediaUpload>();
  let begun = tether && { opened, start, follow: tether.follow };
  try {
    for (const item of uses) {
      if (policy.fileMaxBytes === 0) throw tooLarge(policy, item.path);
      const said = saidOf(item, opened);
      const mimeType = inspectHead(head, item, said, work.raise, "url");
      if (mimeType === GIF) throw new Failure("PAYLOAD_TOO_LARGE", "The gif is too large.", { field: item.path });
      let upload = uploads.get(mimeType);
      if (upload === undefined) {
        const source = { url, callerKey: caller.licenceId, maxBytes: policy.fileMaxBytes, said };
        upload = createUrlUpload(fetcher, source, { path: item.path, mimeType }, opened, begun);
        begun = undefined;
        uploads.set(mimeType, upload);
        made.push(upload);
      }
      routes.upload += 1;
      replacements.set(item.media, { ...item.media, mimeType, source: { case: "uri", value: upload.placeholder } });
    }
  } finally {
    if (begun) void opened.close();
  }
}

function saidOf({ media }: MediaItem, { contentType }: OpenedMedia): string {
  return media.mimeType === "" ? (contentType ?? "") : media.mimeType;
}

function headOf(start: readonly Buffer[]): Buffer {
  let size = 0;
  const first = start.filter((piece) => (size += piece.length) - piece.length < SNIFF_BYTES);
  return Buffer.concat(first).subarray(0, SNIFF_BYTES);
}
