// Whether a host of a URL is one of the open web by its name alone: what is asked before the name is told to somebody else.
import net from "node:net";
import { classifyAddress } from "./address.ts";

/** Names that mean nothing outside a private network: RFC 6761, 6762, 8375, 9476 and what is in use. */
const PRIVATE_ENDING =
  /\.(local|localhost|internal|intranet|corp|home|lan|private|test|example|invalid|alt|onion|arpa)$/;

/** `hostname` as a parsed URL has it. No name is resolved: Google does that, and reaches nothing of ours. */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|[\].]$/g, "");
  if (net.isIP(host) !== 0) return classifyAddress(host, [], []) === "public";
  return host.includes(".") && !PRIVATE_ENDING.test(host);
}
