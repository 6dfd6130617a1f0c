// Finds the clients that take nothing, or send nothing, while something is expected of them: one timer looks at all of them.

/** A client at the other end of a connection or of a stream. */
export interface Peer {
  /** Whether something waits to be taken by it, or is still to come from it. */
  isAwaited(): boolean;
  /** Another number whenever it took or sent something since the last time. Asked only while it is awaited. */
  progress(): number;
  /** Ends it, and what is done for it. */
  drop(): void;
}

interface Watched {
  readonly peer: Peer;
  /** As the last look saw it; NaN, which equals nothing, while the peer is not awaited. */
  progress: number;
  /** For how long looks have seen this progress. */
  stillMs: number;
}

/** So often is looked within the limit: a peer that stands still is dropped after the limit and at most two looks more. */
const LOOKS = 200;
/** Of the time between two looks no more counts than this share of the limit: a process that was stopped saw nothing of its peers. */
const LONGEST_LOOK = 1 / 10;

export class StallWatch {
  readonly #limitMs: number;
  readonly #watched = new Set<Watched>();
  #looks: NodeJS.Timeout | undefined;
  #lookedAtMs = 0;

  /** `limitMs`: so long an awaited peer may stand still. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Watches a peer until the function that is returned is called. */
  add(peer: Peer): () => void {
    const watched: Watched = { peer, progress: Number.NaN, stillMs: 0 };
    this.#watched.add(watched);
    this.#looks ??= setInterval(() => this.#look(), this.#limitMs / LOOKS).unref();
    return () => this.#watched.delete(watched);
  }

  #look(): void {
    if (this.#watched.size === 0) {
      clearInterval(this.#looks);
      this.#looks = undefined;
    }
    const nowMs = performance.now();
    const passedMs = Math.min(nowMs - this.#lookedAtMs, this.#limitMs * LONGEST_LOOK);
    this.#lookedAtMs = nowMs;
    for (const watched of this.#watched) {
      const progress = watched.peer.isAwaited() ? watched.peer.progress() : Number.NaN;
      if (progress !== watched.progress) {
        watched.progress = progress;
        watched.stillMs = 0;
      } else {
        watched.stillMs += passedMs;
        if (watched.stillMs >= this.#limitMs) watched.peer.drop();
      }
    }
  }
}
