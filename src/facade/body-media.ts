// A body read with its large media left as the bytes they came as: of a 5 MB picture neither a text nor a copy is made.
import { hash } from "node:crypto";
import { isStandardBase64 } from "../chat/base64.ts";
import { Base64Bytes, base64OfData, lazyData } from "../chat/bytes.ts";
import { Cuts, type Place } from "../chat/cuts.ts";
import { listMedia } from "../chat/media-items.ts";
import type { ChatRequest } from "../gen/gemini/chat/v1/chat_pb.ts";
import { checkBody, DATA_URL_HEAD, parseChecked, type Span } from "./body.ts";

/** What precedes a string that is likely to be read as media. */
const MEDIA_KEY = /"(?:url|image_url|data|file_data)"\s*:\s*"$/;
const MEDIA_KEY_MAX_LENGTH = 64;
/** Longest head of a data URL that is looked for, its comma included. */
const HEAD_MAX_LENGTH = 518;

/**
 * What `read` makes of a JSON body. It sees short base64 that stands for the large media, and in the media of its request their bytes
 * take that place. Where some stand-in is not among them, or `read` throws, it reads the body again as it was written.
 * Throws as `parseJson` and `read` do.
 */
export function readAroundMedia<T extends { readonly request: ChatRequest }>(
  bytes: Buffer,
  read: (body: unknown) => T,
): T {
  const longStrings = checkBody(bytes);
  const media = new Cuts();
  const json = longStrings.length === 0 ? undefined : cutMedia(longStrings, bytes, media);
  if (json !== undefined) {
    try {
      const told = read(JSON.parse(json));
      if (fillIn(told.request, media)) return told;
    } catch {
      // What is wrong is told below, of the body as it was written.
    }
  }
  return read(parseChecked(longStrings, bytes));
}

/**
 * The JSON with stand-ins for its media; undefined where they could make a difference. Readers look for a picture among others and in
 * texts: so no two may be the same, and no other string as long.
 */
function cutMedia(longStrings: readonly Span[], bytes: Buffer, media: Cuts): string | undefined {
  const cut: Buffer[] = [];
  const places: Place[] = [];
  let longestOther = 0;
  for (const span of longStrings) {
    const ascii = mediaIn(span, bytes);
    if (ascii === undefined) {
      longestOther = Math.max(longestOther, span[1] - span[0]);
      continue;
    }
    cut.push(ascii);
    places.push({ start: span[1] - ascii.length, end: span[1], base64: new Base64Bytes(ascii) });
  }
  if (cut.length === 0 || cut.some(({ length }) => length <= longestOther) || haveTwins(cut)) return undefined;
  return media.cutOut(bytes, places);
}

/** Whether two are the same. Each held against each takes seconds where a body has thousands: so of those of one length, the hashes. */
function haveTwins(all: readonly Buffer[]): boolean {
  return Map.groupBy(all, ({ length }) => length)
    .values()
    .some((alike) => alike.length > 1 && new Set(alike.map((one) => hash("sha256", one))).size < alike.length);
}

/** The base64 of a string that is likely to be read as media. */
function mediaIn([start, end]: Span, bytes: Buffer): Buffer | undefined {
  if (!MEDIA_KEY.test(bytes.toString("latin1", Math.max(0, start - MEDIA_KEY_MAX_LENGTH), start))) return undefined;
  const [head = ""] = DATA_URL_HEAD.exec(bytes.toString("latin1", start, Math.min(start + HEAD_MAX_LENGTH, end))) ?? [];
  const ascii = bytes.subarray(start + head.length, end);
  return isStandardBase64(ascii) ? ascii : undefined;
}

/** Puts the media in the place of their stand-ins; whether each had one. */
function fillIn(request: ChatRequest, media: Cuts): boolean {
  const filled = new Set<string>();
  for (const { media: one } of listMedia(request)) {
    if (one.source.case !== "data") continue;
    const token = base64OfData(one.source);
    const base64 = typeof token === "string" ? media.heldBy(token) : undefined;
    if (base64 === undefined) continue;
    one.source = lazyData(base64);
    filled.add(String(token));
  }
  return filled.size === media.size;
}
