// Events between the upstream socket and their one reader: the only buffer on the way, so that backpressure has one home.
// Written by hand because a chain of async generators costs more than everything else per event. What has come by the time the reader
// asks, or by the end of a read of the socket, is one batch: smaller ones made streams of many events a third dearer (measured).
import type { ChatEvent, StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Failure } from "../chat/failures.ts";
import type { Continuation } from "../chat/ports.ts";

/** What an unread answer may keep in memory: one read of a socket. A single larger event has to be held all the same. */
const HIGH_WATER_BYTES = 65_536;

/** The source behind the queue. */
interface QueueSource {
  pause(): void;
  resume(): void;
  /** The reader wants no more. */
  cancel(): void;
}

type Result = IteratorResult<StreamChatResponse, undefined>;

const DONE: Result = { done: true, value: undefined };

/** For one reader that asks for one batch at a time. A failure comes after the events that were queued before it. */
export class EventQueue implements AsyncIterableIterator<StreamChatResponse, undefined> {
  readonly #source: QueueSource;
  #events: ChatEvent[] = [];
  #bytes = 0;
  #paused = false;
  #waiting: PromiseWithResolvers<Result> | undefined;
  #failure: Failure | undefined;
  #ended = false;
  /** Given before `end`. */
  continuation: Continuation | undefined;

  constructor(source: QueueSource) {
    this.#source = source;
  }

  /** Adds events; `bytes` is what they took on the wire. */
  push(events: ChatEvent[], bytes: number): void {
    if (this.#ended || events.length === 0) return;
    if (this.#events.length > 0) for (const event of events) this.#events.push(event);
    else {
      this.#events = events;
      this.#wakeReader();
    }
    this.#bytes += bytes;
    if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
  }

  /** No further event comes. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  fail(failure: Failure): void {
    if (this.#ended) return;
    this.#failure = failure;
    this.end();
  }

  next(): Promise<Result> {
    const result = this.#take();
    if (result) return result;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<Result> {
    this.#events = [];
    this.#failure = undefined;
    this.end();
    this.#source.cancel();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What there is to tell; undefined when the reader has to wait. */
  #take(): Promise<Result> | undefined {
    if (this.#events.length > 0) {
      const batch: StreamChatResponse = { $typeName: "gemini.chat.v1.StreamChatResponse", events: this.#events };
      this.#events = [];
      this.#bytes = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: batch });
    }
    if (!this.#ended) return undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure) : Promise.resolve(DONE);
  }

  /** In a microtask: by then the end, too, has been pushed if it was in the same read. */
  #wakeReader(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    queueMicrotask(() => waiting.resolve(this.#take() ?? DONE));
  }
}
