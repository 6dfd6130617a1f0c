// Batches of events between the upstream socket and their one reader: the only buffer on the way, so that backpressure has one home.
// Written by hand because a chain of async generators costs more than everything else per event.
import type { ChatEvent, StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Failure } from "../chat/failures.ts";

/** What an unread answer may keep in memory; a single larger event has to be held all the same. */
const HIGH_WATER_BYTES = 262_144;
const LOW_WATER_BYTES = HIGH_WATER_BYTES / 2;

/** The source behind the queue. */
interface QueueSource {
  pause(): void;
  resume(): void;
  /** The reader wants no more. */
  cancel(): void;
}

interface Queued {
  readonly batch: StreamChatResponse;
  readonly bytes: number;
}

type Result = IteratorResult<StreamChatResponse, undefined>;

const DONE: Result = { done: true, value: undefined };

/** For one reader that asks for one batch at a time. A failure comes after the batches that were queued before it. */
export class EventQueue implements AsyncIterableIterator<StreamChatResponse, undefined> {
  readonly #source: QueueSource;
  readonly #queued: Queued[] = [];
  #bytes = 0;
  #paused = false;
  #waiting: PromiseWithResolvers<Result> | undefined;
  #failure: Failure | undefined;
  #ended = false;

  constructor(source: QueueSource) {
    this.#source = source;
  }

  /** Adds a batch; `bytes` is what it took on the wire. */
  push(events: ChatEvent[], bytes: number): void {
    if (this.#ended || events.length === 0) return;
    const batch: StreamChatResponse = { $typeName: "gemini.chat.v1.StreamChatResponse", events };
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: batch });
      return;
    }
    this.#queued.push({ batch, bytes });
    this.#bytes += bytes;
    if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** No further batch comes. */
  end(): void {
    this.#ended = true;
    this.#waiting?.resolve(DONE);
    this.#waiting = undefined;
  }

  fail(failure: Failure): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#waiting) this.#waiting.reject(failure);
    else this.#failure = failure;
    this.#waiting = undefined;
  }

  next(): Promise<Result> {
    const first = this.#queued.shift();
    if (first) {
      this.#bytes -= first.bytes;
      if (this.#paused && this.#bytes <= LOW_WATER_BYTES) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: first.batch });
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) return Promise.reject(failure);
    if (this.#ended) return Promise.resolve(DONE);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<Result> {
    this.#queued.length = 0;
    this.#failure = undefined;
    this.end();
    this.#source.cancel();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
