// Whether Google is to fetch a URL instead of us: only what it says it fetches, only from the open web, and only what can be told of
// a URL without asking its host, since nobody is asked twice.
import type { ModelProfile } from "../chat/models.ts";
import { normalizeMediaType } from "./media-types.ts";
import { isPublicHost } from "./public-host.ts";
import { decideUrl, type UrlPolicy } from "./url-policy.ts";

/** Google's list for URLs (January 2026). Sound and heic are not on it. */
const TYPES: ReadonlySet<string> = new Set([
  "text/html",
  "text/css",
  "text/plain",
  "text/xml",
  "text/csv",
  "text/rtf",
  "text/javascript",
  "application/json",
  "application/pdf",
  "image/bmp",
  "image/jpeg",
  "image/png",
  "image/webp",
  "video/mp4",
  "video/mpeg",
  "video/quicktime",
  "video/avi",
  "video/x-flv",
  "video/webm",
  "video/wmv",
  "video/3gpp",
]);

/** Google fetches for no model of the 2.0 family and before, and Gemma knows no files. */
const NOT_FOR = /^(gemini-1\.|gemini-2\.[0-4]|gemma-)/;

/** Types by the names of files: Google wants to be told one, and nobody has looked at the bytes. */
const TYPES_BY_ENDING: ReadonlyMap<string, string> = new Map(
  Object.entries({
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    webp: "image/webp",
    bmp: "image/bmp",
    pdf: "application/pdf",
    mp4: "video/mp4",
    mpeg: "video/mpeg",
    mpg: "video/mpeg",
    mov: "video/quicktime",
    avi: "video/avi",
    flv: "video/x-flv",
    webm: "video/webm",
    wmv: "video/wmv",
    "3gp": "video/3gpp",
  }),
);

/** The URI and type that Google is given; undefined when the URL is to be fetched by us. Pure. */
export function planHandOver(
  text: string,
  said: string,
  { id }: ModelProfile,
  policy: UrlPolicy,
): { readonly uri: string; readonly mimeType: string } | undefined {
  if (NOT_FOR.test(id)) return undefined;
  const decision = decideUrl(text, policy);
  if (!("url" in decision) || decision.url.protocol !== "https:") return undefined;
  const { hostname, pathname, href } = decision.url;
  const ending = /\.(\w+)$/.exec(pathname)?.[1]?.toLowerCase() ?? "";
  const mimeType = normalizeMediaType(said) ?? TYPES_BY_ENDING.get(ending);
  if (mimeType === undefined || !TYPES.has(mimeType) || !isPublicHost(hostname)) return undefined;
  return { uri: href, mimeType };
}
