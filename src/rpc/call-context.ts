// What a call brings along, read from the wire or handed over by the facade in the same process.
import { randomUUID } from "node:crypto";
import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import type { HeaderValues } from "../chat/licence.ts";
import type { Caller, CallContext, Clock } from "../chat/ports.ts";
import { MAX_ATTEMPTS } from "../chat/retry.ts";
import type { Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { warningsHeader } from "./warnings-header.ts";

/** What the facade hands on in process; the signal comes with the call itself. */
export type LocalCall = Omit<CallContext, "signal">;

export const localCallKey = createContextKey<LocalCall | undefined>(undefined, { description: "call of the facade" });
export const callerKey = createContextKey<Caller | undefined>(undefined, { description: "admitted caller" });
export const headerValuesKey = createContextKey<HeaderValues | undefined>(undefined, { description: "raw headers" });
export const requestIdKey = createContextKey<string>("", { description: "request id" });

/** Ids of callers are kept when they have this shape, so that logs of both sides meet. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** The caller's request id when it is usable, else a new one. */
export function chooseRequestId(inbound: string | undefined): string {
  return inbound !== undefined && REQUEST_ID.test(inbound) ? inbound : randomUUID();
}

/** Milliseconds of an `x-request-timeout` header in seconds, fractions allowed; undefined when it is absent. */
export function parseTimeoutSeconds(value: string | undefined, header = "x-request-timeout"): number | undefined {
  if (value === undefined || value === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw new Failure("INVALID_VALUE", `Invalid '${header}': expected a number of seconds above 0.`, { field: header });
}

/** How often a caller has tried before (gRPC A6); a request that is a retry already is tried once here: retries must not multiply. */
export const PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";

/** How many attempts a caller wants at most: a facade in front of a remote service says so. */
export const MAX_ATTEMPTS_HEADER = "x-gateway-max-attempts";

/** Most attempts of ours for a request that says so often it was tried before, and wants so many; strange words say nothing. */
export function attemptsAllowed(previousAttempts: string | undefined, wanted?: string): number {
  if (Number(previousAttempts) >= 1) return 1;
  const most = Number(wanted);
  return Number.isInteger(most) && most >= 1 ? Math.min(most, MAX_ATTEMPTS) : MAX_ATTEMPTS;
}

/**
 * We give up so much before Connect does, in milliseconds: its timer knows no reason to tell. A caller whose own clock runs at the
 * same pace hears of neither.
 */
const DEADLINE_HEAD_START_MS = 5;

/** So long a caller on the wire waits from now, in milliseconds; infinite when it does not say. Throws INVALID_VALUE. */
export function callerTimeoutMs(handler: HandlerContext): number {
  return Math.min(
    (handler.timeoutMs() ?? Number.POSITIVE_INFINITY) - DEADLINE_HEAD_START_MS,
    parseTimeoutSeconds(handler.requestHeader.get("x-request-timeout") ?? undefined) ?? Number.POSITIVE_INFINITY,
  );
}

/** The context of a call that reached a handler. Throws a Failure. */
export function toCallContext(handler: HandlerContext, clock: Clock): CallContext {
  const local = handler.values.get(localCallKey);
  if (local) return { ...local, signal: handler.signal };
  const caller = handler.values.get(callerKey);
  if (!caller) throw new Error("a call passed the gate without a caller");
  const header = (name: string): string | undefined => handler.requestHeader.get(name) ?? undefined;
  return {
    caller,
    requestId: handler.values.get(requestIdKey),
    signal: handler.signal,
    deadlineMs: clock.now() + callerTimeoutMs(handler),
    maxAttempts: attemptsAllowed(header(PREVIOUS_ATTEMPTS), header(MAX_ATTEMPTS_HEADER)),
    onFacts: ({ model }) => handler.responseHeader.set("x-gateway-model", model),
    onWarnings: (warnings) => announceWarnings(handler, warnings),
  };
}

/** Warnings that are known before the first message are response metadata too. */
export function announceWarnings(handler: HandlerContext, warnings: readonly Warning[]): void {
  const header = warningsHeader(warnings);
  if (header !== undefined) handler.responseHeader.set("x-gateway-warnings", header);
}
