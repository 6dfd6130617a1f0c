// Makes the media of a request ready for the upstream: types by the bytes, YouTube links in watch form, URLs fetched, large ones
// marked for upload. What goes which way is decided in plan.ts.
import { dataLength } from "../chat/bytes.ts";
import { Failure } from "../chat/failures.ts";
import { listMedia, type MediaItem, replaceMedia } from "../chat/media-items.ts";
import type { Gathered, MediaGatherer, MediaRoutes, MediaUpload } from "../chat/ports.ts";
import type { ChatRequest, Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import { createDataUpload } from "./data-upload.ts";
import type { MediaFetcher } from "./fetch.ts";
import { fetchUrls } from "./gather-urls.ts";
import { toFirstFrame, tooLarge, type Work } from "./gather-work.ts";
import { inspectMedia } from "./inspect.ts";
import { GIF } from "./media-types.ts";
import { chooseUploads, type MediaPolicy, planSource } from "./plan.ts";
import type { MediaWorker } from "./worker.ts";

/** A request is no crawler (MF-5). */
const MAX_URLS = 32;

const NOTHING: MediaRoutes = { inline: 0, inlineBytes: 0, upload: 0, handedOver: 0, youtube: 0, object: 0 };

/**
 * Gathers with this fetcher. A request with nothing to change comes back as it was. Media that one URL names several
 * times is fetched once. Other than by a Failure, `gather` rejects only with the reason of its signal.
 */
export function createMediaGatherer(fetcher: MediaFetcher, policy: MediaPolicy, worker: MediaWorker): MediaGatherer {
  return {
    async gather(request, context) {
      const items = listMedia(request);
      if (items.length === 0) return { request, uploads: [], routes: NOTHING };
      const work: Work = {
        ...context,
        policy,
        worker,
        held: [],
        urls: new Map(),
        replacements: new Map(),
        made: [],
        routes: { ...NOTHING },
      };
      try {
        return await gatherItems(request, items, work, fetcher);
      } catch (error) {
        for (const upload of work.made) upload.release();
        context.signal.throwIfAborted();
        throw error;
      }
    },
  };
}

async function gatherItems(
  request: ChatRequest,
  items: readonly MediaItem[],
  work: Work,
  fetcher: MediaFetcher,
): Promise<Gathered> {
  const data = items.filter((item) => sortItem(item, work));
  for (const item of data) {
    const media = inspectMedia(item, work.raise);
    work.held.push({ item, media: media.mimeType === GIF ? await toFirstFrame(media, item, work) : media });
  }
  if (work.urls.size > 0) await fetchUrls(work, fetcher, roomLeft(work));
  await placeHeld(work);
  const earlier = work.uploads ?? [];
  return {
    request: replaceMedia(request, work.replacements),
    uploads: [...earlier, ...work.made],
    routes: work.routes,
  };
}

/** Settles what needs no bytes, and puts URLs on their list; true for an item with bytes of its own. */
function sortItem({ media, path }: MediaItem, work: Work): boolean {
  if (isUpload(media, work.uploads)) {
    work.routes.upload += 1;
    return false;
  }
  const plan = planSource(media, work.model, work.policy);
  switch (plan.route) {
    case "data":
      return true;
    case "none":
      return false;
    case "fetch":
      addUrl(plan.url, { media, path }, work);
      return false;
    case "refused": {
      const message =
        "Files of the Gemini API and Cloud Storage objects are not accepted by this server; send the data itself or a URL.";
      throw new Failure("UNSUPPORTED_VALUE", message, { field: path });
    }
    default: {
      const { route, uri, mimeType } = plan;
      work.routes[route] += 1;
      work.replacements.set(media, { ...media, mimeType, source: { case: "uri", value: uri } });
      return false;
    }
  }
}

/** Whether it stands for an upload of an earlier gathering. */
function isUpload({ source }: Media, uploads: readonly MediaUpload[] = []): boolean {
  return source.case === "uri" && uploads.some(({ placeholder }) => placeholder === source.value);
}

function addUrl(url: string, item: MediaItem, { urls }: Work): void {
  const uses = urls.get(url);
  if (uses === undefined) urls.set(url, [item]);
  else uses.push(item);
  if (urls.size <= MAX_URLS) return;
  const message = `At most ${MAX_URLS} media URLs are fetched for one request.`;
  throw new Failure("INVALID_VALUE", message, { field: item.path });
}

/** What the items at hand leave of the inline bytes. */
function roomLeft(work: Work): number {
  const inline = chooseWays(work).filter(({ uploads }) => !uploads);
  return work.policy.inlineMaxBytes - inline.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Everything that is at hand, and whether it goes into an upload. Throws PAYLOAD_TOO_LARGE when that is too much as well. */
function chooseWays({ held, policy }: Work) {
  const sized = held.map((each) => ({ ...each, mimeType: each.media.mimeType, bytes: bytesOf(each.media) }));
  const chosen = chooseUploads(sized, policy.inlineMaxBytes);
  return sized.map((each, index) => {
    const uploads = chosen.has(index);
    if (uploads && each.bytes > policy.fileMaxBytes) throw tooLarge(policy, each.item.path);
    return { ...each, uploads };
  });
}

/** Everything that is at hand goes into the request or, where that is too much, into an upload. */
async function placeHeld(work: Work): Promise<void> {
  const { routes, made, replacements } = work;
  for (const { item, media, bytes, uploads } of chooseWays(work)) {
    if (uploads && media.source.case === "data") {
      const upload = await createDataUpload(media.source, { path: item.path, mimeType: media.mimeType });
      made.push(upload);
      routes.upload += 1;
      replacements.set(item.media, { ...media, source: { case: "uri", value: upload.placeholder } });
    } else {
      routes.inline += 1;
      routes.inlineBytes += bytes;
      if (media !== item.media) replacements.set(item.media, media);
    }
  }
}

function bytesOf({ source }: Media): number {
  return source.case === "data" ? dataLength(source) : 0;
}
