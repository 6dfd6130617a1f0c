// What the operator decides about media, read from the settings.
import type { MediaPolicy } from "./plan.ts";
import { parseHosts } from "./url-policy.ts";

/** Settings as the configuration names them; see `config/settings.ts`. */
type MediaSettings = {
  readonly mediaItemMaxBytes: number;
  readonly mediaFileMaxBytes: number;
  readonly mediaUpload: boolean;
  readonly mediaHandOver: boolean;
  readonly mediaAllowedHosts: readonly string[];
  readonly mediaDeniedHosts: readonly string[];
  readonly upstreamObjects: boolean;
};

/** Google fetches from the open web only, so the networks and ports we may fetch from mean nothing there; the lists of hosts do. */
export function toMediaPolicy(settings: MediaSettings): MediaPolicy {
  const hosts = () => ({
    allowedPorts: [443],
    anyPort: false,
    allowedHosts: parseHosts(settings.mediaAllowedHosts),
    deniedHosts: parseHosts(settings.mediaDeniedHosts),
  });
  return {
    inlineMaxBytes: settings.mediaItemMaxBytes,
    fileMaxBytes: settings.mediaUpload ? settings.mediaFileMaxBytes : 0,
    upstreamObjects: settings.upstreamObjects,
    handOver: settings.mediaHandOver ? hosts() : undefined,
  };
}
