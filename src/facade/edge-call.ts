// What one HTTP request is to the service behind: its caller, deadline and signal, as call options of the client.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createContextValues, type CallOptions } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import type { Caller, Clock } from "../chat/ports.ts";
import { MAX_ATTEMPTS } from "../chat/retry.ts";
import {
  attemptsAllowed,
  localCallKey,
  MAX_ATTEMPTS_HEADER,
  parseTimeoutSeconds,
  PREVIOUS_ATTEMPTS,
  type LocalCall,
} from "../rpc/call-context.ts";

/** One HTTP request on its way through the facade. */
export interface EdgeCall {
  readonly requestId: string;
  readonly caller: Caller;
  /** The licence as it came, to be passed on to a remote service; undefined when the service is in this process. */
  readonly passedLicence: string | undefined;
}

/** Ends a call when its client leaves or the server shuts down. */
export interface Leaving extends Disposable {
  readonly signal: AbortSignal;
  abort(failure: Failure): void;
}

/** Watches a response: the request's own `close` fires when its body was read, long before the client leaves. */
export type WatchLeaving = (response: ServerResponse) => Leaving;

/** One listener at `shutdown` for all: an AbortSignal looks through all its listeners whenever one is added or removed. */
export function createWatchLeaving(shutdown: AbortSignal): WatchLeaving {
  const running = new Set<AbortController>();
  const end = (controller: AbortController): void =>
    controller.abort(new Failure("SERVER_SHUTTING_DOWN", "The gateway is shutting down. Send the request again."));
  shutdown.addEventListener("abort", () => running.forEach(end), { once: true });
  return (response) => {
    const controller = new AbortController();
    const onClose = (): void => {
      if (!response.writableFinished) controller.abort(new Failure("CANCELLED", "The client closed the connection."));
    };
    response.once("close", onClose);
    running.add(controller);
    if (shutdown.aborted) end(controller);
    return {
      signal: controller.signal,
      abort: (failure) => controller.abort(failure),
      [Symbol.dispose]() {
        response.off("close", onClose);
        running.delete(controller);
      },
    };
  };
}

export interface EdgeLimits {
  readonly clock: Clock;
  /** A remote service is given so long for a whole call or stream, in milliseconds; one in this process keeps its own limits. */
  readonly requestMs: number;
  readonly streamMs: number;
}

export interface CallFacets {
  readonly stream: boolean;
  /** Most upstream attempts the caller wants; undefined: as many as there may be. */
  readonly maxAttempts?: number;
  /** Told which model is called, before the first message. */
  readonly onModel?: (model: string) => void;
}

/**
 * Call options for the service. The deadline is `x-request-timeout`, and for JSON answers also the SDKs' `X-Stainless-Timeout`, both in
 * seconds; a request that is already a client's retry (`X-Stainless-Retry-Count`) is tried once. Throws INVALID_VALUE.
 */
export function toCallOptions(
  call: EdgeCall,
  headers: IncomingMessage["headers"],
  { clock, requestMs, streamMs }: EdgeLimits,
  signal: AbortSignal,
  { stream, maxAttempts = MAX_ATTEMPTS, onModel = ignoreModel }: CallFacets,
): CallOptions {
  const askedMs = parseTimeoutSeconds(single(headers["x-request-timeout"])) ?? Number.POSITIVE_INFINITY;
  const sdkMs = (stream ? undefined : stainlessTimeoutMs(headers)) ?? Number.POSITIVE_INFINITY;
  const timeoutMs = Math.min(askedMs, sdkMs);
  const { requestId, caller, passedLicence } = call;
  const previousAttempts = single(headers["x-stainless-retry-count"]);
  if (passedLicence !== undefined) {
    return {
      signal,
      timeoutMs: Math.min(timeoutMs, stream ? streamMs : requestMs),
      headers: {
        authorization: passedLicence,
        "x-request-id": requestId,
        ...(previousAttempts !== undefined && { [PREVIOUS_ATTEMPTS]: previousAttempts }),
        ...(maxAttempts < MAX_ATTEMPTS && { [MAX_ATTEMPTS_HEADER]: String(maxAttempts) }),
      },
      onHeader: (header) => onModel(header.get("x-gateway-model") ?? ""),
    };
  }
  const local: LocalCall = {
    requestId,
    caller,
    maxAttempts: Math.min(attemptsAllowed(previousAttempts), maxAttempts),
    deadlineMs: clock.now() + timeoutMs,
    onFacts: ({ model }) => onModel(model),
  };
  return { signal, contextValues: createContextValues().set(localCallKey, local) };
}

function ignoreModel(): void {}

/** The SDK's own timeout in milliseconds; it is a hint, so a strange value is no error. */
export function stainlessTimeoutMs(headers: IncomingMessage["headers"]): number | undefined {
  const seconds = Number(single(headers["x-stainless-timeout"]) ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
