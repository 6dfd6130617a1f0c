// The client of the Gemini API: the core's `Upstream` over HTTP.
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { ModalityTokens_Kind, type ChatRequest, type CountTokensResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "../chat/failures.ts";
import type { ModelProfile } from "../chat/models.ts";
import type { Attempt, EventSource, KeyHandle, PreparedCall, PrepareOptions, Upstream } from "../chat/ports.ts";
import { mintToolCallId } from "../chat/tool-call-ids.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { createDispatcher } from "./dispatcher.ts";
import { count, toModalityTokens } from "./events/usage.ts";
import { failureOfAnswer } from "./errors.ts";
import { EventQueue } from "./event-queue.ts";
import type { BrokenOff } from "./events.ts";
import { type ErrorReader, Exchange, type ExchangeLimits, type Receiver } from "./exchange.ts";
import { collectModels } from "./models.ts";
import { prepareCall, promptCharacters, toContinuingBody, toCountTokensBody, type GeminiCall } from "./prepared.ts";
import { EventStream, readWholeAnswer, WholeBody, type KnownFacts } from "./receivers.ts";
import { createRedactor, type Redact } from "./redact.ts";
import { keyHeaders, pathPrefix } from "./request-head.ts";
import type { CountTokensAnswer, ListModelsAnswer } from "./wire.ts";
import type { GenerateContentRequest } from "./wire-request.ts";

/** A page of the model list is some 100 KB and takes well under a second. */
const LIST_MODELS_MS = 30_000;
const LIST_MODELS_MAX_BYTES = 16_777_216;
/** Smaller bodies are sent as one. */
const PIECEWISE_MIN_BYTES = 65_536;
const NEVER = Number.POSITIVE_INFINITY;

export interface UpstreamOptions {
  /** Origin and optional path prefix; Google's paths (`/v1beta/models/…`) follow. */
  readonly baseUrl: URL;
  /** Outbound HTTP proxy. */
  readonly proxyUrl?: URL | undefined;
  /** Keys in the order that KeyHandle.index counts. */
  readonly keys: readonly { readonly project: string; readonly key: string }[];
  /** Largest event of a stream. */
  readonly eventMaxBytes: number;
  /** Largest whole answer, streamed or not. */
  readonly bodyMaxBytes: number;
  /** Maps a request; throws a Failure for what cannot be sent. */
  toGeminiRequest(
    request: ChatRequest,
    model: ModelProfile,
    raise: RaiseWarning,
    options?: PrepareOptions,
  ): GenerateContentRequest;
}

/** Makes the upstream. `close` cuts whatever still runs. */
export function createUpstream(options: UpstreamOptions): Upstream & { close(): Promise<void> } {
  const client = new Client(options);
  return {
    prepare: (request, model, raise, how) =>
      prepareCall(model, options.toGeminiRequest(request, model, raise, how), request),
    open: (attempt) => (attempt.mode === "stream" ? client.openStream(attempt) : client.openUnary(attempt)),
    async countTokens({ key, call, signal, limits }) {
      const { resource } = call as GeminiCall;
      const body = toCountTokensBody(call as GeminiCall);
      const whole = wholeLimits(limits.totalMs, options.bodyMaxBytes);
      return toCount(
        (await client.fetch(`${resource}:countTokens`, {
          key,
          signal,
          limits: whole,
          body,
          call,
        })) as CountTokensAnswer,
      );
    },
    listModels: (key, signal) =>
      collectModels(async (query) => {
        const limits = wholeLimits(LIST_MODELS_MS, LIST_MODELS_MAX_BYTES);
        return (await client.fetch(`models${query}`, { key, signal, limits })) as ListModelsAnswer;
      }),
    close: () => client.close(),
  };
}

interface Outgoing {
  readonly key: KeyHandle;
  readonly limits: { readonly totalMs: number };
  /** A POST when there is one; its pieces. */
  readonly body?: readonly Buffer[];
  /** What the body is of. */
  readonly call?: PreparedCall;
}

/** Sends requests under the right address and key. */
class Client {
  readonly #options: UpstreamOptions;
  readonly #dispatcher: Dispatcher;
  readonly #path: string;
  readonly #redact: Redact;

  constructor(options: UpstreamOptions) {
    const { baseUrl, proxyUrl, keys } = options;
    this.#options = options;
    this.#dispatcher = createDispatcher(baseUrl, proxyUrl);
    this.#path = `${pathPrefix(baseUrl)}/v1beta/`;
    this.#redact = createRedactor(keys.map(({ key }) => key));
  }

  openStream({ key, call, signal, limits, continuation }: Attempt): EventSource {
    const { bodyMaxBytes, eventMaxBytes } = this.#options;
    const exchange = new Exchange({ ...limits, bodyMaxBytes }, signal, this.#errorReader(call));
    const queue = new EventQueue(exchange);
    const before = continuation as BrokenOff | undefined;
    const receiver = new EventStream(factsOf(call, before), eventMaxBytes, this.#redact, queue, exchange);
    const { resource } = call as GeminiCall;
    const body = bodyOf(call, before);
    this.#send(exchange, receiver, `${resource}:streamGenerateContent?alt=sse`, { key, limits, body });
    return queue;
  }

  openUnary({ key, call, signal, limits, continuation }: Attempt): EventSource {
    const whole = wholeLimits(limits.totalMs, this.#options.bodyMaxBytes);
    const exchange = new Exchange(whole, signal, this.#errorReader(call));
    const queue = new EventQueue(exchange);
    const before = continuation as BrokenOff | undefined;
    const receiver = new WholeBody(
      (json, headers) => readWholeAnswer(json, headers, factsOf(call, before), this.#redact),
      ({ events, brokenOff }) => {
        queue.push(events, 0);
        queue.continuation = brokenOff;
        queue.end();
      },
      (failure) => queue.fail(failure),
    );
    const { resource } = call as GeminiCall;
    const body = bodyOf(call, before);
    this.#send(exchange, receiver, `${resource}:generateContent`, { key, limits, body });
    return queue;
  }

  /** The JSON of a whole answer. */
  fetch(
    path: string,
    outgoing: Outgoing & { readonly signal: AbortSignal; readonly limits: ExchangeLimits },
  ): Promise<object> {
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    const exchange = new Exchange(outgoing.limits, outgoing.signal, this.#errorReader(outgoing.call));
    this.#send(exchange, new WholeBody(toObject, resolve, reject), path, outgoing);
    return promise;
  }

  /** Errors say more when it is known what they answer. */
  #errorReader(call: PreparedCall | undefined): ErrorReader {
    return (status, body, retryAfter) =>
      failureOfAnswer(status, body, retryAfter, this.#redact, (call as GeminiCall | undefined)?.sent);
  }

  /** What runs is cut: whoever closes has given it its time. */
  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  #send(exchange: Exchange, receiver: Receiver, path: string, { key, limits, body: pieces }: Outgoing): void {
    const body = pieces && toBody(pieces);
    const request: Dispatcher.DispatchOptions = {
      origin: this.#options.baseUrl.origin,
      path: this.#path + path,
      method: body ? "POST" : "GET",
      headers: this.#headers(key, limits.totalMs, body?.bytes),
      body: body?.content ?? null,
    };
    exchange.start(this.#dispatcher, request, receiver);
  }

  #headers(key: KeyHandle, totalMs: number, bodyBytes: number | undefined): Record<string, string> {
    return {
      ...keyHeaders(this.#options.keys, key),
      ...(bodyBytes !== undefined && { "content-type": "application/json", "content-length": String(bodyBytes) }),
      // Google stops working when nobody waits any more.
      ...(totalMs !== NEVER && { "x-server-timeout": String(Math.max(1, Math.ceil(totalMs / 1_000))) }),
    };
  }
}

/** Pieces that hold media are sent one by one; a copy of all costs more than that. Undici takes any iterable, though its types do not. */
function toBody(pieces: readonly Buffer[]): {
  readonly bytes: number;
  readonly content: Dispatcher.DispatchOptions["body"];
} {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const [only] = pieces;
  if (only && pieces.length === 1) return { bytes, content: only };
  const content =
    bytes < PIECEWISE_MIN_BYTES ? Buffer.concat(pieces) : (pieces as Iterable<Buffer> as unknown as Readable);
  return { bytes, content };
}

function bodyOf(call: Attempt["call"], before: BrokenOff | undefined): readonly Buffer[] {
  return before ? toContinuingBody(call as GeminiCall, before.token) : (call as GeminiCall).body;
}

function factsOf(call: Attempt["call"], before: BrokenOff | undefined): KnownFacts {
  return { model: call.model.id, mintToolCallId, promptCharacters: () => promptCharacters(call as GeminiCall), before };
}

/** A whole answer has no events to wait for, only an end. */
function wholeLimits(totalMs: number, bodyMaxBytes: number): ExchangeLimits {
  return { firstEventMs: NEVER, idleMs: NEVER, totalMs, bodyMaxBytes };
}

function toObject(json: unknown): object {
  if (typeof json === "object" && json !== null) return json;
  throw new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent an answer that cannot be read.");
}

function toCount(answer: CountTokensAnswer): CountTokensResponse {
  return {
    $typeName: "gemini.chat.v1.CountTokensResponse",
    totalTokens: count(answer.totalTokens),
    cachedTokens: count(answer.cachedContentTokenCount),
    modalityTokens: [
      ...toModalityTokens(ModalityTokens_Kind.PROMPT, answer.promptTokensDetails),
      ...toModalityTokens(ModalityTokens_Kind.CACHED, answer.cacheTokensDetails),
    ],
  };
}
