// What can be fuzzed: inputs that JSON can hold, so that each that broke something can be kept, and a property of all of them.
import type fc from "fast-check";

export interface Opened<Input> extends AsyncDisposable {
  /** Throws when the property does not hold for the input. */
  check(input: Input): Promise<void> | void;
}

export interface Target<Input = unknown> {
  /** Id of the promise and the folder of test/corpus, e.g. `FZ-1`. */
  readonly id: string;
  readonly title: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** How many inputs `npm test` tries: a second or two. */
  readonly runs: number;
  /** How many inputs a promise names, where it names a number. */
  readonly promised?: number;
  open(): Promise<Opened<Input>>;
}

/** A target that needs nothing around it. */
export async function closed<Input>(check: Opened<Input>["check"]): Promise<Opened<Input>> {
  return { check, [Symbol.asyncDispose]: async () => undefined };
}

/** Gives a target its place among others of other inputs; the inputs of its corpus were written by it. */
export function target<Input>(one: Target<Input>): Target {
  return one as unknown as Target;
}
