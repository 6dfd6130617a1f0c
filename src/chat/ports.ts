// What the core needs from the outside world, as interfaces. app.ts provides them; tests provide others.
import type {
  ChatRequest,
  CountTokensResponse,
  StreamChatResponse,
  Usage,
  Warning,
} from "../gen/gemini/chat/v1/chat_pb.ts";
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
  /** The caller a licence belongs to; undefined when it is unknown or revoked. Throws when the store has not answered for long. */
  resolve(licence: string): Caller | undefined;
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
  /** The project that holds the call's files already, if one does: it is asked first. */
  readonly home?: string | undefined;
  /** Whether it uploads files: another project is tried only when this one is refused, since they would have to be sent there again. */
  readonly staysWithFiles?: boolean;
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
  /** The answer is begun already: this call goes on with it. */
  readonly continuation?: Continuation;
}

/**
 * Events of one attempt. Iterating rejects with a Failure; it ends normally only after every candidate's Finished and the Usage, or with
 * a `continuation`. `return()` closes the upstream socket. No batch is empty; `Started` is the first event of the first batch, unless
 * the attempt goes on with an answer.
 */
export interface EventSource extends AsyncIterable<StreamChatResponse> {
  /** Set when iterating has ended at the upstream's own limit: the answer may go on in a further call. */
  readonly continuation?: Continuation | undefined;
}

/** How an answer goes on that the upstream broke off. Opaque to the core but for this; never told, logged or kept. */
export interface Continuation {
  /** Of the call that was broken off. */
  readonly usage: Usage;
  /** What ends the answer when it does not go on: its sources, Finished and, at last, the Usage. */
  readonly ending: StreamChatResponse;
}

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
  /** Highest temperature it takes. */
  readonly maxTemperature?: number | undefined;
}

/** How a request is mapped after an earlier mapping of it was refused. */
export interface PrepareOptions {
  /** Schemas in the cleaned OpenAPI subset instead of as JSON Schema. */
  readonly plainSchemas?: boolean;
}

export interface Upstream {
  /** Maps a request; throws a Failure for what cannot be sent and raises warnings for what cannot be honoured. Pure. */
  prepare(request: ChatRequest, model: ModelProfile, raise: RaiseWarning, options?: PrepareOptions): PreparedCall;
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

/** What gathering is done for. */
export interface GatherContext {
  readonly caller: Caller;
  readonly model: ModelProfile;
  readonly raise: RaiseWarning;
  readonly signal: AbortSignal;
  /** Of an earlier gathering of the same request: they stay what they are. */
  readonly uploads?: readonly MediaUpload[] | undefined;
}

export interface Gathered {
  /** With all media ready for the upstream, but for those that stand for uploads. */
  readonly request: ChatRequest;
  readonly uploads: readonly MediaUpload[];
  /** Which way each item went. */
  readonly routes: MediaRoutes;
}

/** How many items of media of a request went which way. */
export interface MediaRoutes {
  /** In the request itself. */
  readonly inline: number;
  readonly inlineBytes: number;
  /** To the upstream's file store. */
  readonly upload: number;
  /** As a URL that the upstream fetches. */
  readonly handedOver: number;
  readonly youtube: number;
  /** As an object that lies upstream already. */
  readonly object: number;
}

export interface MediaGatherer {
  /**
   * Makes the media of a request ready: URLs fetched under the guard, types corrected by the bytes, YouTube links in watch form, and
   * what is too large marked for upload. Does not change its argument; the request comes back as it was when there is nothing to do.
   * Throws a Failure that names the field.
   */
  gather(request: ChatRequest, context: GatherContext): Promise<Gathered>;
}

/** Media too large to stand in a request: it goes to the upstream's file store, once for each project that is asked. */
export interface MediaUpload {
  /** The URI that stands for it in the request until it has one. No caller can guess it. */
  readonly placeholder: string;
  /** Where it is named first. */
  readonly path: string;
  readonly mimeType: string;
  /** The same text means the same bytes, whoever sent them; "" when nothing tells that before they are read. */
  readonly identity: string;
  /** Opens its bytes, as often as needed. `signal` holds for their reading too. Rejects with a Failure without a field. */
  open(signal: AbortSignal): Promise<UploadBytes>;
  /** Gives back what is held open for a reading that will not come; it can be opened all the same. */
  release(): void;
}

export interface UploadBytes extends AsyncDisposable {
  /** As `MediaUpload.identity`, of the bytes that are really given. */
  readonly identity: string;
  /** Undefined when it is not known before the end. */
  readonly size: number | undefined;
  /** Once. Rejects with a Failure without a field. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** What becomes a file. */
export type FileSource = Pick<MediaUpload, "mimeType"> & Pick<UploadBytes, "size" | "pieces">;

/** A file in the upstream's store. */
export interface UpstreamFile {
  /** `files/<id>` */
  readonly name: string;
  readonly uri: string;
  readonly state: "processing" | "active" | "failed";
  /** Wall clock, milliseconds. */
  readonly expiresAtMs: number;
}

/** The upstream's file store; each project has its own. All methods reject with a Failure without a field. */
export interface UpstreamFiles {
  upload(key: KeyHandle, media: FileSource, signal: AbortSignal): Promise<UpstreamFile>;
  /** Undefined when there is no such file any more. */
  find(key: KeyHandle, name: string, signal: AbortSignal): Promise<UpstreamFile | undefined>;
}

/** Bounded, expiring memory for what clients lose between turns. What one licence left, no other one is given. */
export interface Memory {
  /** What is known under these keys, the most wanted first; all of a conversation at once. Never rejects: what cannot be had is not known. */
  get(licenceId: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Takes no time of the caller. `undefined` when it is known that there is nothing: then nobody need look for it. */
  set(licenceId: string, key: string, value: string | undefined): void;
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
  /** "OK", the failure's reason, or what was wrong with the answer: see chat/flaws.ts. */
  readonly outcome: string;
  readonly durationMs: number;
  /** Whether another attempt follows. */
  readonly retried: boolean;
  /** Whether the request was written and nothing of an answer came: it may have been billed. */
  readonly ambiguous: boolean;
}

/** What became of the media of a request, once for each project it was made ready for. */
export interface MediaOutcome {
  readonly requestId: string;
  readonly model: string;
  readonly routes: MediaRoutes;
  /** Files put into the store for this request, and those that were there or on their way already. */
  readonly uploaded: number;
  readonly reused: number;
  readonly uploadedBytes: number;
  /** Fetching and uploading together, with the waiting for both. */
  readonly durationMs: number;
}

export interface Telemetry {
  callStarted(rpc: CallOutcome["rpc"]): void;
  mediaPlaced(outcome: MediaOutcome): void;
  callFinished(outcome: CallOutcome): void;
  attemptFinished(outcome: AttemptOutcome): void;
}

/** Puts generated sound into the format asked for. */
export interface SpeechShaper {
  /**
   * The batch with its sound in that format; other events untouched. Keeps state from batch to batch of one answer. A
   * promise only while sound is encoded: it rejects with a Failure, or with the reason of the answer's signal.
   */
  shape(batch: StreamChatResponse): StreamChatResponse | Promise<StreamChatResponse>;
  /** Frees encoders of sounds that have not ended. */
  close(): void;
}
