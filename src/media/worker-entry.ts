// Runs in the media thread: takes tasks one after the other and answers each. Codecs are loaded when a task needs them.
import { parentPort } from "node:worker_threads";
import type { SoundEncoder, SoundFormat } from "./sound-encoder.ts";

/** What is answered. */
export type Work =
  /** More of a sound; the first piece says how it `begins`, the last one ends it. Makes what can be written by now. */
  | {
      readonly kind: "encode";
      readonly sound: number;
      readonly begins: SoundFormat | undefined;
      readonly samples: Uint8Array;
      readonly isLast: boolean;
    }
  /** Makes a PNG of a gif of one frame. */
  | { readonly kind: "gif"; readonly gif: Uint8Array };

/** `forget` frees a sound, and is not answered. */
export type Task = Work | { readonly kind: "forget"; readonly sound: number };

export type Reply = { readonly bytes: Uint8Array } | { readonly error: unknown };

const encoders = new Map<number, SoundEncoder>();

async function encode({ sound, begins, samples, isLast }: Extract<Work, { kind: "encode" }>): Promise<Uint8Array> {
  if (begins !== undefined) {
    const { createSoundEncoder } = await import("./sound-encoder.ts");
    encoders.set(sound, await createSoundEncoder(begins));
  }
  const encoder = encoders.get(sound);
  if (encoder === undefined) throw new Error("an earlier piece of this sound is lost");
  const bytes = encoder.encode(samples);
  if (!isLast) return bytes;
  const rest = encoder.end();
  forget(sound);
  return Buffer.concat([bytes, rest]);
}

function forget(sound: number): void {
  encoders.get(sound)?.free();
  encoders.delete(sound);
}

async function perform(task: Work): Promise<Uint8Array> {
  if (task.kind === "encode") return encode(task);
  const { gifToPng } = await import("./gif-to-png.ts");
  return gifToPng(task.gif);
}

async function answer(task: Task): Promise<void> {
  if (task.kind === "forget") return forget(task.sound);
  try {
    const bytes = new Uint8Array(await perform(task));
    reply({ bytes }, [bytes.buffer]);
  } catch (error) {
    reply({ error });
  }
}

function reply(message: Reply, moved: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved);
}

let last = Promise.resolve();
parentPort?.on("message", (task: Task) => {
  last = last.then(() => answer(task));
});
