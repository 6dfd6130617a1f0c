// A fetch that keeps a browser's cross-origin rules: it asks first, sends its origin, and shows only the headers it was allowed to show.
import assert from "node:assert/strict";

/** Of these every page may read the value, without `access-control-expose-headers`. */
const ALWAYS_READABLE = new Set([
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
]);

/** Request headers that need no permission; `content-type` does as soon as it is no form's. */
const ALWAYS_ALLOWED = new Set(["accept", "accept-language", "content-language"]);

/** What a page of this origin gets for `fetch`. Rejects with a TypeError where a browser would. */
export function browserFetch(origin: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    assert.notEqual(new URL(request.url).origin, origin, "the page and the gateway are of different origins");
    await askFirst(request, origin);
    request.headers.set("origin", origin);
    const response = await fetch(request);
    mustAllow(response.headers, origin);
    return new Response(response.body, {
      status: response.status,
      statusText: response.statusText,
      headers: readableOf(response.headers),
    });
  };
}

async function askFirst({ url, method, headers }: Request, origin: string): Promise<void> {
  const names = [...headers.keys()].filter((name) => !ALWAYS_ALLOWED.has(name)).toSorted();
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": names.join(","),
    },
  });
  mustAllow(preflight.headers, origin);
  if (!preflight.ok) throw new TypeError(`the preflight was answered with ${preflight.status}`);
  const allowed = listIn(preflight.headers, "access-control-allow-headers");
  // The wildcard does not cover `authorization`.
  const refused = names.filter(
    (name) => !allowed.includes(name) && (name === "authorization" || !allowed.includes("*")),
  );
  if (refused.length > 0) throw new TypeError(`the gateway does not allow the headers ${refused.join(", ")}`);
  if (!listIn(preflight.headers, "access-control-allow-methods").includes(method.toLowerCase())) {
    throw new TypeError(`the gateway does not allow ${method}`);
  }
}

function mustAllow(headers: Headers, origin: string): void {
  const allowed = headers.get("access-control-allow-origin");
  if (allowed !== origin && allowed !== "*") throw new TypeError(`the gateway does not allow the origin ${origin}`);
}

function readableOf(headers: Headers): Headers {
  const exposed = listIn(headers, "access-control-expose-headers");
  return new Headers([...headers].filter(([name]) => ALWAYS_READABLE.has(name) || exposed.includes(name)));
}

const listIn = (headers: Headers, name: string): string[] =>
  (headers.get(name) ?? "").split(",").map((item) => item.trim().toLowerCase());
