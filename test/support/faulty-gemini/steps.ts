// What the faulty Gemini does on a socket: an answer is a list of steps.

/** Says nothing for `pauseMs`. */
export interface Pause {
  readonly pauseMs: number;
}

/** How a connection ends: `fin` closes it politely, `reset` sends a TCP RST, `stall` stays silent until the client leaves. */
export type Ending = "fin" | "reset" | "stall";

/** Bytes are one write on the socket. */
export type Step = Uint8Array | Pause | Ending;

/** Socket behaviour in order. Without an ending the connection stays open for the next request. */
export type Answer = Iterable<Step>;

export function pause(pauseMs: number): Pause {
  return { pauseMs };
}

/** Bytes of a text, for raw answers and raw parts of a body. */
export function raw(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** An iterable that starts anew each time, so that one answer serves many calls. */
export function repeatable<T>(start: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: start };
}

/** The same bytes in a single write, computed once. The answer must consist of bytes and end by itself. */
export function inOneWrite(answer: Answer): Answer {
  return [Buffer.concat([...answer].map(toBytes))];
}

/** The same steps, computed once. */
export function precomputed(answer: Answer): Answer {
  return [...answer];
}

/** Each write becomes writes of at most `bytes`, `everyMs` apart: an idle timer never sees silence. */
export function trickle(answer: Answer, bytes: number, everyMs: number): Answer {
  return repeatable(function* () {
    for (const step of answer) {
      if (!(step instanceof Uint8Array)) {
        yield step;
        continue;
      }
      for (let at = 0; at < step.length; at += bytes) {
        yield step.subarray(at, at + bytes);
        yield pause(everyMs);
      }
    }
  });
}

function toBytes(step: Step): Uint8Array {
  if (step instanceof Uint8Array) return step;
  throw new TypeError("only an answer of nothing but bytes fits in one write");
}
