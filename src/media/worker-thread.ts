// The media thread as seen from outside: one task at a time, each with a time limit.
import { Worker } from "node:worker_threads";
import { Failure } from "../chat/failures.ts";
import type { Reply, Task, Work } from "./worker-entry.ts";

/** The largest gif takes 300 MB while it is decoded. */
const HEAP_MAX_MB = 512;

export type MediaThread = {
  /** One at a time. */
  run(task: Work, timeoutMs: number): Promise<Uint8Array>;
  tell(task: Task): void;
  end(): Promise<void>;
};

/** Secrets of the process stay out of the thread: it gets no environment. It keeps the process alive only during a task. Throws a Failure. */
export function startThread(onEnd: () => void): MediaThread {
  const worker = startWorker();
  worker.unref();
  let settle: ((reply: Reply) => void) | undefined;
  const end = async (error: unknown): Promise<void> => {
    onEnd();
    settle?.({ error });
    await worker.terminate();
  };
  worker.on("message", (reply: Reply) => settle?.(reply));
  worker.on("error", (error) => void end(error));
  worker.on("exit", () => void end(new Error("the media thread has ended")));
  return {
    tell: (task) => worker.postMessage(task),
    run: async (task, timeoutMs) => {
      const { promise, resolve } = Promise.withResolvers<Reply>();
      settle = resolve;
      const timer = setTimeout(() => void end(new Error(`a task took more than ${timeoutMs} ms`)), timeoutMs);
      worker.ref();
      worker.postMessage(task);
      const reply = await promise;
      settle = undefined;
      clearTimeout(timer);
      worker.unref();
      if ("bytes" in reply) return reply.bytes;
      throw unconverted(reply.error);
    },
    end: () => end(new Error("the media thread was stopped")),
  };
}

/** A machine or container may allow no more threads. */
function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MAX_MB };
  try {
    const entry = new URL("worker-entry.ts", import.meta.url);
    return new Worker(entry, { name: "media", env: {}, argv: [], execArgv: [], resourceLimits });
  } catch (error) {
    throw unconverted(error);
  }
}

function unconverted(cause: unknown): Failure {
  return new Failure("INTERNAL_ERROR", "The gateway could not convert this sound or picture.", { cause });
}
