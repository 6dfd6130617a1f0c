// Decides whether a caller-given URL may be fetched at all, before any name is resolved. Pure: text in, parsed URL out.

/** A host, or a domain with everything under it. */
export type HostPattern = { readonly host: string; readonly isDomain: boolean };

/** What the operator allows. Denied beats allowed, and neither lifts the check of the address. */
export type UrlPolicy = {
  /** Ports that may be asked on public addresses. */
  readonly allowedPorts: readonly number[];
  /** When not empty, only these hosts are fetched from. */
  readonly allowedHosts: readonly HostPattern[];
  readonly deniedHosts: readonly HostPattern[];
  /** True when some networks are listed: their ports are free, so a port is judged with the address, not here. */
  readonly anyPort: boolean;
};

/** The one parsed URL that is used from here on, or why not. `reason` is for the log and holds no part of the URL. */
export type UrlDecision =
  | { readonly url: URL }
  | { readonly refused: "invalid_url" | "forbidden"; readonly reason: string };

// Longer than any signed storage URL seen, short enough that a request line stays small (MF, corpus "8 KB URL").
const URL_MAX_CHARS = 8192;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Parses and judges a URL. The WHATWG parser folds what attackers vary (`0x7f.1`, `2130706433`, full-width digits,
 * `\`, tabs), so only its result is looked at and only its result is connected to: two parsers that disagree are how
 * Open WebUI and vLLM were tricked. `base` is the URL that redirected here.
 */
export function decideUrl(text: string, policy: UrlPolicy, base?: URL): UrlDecision {
  if (text.length > URL_MAX_CHARS) return invalid("too long");
  const url = URL.parse(text, base?.href);
  if (url === null) return invalid("not parsable");
  if (url.href.length > URL_MAX_CHARS) return invalid("too long when encoded");
  if (DEFAULT_PORTS[url.protocol] === undefined) return invalid("scheme is neither http nor https");
  if (url.username !== "" || url.password !== "") return invalid("has credentials");
  if (base?.protocol === "https:" && url.protocol === "http:") return forbidden("redirect from https to http");
  if (!policy.anyPort && !policy.allowedPorts.includes(portOf(url))) return forbidden("port not allowed");
  if (policy.deniedHosts.some((entry) => covers(entry, url.hostname))) return forbidden("host denied");
  if (policy.allowedHosts.length > 0 && !policy.allowedHosts.some((entry) => covers(entry, url.hostname))) {
    return forbidden("host not among the allowed ones");
  }
  return { url };
}

/** The TCP port of an http(s) URL. */
export function portOf(url: URL): number {
  return url.port === "" ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
}

/**
 * Reads list entries: `example.com` is that host alone, `*.example.com` the domain with everything under it. Hosts are
 * written as the URL parser writes them (lower case, punycode, numeric forms folded). Throws an `Error` naming the
 * first entry that is no bare host: a mistyped denied host must not be ignored.
 */
export function parseHosts(entries: readonly string[]): HostPattern[] {
  return entries.map((entry) => {
    const isDomain = entry.startsWith("*.");
    const bare = isDomain ? entry.slice(2) : entry;
    const host = bare.includes(":") && !bare.startsWith("[") ? `[${bare}]` : bare;
    const url = URL.parse(`http://${host}/`);
    if (url === null || url.href !== `http://${url.hostname}/`) throw new Error(`not a host: ${entry}`);
    return { host: withoutTrailingDot(url.hostname), isDomain };
  });
}

function covers(pattern: HostPattern, hostname: string): boolean {
  const host = withoutTrailingDot(hostname);
  return host === pattern.host || (pattern.isDomain && host.endsWith(`.${pattern.host}`));
}

// `example.com.` is the same host written absolutely; a list must not be dodged with it.
function withoutTrailingDot(hostname: string): string {
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

function invalid(reason: string): UrlDecision {
  return { refused: "invalid_url", reason };
}

function forbidden(reason: string): UrlDecision {
  return { refused: "forbidden", reason };
}
