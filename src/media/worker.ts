// Media work that would hold up the event loop, in a thread that is made when it is first needed and ended when it idles.
import { Failure } from "../chat/failures.ts";
import { createSlots } from "./slots.ts";
import { startThread, type MediaThread } from "./worker-thread.ts";
import type { Work } from "./worker-entry.ts";

export interface MediaWorker {
  /** What the task makes. Rejects with a Failure, or with the signal's reason: then the task may still run, for nobody. */
  run(task: Work, signal: AbortSignal): Promise<Uint8Array>;
  /** A number for a sound that is to be encoded; while it is open, the thread with its encoder stays. Throws SERVER_BUSY. */
  openSound(): number;
  /** Frees what the thread holds of a sound. */
  closeSound(sound: number): void;
  /** Ends the thread; what it was asked for fails. */
  close(): Promise<void>;
}

export type MediaWorkerLimits = {
  /** Sounds that may be open; each has an encoder. */
  readonly sounds: number;
  /** Tasks that may wait; each holds up to 1 MiB of samples, or a picture. */
  readonly waiting: number;
  /** Most time of one task: 1 MiB of samples takes half a second, the largest gif two. */
  readonly taskMs: number;
  /** An idle thread costs memory (its code, the encoders' 16 MB each); starting one takes a tenth of a second. */
  readonly idleMs: number;
};

const DEFAULT_LIMITS: MediaWorkerLimits = { sounds: 256, waiting: 256, taskMs: 20_000, idleMs: 60_000 };
const BUSY_RETRY_MS = 1000;

/** A worker without a thread yet. */
export function createMediaWorker(limits: Partial<MediaWorkerLimits> = {}): MediaWorker {
  const { sounds: maxSounds, waiting: maxWaiting, taskMs, idleMs } = { ...DEFAULT_LIMITS, ...limits };
  const acquire = createSlots(1, 1);
  const sounds = new Set<number>();
  const closing = new AbortController();
  let soundCount = 0;
  let taskCount = 0;
  let thread: MediaThread | undefined;
  let idle: NodeJS.Timeout | undefined;

  function current(): MediaThread {
    if (thread !== undefined) return thread;
    const started = startThread(() => {
      if (thread === started) thread = undefined;
    });
    thread = started;
    return started;
  }

  /** To be called whenever something begins or ends. */
  function watchIdle(): void {
    clearTimeout(idle);
    if (taskCount === 0 && sounds.size === 0) idle = setTimeout(() => void thread?.end(), idleMs).unref();
  }

  async function runNow(task: Work, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    return current().run(task, taskMs);
  }

  async function runInTurn(task: Work, signal: AbortSignal): Promise<Uint8Array> {
    const release = await acquire("", signal);
    return abortable(runNow(task, signal).finally(release), signal);
  }

  return {
    run: async (task, signal) => {
      if (taskCount > maxWaiting) throw busy();
      taskCount += 1;
      watchIdle();
      try {
        return await runInTurn(task, AbortSignal.any([signal, closing.signal]));
      } finally {
        taskCount -= 1;
        watchIdle();
      }
    },
    openSound: () => {
      if (sounds.size >= maxSounds) throw busy();
      sounds.add(++soundCount);
      watchIdle();
      return soundCount;
    },
    closeSound: (sound) => {
      if (!sounds.delete(sound)) return;
      thread?.tell({ kind: "forget", sound });
      watchIdle();
    },
    close: async () => {
      closing.abort(new Failure("SERVER_SHUTTING_DOWN", "The server is shutting down."));
      clearTimeout(idle);
      await thread?.end();
    },
  };
}

function busy(): Failure {
  const message = "Too many sounds and pictures are being converted.";
  return new Failure("SERVER_BUSY", message, { retryAfterMs: BUSY_RETRY_MS });
}

/** What `work` comes to, or at once the reason of the signal. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    work.catch(() => {}); // when nobody waits for it any more, its failure concerns nobody
  }
}
