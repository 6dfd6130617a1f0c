// Several answers to one request: Gemini 3 gives one a call, so n calls run side by side and are told as one stream.
// An answer that fails fails the whole; nothing is told before every answer has begun.
import type { ChatEvent, StreamChatResponse, Usage } from "../gen/gemini/chat/v1/chat_pb.ts";
import { addUsage } from "./usage.ts";

type Answer = AsyncIterator<StreamChatResponse>;

/** Merges answers; the n-th one's events get candidate n. One Started, one Usage with the sums. `stop` ends all calls. */
export async function* mergeAnswers(answers: readonly Answer[], stop: () => void): AsyncGenerator<StreamChatResponse> {
  const usages: Usage[] = [];
  try {
    const firsts = await Promise.all(answers.map((answer) => answer.next()));
    const waiting = new Map<number, Promise<{ index: number; result: IteratorResult<StreamChatResponse> }>>();
    const askNext = (index: number): void => {
      const answer = answers[index];
      if (!answer) return;
      const asked = answer.next().then((result) => ({ index, result }));
      // It may fail while a slow reader keeps us at a yield; unhandled until the race below, that would end the process.
      asked.catch(() => undefined);
      waiting.set(index, asked);
    };
    for (const [index, first] of firsts.entries()) {
      if (first.done) continue;
      askNext(index);
      yield asCandidate(first.value, index, usages);
    }
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values());
      waiting.delete(index);
      if (result.done) continue;
      askNext(index);
      const batch = asCandidate(result.value, index, usages);
      if (batch.events.length > 0) yield batch;
    }
    yield { $typeName: "gemini.chat.v1.StreamChatResponse", events: [usageEvent(usages)] };
  } finally {
    stop();
  }
}

/** The events of one answer as those of candidate `index`, without its Usage and, but for the first answer, its Started. */
function asCandidate(batch: StreamChatResponse, index: number, usages: Usage[]): StreamChatResponse {
  const events: ChatEvent[] = [];
  for (const event of batch.events) {
    if (event.event.case === "usage") usages.push(event.event.value);
    else if (event.event.case !== "started" || index === 0) {
      event.candidate = index;
      events.push(event);
    }
  }
  return { $typeName: "gemini.chat.v1.StreamChatResponse", events };
}

function usageEvent(usages: readonly Usage[]): ChatEvent {
  const [first, ...others] = usages;
  if (!first) throw new Error("no answer told its usage");
  const value = others.reduce(addUsage, first);
  return {
    $typeName: "gemini.chat.v1.ChatEvent",
    candidate: 0,
    part: 0,
    signature: new Uint8Array(0),
    inThought: false,
    event: { case: "usage", value },
  };
}
