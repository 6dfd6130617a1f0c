// A request's media while they are made ready, and what is done to them whichever way they came.
import { Failure } from "../chat/failures.ts";
import type { MediaItem } from "../chat/media-items.ts";
import type { GatherContext, MediaRoutes, MediaUpload } from "../chat/ports.ts";
import type { Media } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { MediaPolicy } from "./plan.ts";
import type { MediaWorker } from "./worker.ts";

/** All uses of one URL in a request, the first one first. */
export type UrlUses = [MediaItem, ...MediaItem[]];

/** A request's media on their way. */
export type Work = GatherContext & {
  readonly policy: MediaPolicy;
  readonly worker: MediaWorker;
  /** Items whose bytes are at hand, as they are by now. */
  readonly held: { readonly item: MediaItem; readonly media: Media }[];
  readonly urls: Map<string, UrlUses>;
  readonly replacements: Map<Media, Media>;
  readonly made: MediaUpload[];
  readonly routes: { -readonly [Route in keyof MediaRoutes]: number };
};

/** Only a gif makes a request wait: Gemini reads none, so its first frame is decoded and sent as png. */
export async function toFirstFrame(media: Media, { path }: MediaItem, { worker, signal, raise }: Work): Promise<Media> {
  if (media.source.case !== "data") return media;
  const { firstFrameAsPng } = await import("./gif.ts");
  const value = await firstFrameAsPng(media.source.value, { worker, signal, field: path });
  raise("gif_first_frame", path, "Gemini reads no gif; its first frame was sent as png.");
  return { ...media, mimeType: "image/png", source: { case: "data", value } };
}

/** For what can neither stand in the request nor be uploaded. */
export function tooLarge({ inlineMaxBytes, fileMaxBytes }: MediaPolicy, field: string): Failure {
  const message =
    fileMaxBytes === 0
      ? `The media of a request may have ${inlineMaxBytes} bytes together.`
      : `One item of media may have ${fileMaxBytes} bytes.`;
  return new Failure("PAYLOAD_TOO_LARGE", message, { field });
}
