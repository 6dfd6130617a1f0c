// What every request to the upstream begins with: the path prefix of its address, and the headers that carry our key.
import type { KeyHandle } from "../chat/ports.ts";

const USER_AGENT = "gemini-gateway";

/** The path of the base URL without a slash at its end; Google's paths follow. */
export function pathPrefix(baseUrl: URL): string {
  return baseUrl.pathname.replace(/\/$/, "");
}

/** The key stands in its header only, never in a URL: those end up in logs. Throws RangeError for a key that is not there. */
export function keyHeaders(keys: readonly { readonly key: string }[], { index }: KeyHandle): Record<string, string> {
  const secret = keys[index];
  if (!secret) throw new RangeError(`There is no key at position ${index}.`);
  return { "x-goog-api-key": secret.key, "user-agent": USER_AGENT, "accept-encoding": "identity" };
}
