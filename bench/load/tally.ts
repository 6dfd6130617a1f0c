// What all connections of one measurement have seen so far.

export class Tally {
  answers = 0;
  badAnswers = 0;
  /** The first bad answer, shortened. */
  firstBad: string | undefined;
  /** From when a request was due to its last byte. */
  readonly durationsMs: number[] = [];
  /** From when a request was due to the first byte of the answer's body. */
  readonly firstBytesMs: number[] = [];
  /** From the mock's write of an event to its arrival. */
  readonly transitsMs: number[] = [];

  countBad(excerpt: string): void {
    this.badAnswers++;
    this.firstBad ??= excerpt;
  }

  /** Times seen so far are those of the warm-up. */
  forgetTimes(): void {
    this.durationsMs.length = 0;
    this.firstBytesMs.length = 0;
    this.transitsMs.length = 0;
  }
}
