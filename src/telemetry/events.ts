// One helper per thing that happens: each writes its log line and moves its metrics, so that the two always agree.
import { errorFields, type Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** How a call to the service ended. */
export interface CallFinished {
  readonly rpc: string;
  readonly requestId: string;
  readonly caller: string;
  readonly model: string;
  /** `OK` or the failure's reason. */
  readonly outcome: string;
  readonly durationMs: number;
  /** Undefined when no event came. */
  readonly firstEventMs: number | undefined;
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly thoughtTokens: number;
  readonly cachedTokens: number;
  readonly warnings: readonly string[];
  /** What an unexpected failure came from. */
  readonly cause: unknown;
}

/** How one attempt at Gemini ended. */
export interface AttemptFinished {
  readonly requestId: string;
  readonly model: string;
  readonly keyIndex: number;
  readonly project: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly retried: boolean;
  /** Whether it may have been billed although nothing of an answer came. */
  readonly ambiguous: boolean;
}

/** What became of the media of a request, in one project. */
export interface MediaPlaced {
  readonly requestId: string;
  readonly model: string;
  /** Items that went each way. */
  readonly routes: {
    readonly inline: number;
    readonly inlineBytes: number;
    readonly upload: number;
    readonly handedOver: number;
    readonly youtube: number;
    readonly object: number;
  };
  readonly uploaded: number;
  readonly reused: number;
  readonly uploadedBytes: number;
  readonly durationMs: number;
}

/** A request that never became a call: no licence, bad JSON, unknown path, overload. */
export interface RequestRefused {
  readonly face: "http" | "rpc";
  readonly requestId: string;
  readonly reason: string;
  readonly cause?: unknown;
}

/** A Gemini key that is not used any more until it proves good. */
export interface KeyQuarantined {
  readonly keyIndex: number;
  readonly project: string;
  readonly reason: string;
}

/** Everything the gateway tells its operators while it runs. */
export interface Telemetry {
  callStarted(rpc: string): void;
  mediaPlaced(media: MediaPlaced): void;
  callFinished(call: CallFinished): void;
  attemptFinished(attempt: AttemptFinished): void;
  requestRefused(request: RequestRefused): void;
  keyQuarantined(key: KeyQuarantined): void;
  keyRestored(key: Pick<KeyQuarantined, "keyIndex" | "project">): void;
  /** The store's background check failed, or works again when there is no error. */
  storeChecked(error?: unknown): void;
  /** Nobody answered where the remote ChatService should be, or somebody does when there is no error. */
  serviceChecked(error?: unknown): void;
  /** The store read, wrote or swept what is remembered, or did not when there is an error: then it counts as not remembered. */
  memoryOperated(operation: "read" | "write" | "sweep", error?: unknown): void;
  /** So many remembered values will be lost with the process, because the store did not take them. */
  memoryDropped(count: number): void;
  /** A server runs without our limit of what the kernel holds unsent for a client. */
  unsentUnlimited(error: unknown): void;
}

/** Reasons that are bugs of ours or unknown: they need a person. */
const UNEXPECTED = "INTERNAL_ERROR";

/** Refusals cost an attacker nothing, so only so many lines a second tell of them; the counter has all. */
const REFUSALS_LOGGED_PER_SECOND = 20;

/** Creates the helpers over a log and metrics. */
export function createTelemetry(log: Logger, metrics: Metrics): Telemetry {
  const mayLogRefusal = limitPerSecond(REFUSALS_LOGGED_PER_SECOND);
  const mayLogDrop = limitPerSecond(1);
  const tellStore = tellChanges(log, "store does not answer", "store answers again");
  const brokenOperations = new Set<string>();
  return {
    callStarted: (rpc) => metrics.add("requests_active", { rpc }, 1),
    mediaPlaced(media) {
      measureMedia(metrics, media);
      logMedia(log, media);
    },
    callFinished(call) {
      measureCall(metrics, call);
      logCall(log, call);
    },
    attemptFinished(attempt) {
      const { outcome, durationMs, retried, ambiguous } = attempt;
      metrics.count("upstream_attempts_total", { outcome });
      metrics.observe("upstream_attempt_duration_seconds", {}, durationMs / 1000);
      if (retried) metrics.count("upstream_retries_total", {});
      if (ambiguous) metrics.count("ambiguous_attempts_total", {});
      const level = outcome === "OK" || outcome === "CANCELLED" ? "debug" : "warn";
      log[level]("attempt finished", { ...attempt, durationMs: Math.round(durationMs) });
    },
    requestRefused({ face, requestId, reason, cause }) {
      metrics.count("refusals_total", { face, reason });
      if (reason === UNEXPECTED) log.error("request refused", { face, requestId, reason, ...errorFields(cause) });
      else if (mayLogRefusal()) log.info("request refused", { face, requestId, reason });
    },
    keyQuarantined({ keyIndex, project, reason }) {
      metrics.count("key_quarantines_total", { reason });
      log.error("key quarantined", { keyIndex, project, reason });
    },
    keyRestored: ({ keyIndex, project }) => log.info("key restored", { keyIndex, project }),
    storeChecked(error) {
      if (error !== undefined) metrics.count("store_failures_total", {});
      tellStore(error);
    },
    serviceChecked: tellChanges(log, "chat service does not answer", "chat service answers again"),
    memoryOperated(operation, error) {
      const works = error === undefined;
      if (works && !brokenOperations.has(operation)) return;
      if (works) log.info("memory works again", { mode: operation });
      else metrics.count("memory_failures_total", { operation });
      if (!works && !brokenOperations.has(operation))
        log.warn("memory fails", { mode: operation, ...errorFields(error) });
      if (works) brokenOperations.delete(operation);
      else brokenOperations.add(operation);
    },
    memoryDropped(count) {
      metrics.count("memory_dropped_total", {}, count);
      if (mayLogDrop()) log.warn("memory not kept", { count });
    },
    unsentUnlimited: (error) => log.warn("unsent answers are not limited", errorFields(error)),
  };
}

/** Tells of the first of several failures, and of the first success after them. */
function tellChanges(log: Logger, failure: string, success: string): (error?: unknown) => void {
  let worked = true;
  return (error) => {
    const works = error === undefined;
    if (works && !worked) log.info(success);
    if (!works && worked) log.error(failure, errorFields(error));
    worked = works;
  };
}

function measureCall(metrics: Metrics, call: CallFinished): void {
  const { rpc, outcome } = call;
  metrics.add("requests_active", { rpc }, -1);
  metrics.count("requests_total", { rpc, outcome });
  metrics.observe("request_duration_seconds", { rpc }, call.durationMs / 1000);
  if (call.firstEventMs !== undefined)
    metrics.observe("time_to_first_event_seconds", { rpc }, call.firstEventMs / 1000);
  const tokens = [
    ["prompt", call.promptTokens],
    ["completion", call.completionTokens],
    ["thought", call.thoughtTokens],
    ["cached", call.cachedTokens],
  ] as const;
  for (const [kind, count] of tokens) if (count > 0) metrics.count("tokens_total", { kind }, count);
  for (const code of call.warnings) metrics.count("warnings_total", { code });
}

function measureMedia(metrics: Metrics, { routes, uploaded, reused, uploadedBytes }: MediaPlaced): void {
  const { inline, handedOver, youtube, object } = routes;
  const counts = Object.entries({ inline, uploaded, reused, handed_over: handedOver, youtube, object });
  for (const [route, count] of counts) if (count > 0) metrics.count("media_items_total", { route }, count);
  if (uploadedBytes > 0) metrics.count("media_uploaded_bytes_total", {}, uploadedBytes);
}

function logMedia(log: Logger, { requestId, model, routes, uploaded, reused, uploadedBytes, durationMs }: MediaPlaced) {
  const { inline, inlineBytes, handedOver, youtube, object } = routes;
  log.info("media placed", {
    requestId,
    model,
    inline,
    inlineBytes,
    uploaded,
    reused,
    uploadedBytes,
    handedOver,
    youtube,
    object,
    durationMs: Math.round(durationMs),
  });
}

function logCall(log: Logger, call: CallFinished): void {
  const { firstEventMs, warnings } = call;
  const fields = {
    rpc: call.rpc,
    requestId: call.requestId,
    caller: call.caller,
    model: call.model,
    outcome: call.outcome,
    attempts: call.attempts,
    promptTokens: call.promptTokens,
    completionTokens: call.completionTokens,
    thoughtTokens: call.thoughtTokens,
    cachedTokens: call.cachedTokens,
    durationMs: Math.round(call.durationMs),
    firstEventMs: firstEventMs === undefined ? undefined : Math.round(firstEventMs),
    warnings: warnings.length > 0 ? warnings.join(",") : undefined,
  };
  if (call.outcome === UNEXPECTED) log.error("call finished", { ...fields, ...errorFields(call.cause) });
  else log.info("call finished", fields);
}

/** A gate that opens so many times within each second of the monotonic clock. */
function limitPerSecond(limit: number): () => boolean {
  let second = -1;
  let passed = 0;
  return () => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, passed] = [now, 0];
    passed += 1;
    return passed <= limit;
  };
}
