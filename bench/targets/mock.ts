// The bench's mock upstream: the faulty Gemini, answering by model name; here with streams whose events tell when they were sent.

import {
  BENCH_MARK,
  pause,
  repeatable,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  usageOf,
  type Answer,
} from "../../test/support/faulty-gemini.ts";

/** Events, and milliseconds before each. */
const STAMPED = /^bench-stamped-(\d+)-(\d+)$/;

function stampedAnswer(events: number, waitMs: number): Answer {
  const items = repeatable(function* () {
    for (let at = 1; at <= events; at++) {
      yield pause(waitMs);
      const text = ` ${process.hrtime.bigint()}${BENCH_MARK}`;
      yield textChunk(text, { usage: usageOf(9, 5 * at), ...(at === events && { finishReason: "STOP" }) });
    }
  });
  return streamAnswer(items);
}

const gemini = await startFaultyGemini({ keepCalls: 0 });
gemini.script(({ model }) => {
  const [, events, waitMs] = STAMPED.exec(model ?? "") ?? [];
  return events === undefined ? undefined : stampedAnswer(Number(events), Number(waitMs));
});
console.log(`listening ${gemini.origin}`);
