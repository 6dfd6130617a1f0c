// How long a request may take to arrive, and its body. While the gateway itself stands still it reads nobody, and that is not held against a client.
import type { Server } from "node:http";

/** How often Node looks for requests that are over their time, in milliseconds. */
export const ARRIVAL_CHECK_MS: number = 250;

/** Milliseconds; the second counts from the begin of a request too. */
export interface ArrivalLimits {
  readonly headersMs: number;
  readonly requestMs: number;
}

/**
 * Limits the arrival of all requests of a server. Node reads both limits at each look, and looks before it reads what came while a process
 * was stopped: a look that comes too late is how we know, and by so much both limits are longer for all who may have been hit.
 */
export function limitArrival(server: Server, { headersMs, requestMs }: ArrivalLimits): void {
  let lastLookMs = Number.POSITIVE_INFINITY;
  let stoodStillMs = 0;
  let forgottenAtMs = 0;
  const look = (): number => {
    const nowMs = performance.now();
    if (nowMs > forgottenAtMs) stoodStillMs = 0;
    const lateMs = nowMs - lastLookMs - ARRIVAL_CHECK_MS;
    if (lateMs > ARRIVAL_CHECK_MS) {
      stoodStillMs += lateMs;
      forgottenAtMs = nowMs + requestMs;
    }
    lastLookMs = nowMs;
    return stoodStillMs;
  };
  server.once("listening", () => (lastLookMs = performance.now()));
  Object.defineProperty(server, "headersTimeout", { get: () => headersMs + look() });
  Object.defineProperty(server, "requestTimeout", { get: () => requestMs + look() });
}

/** A timer that is so late, in milliseconds, tells that the process stood still. */
const STOOD_STILL_MS = 50;

/**
 * Calls `onLate` after `limitMs` milliseconds, and as much later as this process stood still when they were over: timers come before what
 * was to be read meanwhile. The function that is returned stops it.
 */
export function startPatience(limitMs: number, onLate: () => void): () => void {
  const start = (waitMs: number): NodeJS.Timeout => {
    const dueMs = performance.now() + waitMs;
    return setTimeout(() => {
      const lateMs = performance.now() - dueMs;
      if (lateMs > STOOD_STILL_MS) timer = start(Math.min(lateMs, limitMs));
      else onLate();
    }, waitMs).unref();
  };
  let timer = start(limitMs);
  return () => clearTimeout(timer);
}
