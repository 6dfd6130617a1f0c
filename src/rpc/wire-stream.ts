// A stream as it goes over a wire: cut to the contract's message sizes, and never silent for long.
import { splitForWire } from "../chat/split.ts";
import type { Started, StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";

const SILENT = Symbol("silent");

/**
 * The stream in pieces of at most 2 MiB, with an empty message after every `silenceMs` without one. `onStarted` hears the first event
 * before anything that holds it is sent.
 */
export async function* toWireStream(
  source: AsyncGenerator<StreamChatResponse>,
  silenceMs: number,
  onStarted: (started: Started) => void,
): AsyncGenerator<StreamChatResponse> {
  try {
    for (let pending = source.next(); ;) {
      const result = await orSilence(pending, silenceMs);
      if (result === SILENT) {
        yield { $typeName: "gemini.chat.v1.StreamChatResponse", events: [] };
        continue;
      }
      if (result.done) return;
      const first = result.value.events[0]?.event;
      if (first?.case === "started") onStarted(first.value);
      yield* splitForWire(result.value);
      pending = source.next();
    }
  } finally {
    // Not awaited: the source may wait for an upstream that only the call's signal can end.
    source.return(undefined).catch(ignoreFailureOfAbandoned);
  }
}

async function orSilence<T>(pending: Promise<T>, silenceMs: number): Promise<T | typeof SILENT> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<typeof SILENT>((resolve) => {
    timer = setTimeout(resolve, silenceMs, SILENT);
  });
  try {
    return await Promise.race([pending, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** The service has reported it already (meter.ts); nobody is left to be told. */
function ignoreFailureOfAbandoned(): void {}
