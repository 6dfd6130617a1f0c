// The second half of the composition root: the core, and the upstream, media and memory that it stands on.
import { randomUUID } from "node:crypto";
import { systemClock } from "./chat/clock.ts";
import { createModelDirectory } from "./chat/model-directory.ts";
import { createModelService } from "./chat/model-service.ts";
import type { Clock, MediaGatherer } from "./chat/ports.ts";
import { createChatService } from "./chat/service.ts";
import { createUploads, type Uploads } from "./chat/uploads.ts";
import type { Config } from "./config.ts";
import { portOf, type Foundation } from "./foundation.ts";
import { createUpstream } from "./gemini/client.ts";
import { createUpstreamFiles } from "./gemini/files.ts";
import { createKeyPool } from "./gemini/keys.ts";
import { toGenerateContent } from "./gemini/request.ts";
import { createSpeechShapers } from "./media/encoded-speech.ts";
import { createMediaFetcher } from "./media/fetch.ts";
import { createMediaGatherer } from "./media/gather.ts";
import { toMediaPolicy } from "./media/policy.ts";
import { createMediaWorker, type MediaWorker } from "./media/worker.ts";
import type { Operations } from "./rpc/services.ts";
import type { Database } from "./store/database.ts";
import { openKeptMemory } from "./store/kept-memory.ts";
import { createMemory, TTL_MS } from "./store/memory.ts";

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
  const emulator = await startEmulator({ host: "127.0.0.1", port, keys });
  stack.defer(() => emulator.close());
  ownPorts.push(portOf(emulator.origin));
  return { name: "emulator", baseUrl: new URL(emulator.origin), keys };
}

/** The operations behind every transport, and whether any key for them is usable. */
export function createOperations(
  foundation: Foundation,
  choice: UpstreamChoice,
  database: Database,
): { operations: Operations; keysUsable: () => boolean } {
  const { config, stack, telemetry } = foundation;
  const { baseUrl, keys: secrets } = choice;
  const clock = systemClock;
  const keys = createKeyPool(secrets, { clock, telemetry });
  const defaults = { safetySettings: config.safetySettings, upstreamObjects: config.upstreamObjects };
  const upstream = createUpstream({
    baseUrl,
    proxyUrl: config.geminiProxyUrl,
    keys: secrets,
    eventMaxBytes: config.upstreamEventMaxBytes,
    bodyMaxBytes: config.upstreamBodyMaxBytes,
    toGeminiRequest: (request, model, raise, how) => toGenerateContent(request, model, raise, defaults, how),
  });
  stack.defer(() => upstream.close());
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
  const kept = openKeptMemory(database, {
    clock,
    ttlMs: TTL_MS,
    onOperation: (operation, error) => telemetry.memoryOperated(operation, error),
    onDrop: (count) => telemetry.memoryDropped(count),
  });
  const memory = createMemory(clock, stack.use(kept));
  const worker = createMediaWorker();
  stack.defer(() => worker.close());
  const speech = createSpeechShapers(worker);
  const chat = createChatService({
    upstream,
    keys,
    directory,
    ...createMediaPorts(foundation, choice, worker, clock),
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

/** How media get to the upstream: the guarded fetch, what gathers with it, and the way into the upstream's file store. */
function createMediaPorts(
  { config, stack, ownPorts }: Foundation,
  { baseUrl, keys }: UpstreamChoice,
  worker: MediaWorker,
  clock: Clock,
): { media: MediaGatherer; uploads: Uploads } {
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
  const { geminiProxyUrl: proxyUrl, uploadStepTimeoutMs: stepTimeoutMs } = config;
  const files = createUpstreamFiles({ baseUrl, proxyUrl, keys, stepTimeoutMs });
  stack.defer(() => files.close());
  return {
    media: createMediaGatherer(fetcher, toMediaPolicy(config), worker),
    uploads: createUploads({ files, clock }),
  };
}
