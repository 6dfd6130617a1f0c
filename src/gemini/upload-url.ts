// Where the chunks of an upload go: Google names a URL, but only the upstream of the configuration is ever sent a key or a caller's bytes.
import { Failure } from "../chat/failures.ts";
import { pathPrefix } from "./request-head.ts";

const GOOGLE = "https://generativelanguage.googleapis.com";

/**
 * Path and query on the configured upstream. A URL of Google's own origin, as a plain reverse proxy passes it on, is led back through
 * that proxy, under its path prefix. Throws UPLOAD_FAILED for any other place.
 */
export function toUploadPath(header: string | string[] | undefined, baseUrl: URL): string {
  const url = typeof header === "string" ? URL.parse(header) : null;
  if (url?.origin === baseUrl.origin) return url.pathname + url.search;
  if (url?.origin === GOOGLE) return pathPrefix(baseUrl) + url.pathname + url.search;
  const problem = url === null ? "no upload URL" : "an upload URL of another origin";
  throw new Failure("UPLOAD_FAILED", "Gemini did not say where to upload media.", { cause: problem });
}
