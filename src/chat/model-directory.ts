// The upstream's model list, fetched once for all who ask and kept for some minutes. A chat never waits for it.
import { Failure } from "./failures.ts";
import type { Clock, KeyPool, ModelDirectory, Upstream, UpstreamModel } from "./ports.ts";

/** A fetch that nobody waits for any more still ends after this, in milliseconds. */
const FETCH_TIMEOUT_MS = 30_000;
/** After a failed fetch the next one in the background waits so long, in milliseconds. */
const RETRY_AFTER_FAILURE_MS = 30_000;

export interface DirectoryPorts {
  readonly upstream: Pick<Upstream, "listModels">;
  readonly keys: KeyPool;
  readonly clock: Clock;
  /** How long a list counts as fresh, in milliseconds. */
  readonly ttlMs: number;
}

type Models = ReadonlyMap<string, UpstreamModel>;

export function createModelDirectory(ports: DirectoryPorts): ModelDirectory {
  let models: Models | undefined;
  let freshUntilMs = Number.NEGATIVE_INFINITY;
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let running: Promise<Models> | undefined;

  const refresh = (): Promise<Models> => {
    running ??= fetchModels(ports)
      .then((fetched) => {
        models = fetched;
        freshUntilMs = ports.clock.now() + ports.ttlMs;
        return fetched;
      })
      .finally(() => {
        running = undefined;
        quietUntilMs = ports.clock.now() + RETRY_AFTER_FAILURE_MS;
      });
    return running;
  };

  return {
    known() {
      const now = ports.clock.now();
      // A failure shows where somebody asks for the list; a chat does without it.
      if (now >= freshUntilMs && now >= quietUntilMs) refresh().catch(() => undefined);
      // An upstream that lists nothing says nothing of which models there are.
      return models?.size === 0 ? undefined : models;
    },
    async list(signal) {
      if (models && ports.clock.now() < freshUntilMs) return models;
      try {
        return await raceAbort(refresh(), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (models) return models;
        throw error;
      }
    },
  };
}

async function fetchModels({ upstream, keys }: DirectoryPorts): Promise<Models> {
  const key = keys.pick({ projects: new Set(), keys: new Set() });
  if (!key) throw new Failure("UPSTREAM_KEY_INVALID", "No Gemini API key of this gateway is usable at the moment.");
  const listed = await upstream.listModels(key, AbortSignal.timeout(FETCH_TIMEOUT_MS));
  return new Map(listed.map((model) => [model.id, model]));
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}
