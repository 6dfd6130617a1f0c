// Who hears an exchange: a stream of events on its way into a queue, or a whole body on its way to a promise.
import type { ChatEvent } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "../chat/failures.ts";
import { failureOfError } from "./errors.ts";
import { AnswerReader, type AnswerFacts, type BrokenOff } from "./events.ts";
import type { EventQueue } from "./event-queue.ts";
import type { AnswerHeaders, Exchange, Receiver } from "./exchange.ts";
import { parseAnswer, parseWholeAnswer } from "./long-base64.ts";
import type { Redact } from "./redact.ts";
import { SseParser } from "./sse.ts";
import type { GenerateContentResponse } from "./wire.ts";

/** Facts of the answer, but for what its head tells. */
export type KnownFacts = Omit<AnswerFacts, "serviceTier" | "toFailure">;

/** Server-sent events, read as they come. */
export class EventStream implements Receiver {
  readonly #facts: KnownFacts;
  readonly #redact: Redact;
  readonly #parser: SseParser;
  readonly #queue: EventQueue;
  readonly #progress: Pick<Exchange, "progress">;
  #reader: AnswerReader | undefined;

  constructor(
    facts: KnownFacts,
    eventMaxBytes: number,
    redact: Redact,
    queue: EventQueue,
    exchange: Pick<Exchange, "progress">,
  ) {
    this.#facts = facts;
    this.#redact = redact;
    this.#parser = new SseParser(eventMaxBytes);
    this.#queue = queue;
    this.#progress = exchange;
  }

  onHead(headers: AnswerHeaders): void {
    this.#reader = readerFor(this.#facts, headers, this.#redact);
  }

  onBytes(bytes: Buffer): void {
    const payloads = this.#parser.push(bytes);
    if (payloads.length === 0) return;
    this.#progress.progress();
    this.#tell(bytes.length, (events) => {
      for (const payload of payloads) this.#reader?.read(parseEvent(payload), events);
    });
  }

  onEnd(): void {
    const { last, stray } = this.#parser.end();
    this.#tell(last?.length ?? 0, (events) => {
      if (last !== undefined) this.#reader?.read(parseLast(last), events);
      if (stray !== "") throw failureOfError(parseStray(stray), this.#redact);
      this.#reader?.end(events);
    });
    this.#queue.continuation = this.#reader?.brokenOff;
    this.#queue.end();
  }

  onFailure(failure: Failure): void {
    this.#queue.fail(failure);
  }

  /** Events that came before a failure are told before it. */
  #tell(bytes: number, read: (events: ChatEvent[]) => void): void {
    const events: ChatEvent[] = [];
    try {
      read(events);
    } finally {
      this.#queue.push(events, bytes);
    }
  }
}

/** A body as a whole, and what becomes of it. */
export class WholeBody<T> implements Receiver {
  readonly #pieces: Buffer[] = [];
  readonly #read: (json: unknown, headers: AnswerHeaders) => T;
  readonly #onResult: (result: T) => void;
  readonly onFailure: (failure: Failure) => void;
  #headers: AnswerHeaders = {};

  /** `read` may throw a Failure. */
  constructor(
    read: (json: unknown, headers: AnswerHeaders) => T,
    onResult: (result: T) => void,
    onFailure: (failure: Failure) => void,
  ) {
    this.#read = read;
    this.#onResult = onResult;
    this.onFailure = onFailure;
  }

  onHead(headers: AnswerHeaders): void {
    this.#headers = headers;
  }

  onBytes(bytes: Buffer): void {
    this.#pieces.push(bytes);
  }

  onEnd(): void {
    const body = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#onResult(
      this.#read(
        readable(() => parseWholeAnswer(body as Buffer)),
        this.#headers,
      ),
    );
  }
}

/** The events of a unary answer: the same as those of a stream with one chunk. */
export function readWholeAnswer(
  json: unknown,
  headers: AnswerHeaders,
  facts: KnownFacts,
  redact: Redact,
): { readonly events: ChatEvent[]; readonly brokenOff: BrokenOff | undefined } {
  const reader = readerFor(facts, headers, redact);
  const events: ChatEvent[] = [];
  reader.read(json as GenerateContentResponse, events);
  reader.end(events);
  return { events, brokenOff: reader.brokenOff };
}

function readerFor(facts: KnownFacts, headers: AnswerHeaders, redact: Redact): AnswerReader {
  const tier = headers["x-gemini-service-tier"];
  const toFailure = (error: unknown): Failure => failureOfError(error, redact);
  return new AnswerReader({ ...facts, serviceTier: typeof tier === "string" ? tier : "", toFailure });
}

function parseEvent(json: string): GenerateContentResponse {
  return readable(() => parseAnswer(json)) as GenerateContentResponse;
}

function readable(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    // The parser's own message quotes the text, which is an answer to somebody.
    throw new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent an answer that is no JSON.");
  }
}

/** An event without its blank line counts when it is whole JSON; otherwise the stream was cut inside it. */
function parseLast(json: string): GenerateContentResponse {
  try {
    return parseAnswer(json) as GenerateContentResponse;
  } catch {
    throw new Failure("UPSTREAM_STREAM_TRUNCATED", "Gemini's answer ended in the middle of an event.");
  }
}

function parseStray(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // HTML and the like; the caller finds that it is no error of Google's.
    return undefined;
  }
}
