// What the core needs from the outside world, as interfaces. app.ts provides them; tests provide others.
import type { ChatRequest, CountTokensResponse, StreamChatResponse, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Failure } from "./failures.ts";
import type { ModelProfile } from "./models.ts";
import type { RaiseWarning } from "./warnings.ts";

/** Who calls, after the licence was accepted. */
export interface Caller {
  /** Digest-based id of the licence, never the licence. Full length: it is part of keys that separate tenants. */
  readonly licenceId: string;
  /** The licence's name, for logs. */
  readonly name: string;
}

export interface Licences {
  /** The caller a licence belongs to; undefined when it is unknown or revoked. Rejects when the store does not answer. */
  resolve(licence: string): Promise<Caller | undefined>;
}

/** What one call brings along beside its request. */
export interface CallContext {
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborts when the caller leaves or the deadline passes; its reason is a Failure where we abort it. */
  readonly signal: AbortSignal;
  /** When the caller wants to have the answer, on the clock of `Clock.now`; Infinity when it does not say. */
  readonly deadlineMs: number;
  /** Most upstream attempts; lower when the caller itself is retrying. */
  readonly maxAttempts: number;
  /** Facts for response headers, told as soon as they are known and before the first message. */
  onFacts?(facts: CallFacts): void;
  /** Told the warnings of a call whose answer has no place for them. */
  onWarnings?(warnings: readonly Warning[]): void;
}

export interface CallFacts {
  /** Upstream id of the model that is called. */
  readonly model: string;
}

/** One of our Gemini keys, without the secret. */
export interface KeyHandle {
  /** Position in the configuration, from 0; names the key in logs. */
  readonly index: number;
  /** Google counts quota per project, so another key of it does not help against a 429. */
  readonly project: string;
}

/** Which keys can serve a call, and which project should. */
export interface KeyWish {
  /** The call names objects that lie upstream: they belong to the first project, and no other one knows them. */
  readonly firstProjectOnly: boolean;
  /** Calls with the same text go to one project for as long as it can serve them; "": projects take turns. */
  readonly conversation: string;
}

export interface KeyPool {
  /** The next usable key that is not excluded, fairly in turn where the wish does not say otherwise; undefined when there is none. */
  pick(excluded: { projects: ReadonlySet<string>; keys: ReadonlySet<number> }, wish?: KeyWish): KeyHandle | undefined;
  /** Tells how an attempt on a key went; a credential failure quarantines the key. */
  report(key: KeyHandle, outcome: Failure | "ok"): void;
  /** Whether any key is not quarantined. */
  usable(): boolean;
}

/** A request mapped to upstream words, once for all attempts. Opaque to the core. */
export interface PreparedCall {
  readonly model: ModelProfile;
  /** Whether it names objects that lie upstream (caches, files, file stores), which belong to the first project. */
  readonly namesObjects: boolean;
}

export interface Attempt {
  readonly key: KeyHandle;
  readonly call: PreparedCall;
  /** `stream`: events as they come; `unary`: one upstream answer, told through the same events. */
  readonly mode: "stream" | "unary";
  /** Aborting it closes the upstream socket at once. */
  readonly signal: AbortSignal;
  /** Limits in milliseconds. `totalMs` is what is left of the request's deadline. */
  readonly limits: { readonly firstEventMs: number; readonly idleMs: number; readonly totalMs: number };
}

/**
 * Events of one attempt. Iterating rejects with a Failure; it ends normally only after every candidate's Finished and the Usage.
 * `return()` closes the upstream socket. `Started` is the first event of the first batch, and no batch is empty.
 */
export type EventSource = AsyncIterable<StreamChatResponse>;

export interface UpstreamModel {
  /** Without `models/`. */
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly inputTokenLimit: number;
  readonly outputTokenLimit: number;
  /** Whether it answers chats at all; others embed, draw or talk live. */
  readonly chats: boolean;
  readonly thinking: boolean | undefined;
}

export interface Upstream {
  /** Maps a request; throws a Failure for what cannot be sent and raises warnings for what cannot be honoured. Pure. */
  prepare(request: ChatRequest, model: ModelProfile, raise: RaiseWarning): PreparedCall;
  open(attempt: Attempt): EventSource;
  countTokens(attempt: Omit<Attempt, "mode">): Promise<CountTokensResponse>;
  /** All models of the upstream. Rejects with a Failure. */
  listModels(key: KeyHandle, signal: AbortSignal): Promise<readonly UpstreamModel[]>;
}

/** The upstream's model list as far as it is known. */
export interface ModelDirectory {
  /** What is known now, at once; undefined when nothing was fetched yet. Starts a refresh in the background when it is old. */
  known(): ReadonlyMap<string, UpstreamModel> | undefined;
  /** The list, fetched if it is unknown or old. Rejects with a Failure when it cannot be had at all. */
  list(signal: AbortSignal): Promise<ReadonlyMap<string, UpstreamModel>>;
}

export interface MediaGatherer {
  /**
   * The request with all media ready for the upstream: URLs fetched under the guard, types corrected by the bytes, YouTube links in
   * watch form. Does not change its argument; returns it when there is nothing to do. Throws a Failure that names the field.
   */
  gather(request: ChatRequest, caller: Caller, raise: RaiseWarning, signal: AbortSignal): Promise<ChatRequest>;
}

/** Bounded, expiring memory for what clients lose between turns. Keys contain the licence id. */
export interface Memory {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): void;
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall clock: milliseconds since 1970. */
  wall(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

/** How a request ended, for log and metrics. */
export interface CallOutcome {
  readonly rpc: "Chat" | "StreamChat" | "CountTokens" | "ListModels" | "GetModel";
  readonly requestId: string;
  readonly caller: string;
  readonly model: string;
  /** "OK" or the failure's reason. */
  readonly outcome: string;
  readonly durationMs: number;
  /** Until the first event or the whole answer; undefined when none came. */
  readonly firstEventMs: number | undefined;
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly thoughtTokens: number;
  readonly cachedTokens: number;
  readonly warnings: readonly string[];
  /** The unknown throwable behind INTERNAL_ERROR, for the log. */
  readonly cause: unknown;
}

/** How one upstream attempt ended. */
export interface AttemptOutcome {
  readonly requestId: string;
  readonly model: string;
  readonly keyIndex: number;
  readonly project: string;
  /** "OK" or the failure's reason. */
  readonly outcome: string;
  readonly durationMs: number;
  /** Whether another attempt follows. */
  readonly retried: boolean;
}

export interface Telemetry {
  callStarted(rpc: CallOutcome["rpc"]): void;
  callFinished(outcome: CallOutcome): void;
  attemptFinished(outcome: AttemptOutcome): void;
}

/** Puts generated sound into the container asked for. */
export interface SpeechShaper {
  /** The batch with its sound in that container; other events untouched. Keeps state from batch to batch of one answer. */
  shape(batch: StreamChatResponse): StreamChatResponse;
}
