// Decides whether an IP address may be connected to on behalf of a caller. Pure: no lookups, no sockets.
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A parsed CIDR: first address and prefix length. */
export type Network = readonly [Address, number];

/** `listed`: inside a network the operator allowed. `public`: an ordinary internet address. `refused`: everything else. */
export type AddressVerdict = "listed" | "public" | "refused";

// All global unicast IPv6 addresses handed out so far. Whatever lies outside is special or unassigned, for example the
// deprecated IPv4-compatible `::127.0.0.1`, which ipaddr.js calls unicast.
const GLOBAL_IPV6: Network = ipaddr.parseCIDR("2000::/3");

// Public-looking addresses that are metadata services in truth: Azure's WireServer answers every virtual machine there.
const METADATA_SERVICES: readonly Network[] = [ipaddr.parseCIDR("168.63.129.16/32")];

/** Parses CIDRs; a bare address is a network of one. Throws an `Error` naming the first entry that is neither. */
export function parseNetworks(cidrs: readonly string[]): Network[] {
  return cidrs.map((cidr) => {
    if (ipaddr.isValidCIDR(cidr)) return ipaddr.parseCIDR(cidr);
    if (!ipaddr.isValid(cidr)) throw new Error(`not a network in CIDR notation: ${cidr}`);
    const address = ipaddr.parse(cidr);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  });
}

/**
 * Classifies an address given as text (IPv4 dotted or IPv6, as `dns.lookup` and a parsed URL give it).
 * An IPv4-mapped address counts as its IPv4 address. Addresses that embed an IPv4 address otherwise (NAT64, 6to4,
 * Teredo) are refused unless listed. `own` are the addresses of this machine: refused unless listed.
 */
export function classifyAddress(text: string, listed: readonly Network[], own: readonly string[]): AddressVerdict {
  const address = parse(text);
  if (address === undefined) return "refused";
  if (listed.some((network) => contains(network, address))) return "listed";
  if (address.range() !== "unicast") return "refused";
  if (address.kind() === "ipv6" && !contains(GLOBAL_IPV6, address)) return "refused";
  if (METADATA_SERVICES.some((network) => contains(network, address))) return "refused";
  return own.some((mine) => isSame(mine, address)) ? "refused" : "public";
}

/** Whether connecting to this address reaches the machine itself: loopback, unspecified, or one of `own`. */
export function isThisMachine(text: string, own: readonly string[]): boolean {
  const address = parse(text);
  if (address === undefined) return false;
  return ["loopback", "unspecified"].includes(address.range()) || own.some((mine) => isSame(mine, address));
}

/** Mapped addresses become IPv4. Only hexadecimal IPv6 goes to ipaddr.js: it takes `::8.8.8.8` for a mapped address. */
function parse(text: string): Address | undefined {
  const hex = text.includes(":") ? URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) : text;
  return hex !== undefined && ipaddr.isValid(hex) ? ipaddr.process(hex) : undefined;
}

function contains([base, prefixLength]: Network, address: Address): boolean {
  // ipaddr.js throws when families are mixed.
  return base.kind() === address.kind() && address.match(base, prefixLength);
}

function isSame(text: string, address: Address): boolean {
  return parse(text)?.toNormalizedString() === address.toNormalizedString();
}
