// Memory for request bodies: how many of their bytes may be held at once, over all requests and transports.
import { Failure } from "../chat/failures.ts";

/** What one request holds. */
export interface BodyLease {
  /** Takes bytes; throws SERVER_BUSY when there are not so many. */
  take(bytes: number): void;
}

export class BodyBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * For one request. What it takes is given back when its response closes, whether it was answered or its client left; what still comes
   * then belongs to nobody, and takes nothing.
   */
  lease(response: NodeJS.EventEmitter): BodyLease {
    let heldBytes = 0;
    let isClosed = false;
    response.once("close", () => {
      isClosed = true;
      this.#usedBytes -= heldBytes;
      heldBytes = 0;
    });
    return {
      take: (bytes) => {
        if (isClosed) return;
        if (this.#usedBytes + bytes > this.#maxBytes) {
          throw new Failure("SERVER_BUSY", "The gateway is holding too many request bodies at once. Try again.", {
            retryAfterMs: 1_000,
          });
        }
        this.#usedBytes += bytes;
        heldBytes += bytes;
      },
    };
  }
}
