// How a gateway stops: not ready, still accepting, finishing, and at last cutting off.
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./chat/failures.ts";
import type { Foundation } from "./foundation.ts";
import { toConnectError } from "./rpc/errors.ts";
import type { ReadinessState } from "./rpc/readiness.ts";

/** A listener that stops accepting and resolves when its open requests have ended. */
export interface Closable {
  close(): Promise<void>;
}

/** Beyond the grace a transport gets so long to tell its callers, then everything is cut, in milliseconds. */
const FAREWELL_MS = 1_500;

/** Not ready at once; still accepting for a while, so that load balancers notice; then what runs may finish; then it is ended. */
export async function drain(
  { config, stack, shutdown }: Foundation,
  readiness: ReadinessState,
  listeners: readonly Closable[],
): Promise<void> {
  readiness.startDraining();
  await sleep(config.shutdownDelayMs);
  const closed = Promise.all(listeners.map((listener) => listener.close()));
  const grace = new AbortController();
  const overdue = sleep(config.shutdownGraceMs, undefined, { signal: grace.signal }).then(() => {
    shutdown.abort(
      toConnectError(new Failure("SERVER_SHUTTING_DOWN", "The gateway is shutting down. Send the request again.")),
    );
    return sleep(FAREWELL_MS, undefined, { signal: grace.signal });
  });
  await Promise.race([closed, overdue]);
  grace.abort();
  await overdue.catch(() => undefined);
  await stack.disposeAsync();
}
