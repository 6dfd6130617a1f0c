// What the URI of a Media means: a film on YouTube, an object that lies upstream, or something to be fetched.

/**
 * `youtube`: Google reads it itself. `object`: belongs to a Google project, in the Files API or Cloud Storage. `web`: anything else.
 * `uri` is what Google would be told.
 */
export type UriPlan = { readonly kind: "youtube" | "object" | "web"; readonly uri: string };

const FILES_API_HOST = "generativelanguage.googleapis.com";
const YOUTUBE_HOSTS: ReadonlySet<string> = new Set([
  "youtube.com",
  "www.youtube.com",
  "m.youtube.com",
  "music.youtube.com",
  "youtube-nocookie.com",
  "www.youtube-nocookie.com",
]);

/** Gemini documents the watch form and `youtu.be` alone, so every link becomes the former. */
const WATCH = "https://www.youtube.com/watch?v=";

/** Pure; a text that is no URL is left as it is, to the fetch, which says so. */
export function planUri(uri: string): UriPlan {
  if (/^gs:\/\//i.test(uri)) return { kind: "object", uri };
  if (/^files\/[a-z0-9-]+$/.test(uri)) return { kind: "object", uri: `https://${FILES_API_HOST}/v1beta/${uri}` };
  const url = URL.parse(uri);
  if (url === null || !/^https?:$/.test(url.protocol)) return { kind: "web", uri };
  const host = url.hostname.replace(/\.$/, "");
  if (host === FILES_API_HOST && /^\/v\w+\/files\/[a-z0-9-]+$/.test(url.pathname)) {
    return { kind: "object", uri: `https://${FILES_API_HOST}${url.pathname}` };
  }
  const id = youTubeId(host, url);
  return id === undefined ? { kind: "web", uri } : { kind: "youtube", uri: `${WATCH}${id}` };
}

function youTubeId(host: string, url: URL): string | undefined {
  const [, first = "", second = ""] = url.pathname.split("/");
  let id: string | null = null;
  if (host === "youtu.be") id = first;
  else if (YOUTUBE_HOSTS.has(host)) {
    id = ["shorts", "embed", "live", "v"].includes(first) ? second : url.searchParams.get("v");
  }
  return id !== null && /^[\w-]{11}$/.test(id) ? id : undefined;
}
