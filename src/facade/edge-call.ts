// What one HTTP request is to the service behind: its caller, deadline and signal, as call options of the client.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createContextValues, type CallOptions } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import type { Caller, Clock } from "../chat/ports.ts";
import { MAX_ATTEMPTS } from "../chat/retry.ts";
import { localCallKey, parseTimeoutSeconds } from "../rpc/call-context.ts";

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

/** Watches the response: the request's own `close` fires when its body was read, long before the client leaves. */
export function watchLeaving(response: ServerResponse, shutdown: AbortSignal): Leaving {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new Failure("CANCELLED", "The client closed the connection."));
  };
  const onShutdown = (): void =>
    controller.abort(new Failure("SERVER_SHUTTING_DOWN", "The gateway is shutting down. Send the request again."));
  response.once("close", onClose);
  if (shutdown.aborted) onShutdown();
  else shutdown.addEventListener("abort", onShutdown, { once: true });
  return {
    signal: controller.signal,
    abort: (failure) => controller.abort(failure),
    [Symbol.dispose]() {
      response.off("close", onClose);
      shutdown.removeEventListener("abort", onShutdown);
    },
  };
}

/**
 * Call options for the service. The deadline is `x-request-timeout`, and for JSON answers also the SDKs' `X-Stainless-Timeout`, both in
 * seconds; a request that is already a client's retry (`X-Stainless-Retry-Count`) is tried once: retries must not multiply.
 */
export function toCallOptions(
  call: EdgeCall,
  headers: IncomingMessage["headers"],
  clock: Clock,
  signal: AbortSignal,
  options: { stream: boolean; onModel: (model: string) => void },
): CallOptions {
  const timeoutMs = Math.min(
    parseTimeoutSeconds(single(headers["x-request-timeout"])) ?? Number.POSITIVE_INFINITY,
    (options.stream ? undefined : stainlessTimeoutMs(headers)) ?? Number.POSITIVE_INFINITY,
  );
  const { requestId, caller, passedLicence } = call;
  if (passedLicence !== undefined) {
    return {
      signal,
      headers: { authorization: passedLicence, "x-request-id": requestId },
      ...(Number.isFinite(timeoutMs) && { timeoutMs }),
      onHeader: (header) => options.onModel(header.get("x-gateway-model") ?? ""),
    };
  }
  const maxAttempts = Number(single(headers["x-stainless-retry-count"])) >= 1 ? 1 : MAX_ATTEMPTS;
  const deadlineMs = clock.now() + timeoutMs;
  const onFacts = ({ model }: { model: string }): void => options.onModel(model);
  const contextValues = createContextValues().set(localCallKey, { requestId, caller, maxAttempts, deadlineMs, onFacts });
  return { signal, contextValues };
}

/** The SDK's own timeout in milliseconds; it is a hint, so a strange value is no error. */
export function stainlessTimeoutMs(headers: IncomingMessage["headers"]): number | undefined {
  const seconds = Number(single(headers["x-stainless-timeout"]) ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
