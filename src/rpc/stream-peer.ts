// The client of one HTTP/2 stream. What it is sent goes out in pieces, so that it can be seen when it takes a part: Node tells only of
// whole writes, and its own timeouts take whatever moves on the connection for a sign of life of all its streams.
import type { ServerHttp2Stream } from "node:http2";
import type { Peer, StallWatch } from "./stalls.ts";

/** Half of HTTP/2's default window: so much at a time most clients say that they have taken. */
const PIECE_BYTES = 32_768;

export class StreamPeer implements Peer {
  readonly stream: ServerHttp2Stream;
  /** Whether the end of its request is waited for. */
  mustFinish = true;
  #steps = 0;
  #resume: (() => void) | undefined;

  /** Watched until the stream closes. */
  constructor(stream: ServerHttp2Stream, stalls: StallWatch) {
    this.stream = stream;
    const unwatch = stalls.add(this);
    stream.on("close", () => {
      unwatch();
      this.stepped();
    });
  }

  /** To be called for each thing that was received from the client. */
  readonly stepped = (): void => {
    this.#steps += 1;
    this.#resume?.();
  };

  /** Resolves when there is room for more, or the client has left. One at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    const { stream } = this;
    for (let start = 0; start < bytes.length && !stream.closed; start += PIECE_BYTES) {
      stream.write(bytes.length > PIECE_BYTES ? bytes.subarray(start, start + PIECE_BYTES) : bytes, this.stepped);
      while (stream.writableLength >= PIECE_BYTES && !stream.closed) await this.#step();
    }
  }

  isAwaited(): boolean {
    return this.stream.writableLength > 0 || (this.mustFinish && !this.stream.readableEnded);
  }

  progress(): number {
    return this.#steps;
  }

  drop(): void {
    this.stream.destroy();
  }

  #step(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }
}
