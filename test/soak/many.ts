// Soak: many good requests, each with a model of a name of its own: what of them stays in the process.
import { jsonAnswer, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { post } from "../process/rig.ts";
import { untilIdle } from "../process/vitals.ts";
import { atMost, tried, type Figure } from "./figures.ts";
import { type Rig } from "./rig.ts";

const AT_ONCE = 32;
const PROMISED = 100_000;
const SERIES_MAX = 1_000;

export async function many({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  const end = textChunk("fine", { finishReason: "STOP" });
  gemini.script(({ streaming }) => (streaming ? streamAnswer([textChunk("one "), end]) : jsonAnswer(end)));
  let asked = 0;
  let wrong = 0;
  const caller = async (): Promise<void> => {
    while (asked < count) {
      const at = asked++;
      const body = { model: `gemini-${at}`, stream: at % 2 === 0, messages: [{ role: "user", content: "x" }] };
      const response = await post(ready, body);
      if (!(await response.text()).includes("fine")) wrong++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  const { series } = await untilIdle(ready);
  return [
    tried("NP-7", "requests whose listeners and timers are looked for afterwards", asked, PROMISED),
    atMost("NP-7", "of these not answered", wrong, 0),
    tried("SC-10", "names of models that callers invented", asked, PROMISED),
    atMost("SC-10", "most series of a metric", series, SERIES_MAX),
  ];
}
