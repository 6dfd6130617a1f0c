// Requests to the Files API, each under the right key and within its time, and their whole answers.
import type { Dispatcher } from "undici";
import { Failure } from "../chat/failures.ts";
import type { KeyHandle } from "../chat/ports.ts";
import { createDispatcher } from "./dispatcher.ts";
import { failureOfAnswer } from "./errors.ts";
import { type AnswerHeaders, type ErrorReader, Exchange, type Receiver } from "./exchange.ts";
import { createRedactor } from "./redact.ts";
import { keyHeaders, pathPrefix } from "./request-head.ts";

/** A file's description is less than 1 KB. */
const ANSWER_MAX_BYTES = 65_536;
const NEVER = Number.POSITIVE_INFINITY;

export interface FilesOptions {
  /** Origin and optional path prefix; Google's paths (`/upload/v1beta/files`) follow. */
  readonly baseUrl: URL;
  readonly proxyUrl?: URL | undefined;
  /** Keys in the order that KeyHandle.index counts. */
  readonly keys: readonly { readonly key: string }[];
  /** Longest wait for one chunk to be taken, and for any other answer. */
  readonly stepTimeoutMs: number;
}

export interface FilesRequest {
  readonly key: KeyHandle;
  readonly method: "GET" | "POST";
  /** Whole, with the prefix of the base URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

export interface FilesAnswer {
  readonly head: AnswerHeaders;
  readonly body: Buffer;
}

export class FilesClient {
  readonly baseUrl: URL;
  /** Path prefix, without a slash at its end. */
  readonly prefix: string;
  readonly #options: FilesOptions;
  readonly #dispatcher: Dispatcher;
  readonly #readError: ErrorReader;

  constructor(options: FilesOptions) {
    this.baseUrl = options.baseUrl;
    this.prefix = pathPrefix(options.baseUrl);
    this.#options = options;
    this.#dispatcher = createDispatcher(options.baseUrl, options.proxyUrl);
    const redact = createRedactor(options.keys.map(({ key }) => key));
    this.#readError = (status, body, retryAfter) => failureOfAnswer(status, body, retryAfter, redact);
  }

  /** Rejects with a Failure: UPLOAD_FAILED when there is no answer in time. */
  send({ key, method, path, headers, body, signal }: FilesRequest): Promise<FilesAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<FilesAnswer>();
    const totalMs = this.#options.stepTimeoutMs;
    const limits = { firstEventMs: NEVER, idleMs: NEVER, totalMs, bodyMaxBytes: ANSWER_MAX_BYTES };
    const request: Dispatcher.DispatchOptions = {
      origin: this.baseUrl.origin,
      path,
      method,
      headers: {
        ...keyHeaders(this.#options.keys, key),
        ...headers,
        ...(body && { "content-length": String(body.length) }),
      },
      body: body ?? null,
    };
    const receiver = receive(resolve, (failure) => reject(inTime(failure)));
    new Exchange(limits, signal, this.#readError).start(this.#dispatcher, request, receiver);
    return promise;
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

function receive(onAnswer: (answer: FilesAnswer) => void, onFailure: (failure: Failure) => void): Receiver {
  const pieces: Buffer[] = [];
  let head: AnswerHeaders = {};
  return {
    onHead: (headers) => void (head = headers),
    onBytes: (bytes) => void pieces.push(bytes),
    onEnd: () => onAnswer({ head, body: Buffer.concat(pieces) }),
    onFailure,
  };
}

/** A step that takes too long says nothing about the request: another try may help. */
function inTime(failure: Failure): Failure {
  if (failure.reason !== "UPSTREAM_TIMEOUT") return failure;
  return new Failure("UPLOAD_FAILED", "Gemini did not take the media in time.", { cause: failure });
}
