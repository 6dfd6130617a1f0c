// What settings must hold together: rules over more than one of them.
import { BlockList, isIP } from "node:net";
import type { Settings } from "./settings.ts";

/** Anything this short is a word somebody typed, no key of Google's; their shape itself changes. */
const SHORTEST_GOOGLE_KEY = 9;

const loopbackNetworks = new BlockList();
loopbackNetworks.addSubnet("127.0.0.0", 8, "ipv4");
loopbackNetworks.addAddress("::1", "ipv6");

/** Whether only this machine can reach a listener on that address. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === "localhost";
  return loopbackNetworks.check(host, family === 4 ? "ipv4" : "ipv6");
}

/** Whether the built-in emulator is the upstream: by wish, or because there is no key and nobody else can reach us. */
export function usesEmulator(settings: Settings, baseUrlGiven: boolean): boolean {
  if (settings.chatServiceUrl !== undefined) return false;
  if (settings.geminiBaseUrl === "emulator") return true;
  return settings.geminiApiKeys === undefined && !baseUrlGiven && isLoopback(settings.host);
}

/** All broken rules, one line each. `baseUrlGiven` tells a configured `GEMINI_BASE_URL` from the default. */
export function brokenRules(settings: Settings, baseUrlGiven: boolean): string[] {
  return [
    redisRule(settings),
    ...(settings.chatServiceUrl === undefined ? [upstreamRule(settings, baseUrlGiven), ...secretRules(settings)] : []),
    ...portRules(settings, usesEmulator(settings, baseUrlGiven)),
  ].filter((problem) => problem !== undefined);
}

function redisRule({ redisUrl }: Settings): string | undefined {
  if (redisUrl === undefined) return undefined;
  return "REDIS_URL is not supported yet: this version keeps its hot state in one process; leave it unset";
}

function upstreamRule(settings: Settings, baseUrlGiven: boolean): string | undefined {
  if (settings.geminiApiKeys !== undefined || settings.geminiBaseUrl === "emulator") return undefined;
  if (baseUrlGiven) return "GEMINI_BASE_URL needs GEMINI_API_KEYS: set keys for it, or GEMINI_BASE_URL=emulator";
  if (isLoopback(settings.host)) return undefined;
  return "GEMINI_API_KEYS is missing: with a HOST others can reach, set keys, or GEMINI_BASE_URL=emulator on purpose";
}

function secretRules({ geminiApiKeys = [], licences, geminiBaseUrl }: Settings): string[] {
  const problems: string[] = [];
  const toGoogle = geminiBaseUrl !== "emulator" && geminiBaseUrl.hostname.endsWith(".googleapis.com");
  geminiApiKeys.forEach(({ key }, index) => {
    const entry = `GEMINI_API_KEYS: entry ${index + 1}`;
    if (toGoogle && key.length < SHORTEST_GOOGLE_KEY) problems.push(`${entry} is too short for a key of Google's`);
    const licence = licences.indexOf(key);
    if (licence >= 0) problems.push(`${entry} is also LICENCES entry ${licence + 1}; they must differ`);
  });
  return problems;
}

function portRules(settings: Settings, emulator: boolean): string[] {
  const listeners: [string, number | undefined][] = [
    ["PORT", settings.port],
    ["GRPC_PORT", settings.chatServiceUrl === undefined ? settings.grpcPort : undefined],
    ["METRICS_PORT", settings.metricsPort],
    ["EMULATOR_PORT", emulator ? settings.emulatorPort : undefined],
  ];
  const taken = new Map<number, string>();
  const problems: string[] = [];
  for (const [name, port] of listeners) {
    if (port === undefined || port === 0) continue;
    const other = taken.get(port);
    if (other === undefined) taken.set(port, name);
    else problems.push(`${name} and ${other} are both ${port}; each listener needs a port of its own`);
  }
  return problems;
}
