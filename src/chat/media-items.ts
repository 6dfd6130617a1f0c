// Finds the media of a request, and puts others in their place.
import type { ChatRequest, Media, Message, Part } from "../gen/gemini/chat/v1/chat_pb.ts";

/** One Media of a request and its path: `messages[0].parts[1].media`, `messages[2].parts[0].tool_result.media[0]`. */
export type MediaItem = { readonly media: Media; readonly path: string };

export function listMedia(request: ChatRequest): MediaItem[] {
  const items: MediaItem[] = [];
  for (const [message, { parts }] of request.messages.entries()) {
    for (const [index, { kind }] of parts.entries()) {
      const media = kind.case === "media" ? [kind.value] : kind.case === "toolResult" ? kind.value.media : NONE;
      for (const [at, one] of media.entries()) {
        const place = kind.case === "media" ? "media" : `tool_result.media[${at}]`;
        items.push({ media: one, path: `messages[${message}].parts[${index}].${place}` });
      }
    }
  }
  return items;
}

const NONE: readonly Media[] = [];

/** The request with media replaced; everything that holds none of them is the same object as before. */
export function replaceMedia(request: ChatRequest, replacements: ReadonlyMap<Media, Media>): ChatRequest {
  if (replacements.size === 0) return request;
  const replaced = (media: Media): Media => replacements.get(media) ?? media;
  return { ...request, messages: mapChanged(request.messages, (message) => inMessage(message, replaced)) };
}

function inMessage(message: Message, replaced: (media: Media) => Media): Message {
  const parts = mapChanged(message.parts, (part) => inPart(part, replaced));
  return parts === message.parts ? message : { ...message, parts };
}

function inPart(part: Part, replaced: (media: Media) => Media): Part {
  const { kind } = part;
  if (kind.case === "media") {
    const value = replaced(kind.value);
    return value === kind.value ? part : { ...part, kind: { case: "media", value } };
  }
  if (kind.case !== "toolResult") return part;
  const media = mapChanged(kind.value.media, replaced);
  return media === kind.value.media ? part : { ...part, kind: { case: "toolResult", value: { ...kind.value, media } } };
}

function mapChanged<T>(list: T[], change: (item: T) => T): T[] {
  const changed = list.map(change);
  return changed.some((item, index) => item !== list[index]) ? changed : list;
}
