// The second half of the composition root: the core, and the upstream, media and memory that it stands on.
import { randomUUID } from "node:crypto";
import { systemClock } from "./chat/clock.ts";
import { createModelDirectory } from "./chat/model-directory.ts";
import { createModelService } from "./chat/model-service.ts";
import { createChatService } from "./chat/service.ts";
import type { Config } from "./config.ts";
import { portOf, type Foundation } from "./foundation.ts";
import { createUpstream } from "./gemini/client.ts";
import { createKeyPool } from "./gemini/keys.ts";
import { toGenerateContent } from "./gemini/request.ts";
import { createMediaFetcher } from "./media/fetch.ts";
import { createMediaGatherer } from "./media/gather.ts";
import { createSpeechShaper } from "./media/speech.ts";
import type { Operations } from "./rpc/services.ts";
import { createMemory } from "./store/memory.ts";

export interface UpstreamChoice {
  readonly name: string;
  readonly baseUrl: URL;
  readonly keys: Config["geminiKeys"];
}

/** Google, another origin, or the emulator in this process under a key that nobody else knows. */
export async function chooseUpstream({ config, stack, ownPorts }: Foundation): Promise<UpstreamChoice> {
  const { geminiBaseUrl } = config;
  if (geminiBaseUrl !== "emulator") {
    const baseUrl = geminiBaseUrl ?? new URL("https://generativelanguage.googleapis.com");
    return { name: baseUrl.origin, baseUrl, keys: config.geminiKeys };
  }
  const { startEmulator } = await import("./emulator/server.ts");
  const keys = config.geminiKeys.length > 0 ? config.geminiKeys : [{ project: "emulator", key: randomUUID() }];
  const port = config.emulatorPort ?? 0;
  const emulator = await startEmulator({ host: "127.0.0.1", port, keys: keys.map(({ key }) => key) });
  stack.defer(() => emulator.close());
  ownPorts.push(portOf(emulator.origin));
  return { name: "emulator", baseUrl: new URL(emulator.origin), keys };
}

/** The operations behind every transport, and whether any key for them is usable. */
export function createOperations(
  { config, stack, telemetry, ownPorts }: Foundation,
  { baseUrl, keys: secrets }: UpstreamChoice,
): { operations: Operations; keysUsable: () => boolean } {
  const clock = systemClock;
  const keys = createKeyPool(secrets, { clock, telemetry });
  const defaults = { safetySettings: config.safetySettings, upstreamObjects: config.upstreamObjects };
  const upstream = createUpstream({
    baseUrl,
    proxyUrl: config.geminiProxyUrl,
    keys: secrets,
    eventMaxBytes: config.upstreamEventMaxBytes,
    bodyMaxBytes: config.upstreamBodyMaxBytes,
    toGeminiRequest: (request, model, raise) => toGenerateContent(request, model, raise, defaults),
  });
  stack.defer(() => upstream.close());
  const fetcher = createMediaFetcher({
    enabled: config.mediaFetch,
    allowedNetworks: config.mediaAllowedNetworks,
    allowedPorts: config.mediaAllowedPorts,
    allowedHosts: config.mediaAllowedHosts,
    deniedHosts: config.mediaDeniedHosts,
    timeoutMs: config.mediaFetchTimeoutMs,
    ownPorts: () => ownPorts,
  });
  stack.defer(() => fetcher.close());
  const media = createMediaGatherer(fetcher, {
    maxBytes: config.mediaItemMaxBytes,
    upstreamObjects: config.upstreamObjects,
  });
  const directory = createModelDirectory({ upstream, keys, clock, ttlMs: config.modelsCacheTtlMs });
  const limits = {
    firstEventMs: config.firstEventTimeoutMs,
    slowFirstEventMs: config.slowFirstEventTimeoutMs,
    idleMs: config.streamIdleTimeoutMs,
    slowIdleMs: config.slowStreamIdleTimeoutMs,
    requestMs: config.requestTimeoutMs,
    streamMs: config.streamTimeoutMs,
  };
  const aliases = config.modelAliases;
  const memory = createMemory(clock);
  const speech = createSpeechShaper;
  const chat = createChatService({
    upstream,
    keys,
    directory,
    media,
    memory,
    clock,
    telemetry,
    speech,
    aliases,
    limits,
  });
  const models = createModelService({ directory, clock, telemetry, aliases });
  return { operations: { chat, models, clock }, keysUsable: () => keys.usable() };
}
