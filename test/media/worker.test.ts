// Goal: the media thread costs nothing while nobody needs it, and whatever goes wrong in it, callers get a Failure and the next task works.
// Method: a real thread; how many there are is read from Node's own report.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import threads from "node:worker_threads";
import { Failure } from "../../src/chat/failures.ts";
import type { Work } from "../../src/media/worker-entry.ts";
import { createMediaWorker, type MediaWorker } from "../../src/media/worker.ts";
import { makeGif } from "./gif-maker.ts";

const signal = new AbortController().signal;
const gif = makeGif({ width: 1, height: 1, palette: [[1, 2, 3]] }, [{ width: 1, height: 1, pixels: [0] }]);
const picture: Work = { kind: "gif", gif };
/** The thread does not answer it. */
const endless = { kind: "forget", sound: 0 } as unknown as Work;

const started: MediaWorker[] = [];
after(() => Promise.all(started.map((worker) => worker.close())));
function start(limits: Parameters<typeof createMediaWorker>[0] = {}): MediaWorker {
  const worker = createMediaWorker(limits);
  started.push(worker);
  return worker;
}

function threadCount(): number {
  return (process.report.getReport() as unknown as { workers: unknown[] }).workers.length;
}

async function waitForThreads(count: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; threadCount() !== count; await delay(20)) {
    assert.ok(performance.now() < deadline, `${threadCount()} threads`);
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail("it worked"),
    (reason: unknown) => reason,
  );
  assert(error instanceof Failure);
  return error;
}

describe("the thread", () => {
  test("that cannot be started fails its task and holds up none that comes later", async () => {
    const worker = start();
    const { Worker } = threads;
    threads.Worker = class {
      constructor() {
        throw new Error("no more threads");
      }
    } as unknown as typeof Worker;
    syncBuiltinESMExports();
    try {
      const { reason } = await failureOf(worker.run(picture, signal));
      assert.equal(reason, "INTERNAL_ERROR");
    } finally {
      threads.Worker = Worker;
      syncBuiltinESMExports();
    }
    assert.ok((await worker.run(picture, AbortSignal.timeout(5_000))).length > 0);
    await worker.close();
  });

  test("begins with the first task, serves all that follow, and ends when it idles", async () => {
    const worker = start({ idleMs: 100 });
    assert.equal(threadCount(), 0);
    const pictures = await Promise.all([1, 2, 3].map(() => worker.run(picture, signal)));
    for (const png of pictures) assert.equal(Buffer.from(png).toString("latin1", 1, 4), "PNG");
    assert.equal(threadCount(), 1);
    await waitForThreads(0);
    await worker.run(picture, signal);
    await waitForThreads(0);
  });

  test("stays while a sound is open", async () => {
    const worker = start({ idleMs: 50 });
    const sound = worker.openSound();
    await worker.run(picture, signal);
    await delay(300);
    assert.equal(threadCount(), 1);
    worker.closeSound(sound);
    await waitForThreads(0);
  });

  test("keeps no process alive that has nothing else to do", async () => {
    const path = new URL("../../src/media/worker.ts", import.meta.url).href;
    const program = `
      import { createMediaWorker } from ${JSON.stringify(path)};
      const png = await createMediaWorker().run(
        { kind: "gif", gif: Buffer.from(${JSON.stringify(gif.toString("base64"))}, "base64") }, new AbortController().signal);
      console.log(Buffer.from(png).toString("latin1", 1, 4));`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 30_000,
    });
    assert.deepEqual([stdout, stderr], ["PNG\n", ""]);
  });
});

describe("a task", () => {
  test("that does not end takes the thread with it; the one behind it gets a new thread, open sounds are lost", async () => {
    const worker = start({ taskMs: 3000 });
    const sound = worker.openSound();
    const more = (begins: boolean): Promise<Uint8Array> =>
      worker.run(
        {
          kind: "encode",
          sound,
          begins: begins ? { codec: "opus", isWhole: false, sampleRateHz: 24_000, channels: 1 } : undefined,
          samples: new Uint8Array(4800),
          isLast: false,
        },
        signal,
      );
    assert.equal(Buffer.from(await more(true)).toString("latin1", 0, 4), "OggS");
    const [stuck, next] = [failureOf(worker.run(endless, signal)), worker.run(picture, signal)];
    assert.deepEqual(
      [(await stuck).reason, ((await stuck).cause as Error).message],
      ["INTERNAL_ERROR", "a task took more than 3000 ms"],
    );
    await next;
    const lost = await failureOf(more(false));
    assert.equal(lost.reason, "INTERNAL_ERROR");
    assert.match((lost.cause as Error).message, /an earlier piece of this sound is lost/);
    worker.closeSound(sound);
  });

  test("that cannot be done fails alone", async () => {
    const worker = start();
    const broken = await failureOf(worker.run({ kind: "gif", gif: Buffer.from("nothing") }, signal));
    assert.equal(broken.reason, "INTERNAL_ERROR");
    await worker.run(picture, signal);
  });

  test("ends for its caller when the caller leaves, running or waiting", async () => {
    const worker = start({ taskMs: 2000 });
    const leaving = new AbortController();
    const running = worker.run(endless, leaving.signal);
    const waiting = worker.run(picture, leaving.signal);
    const other = worker.run(picture, signal);
    const reason = new Error("left");
    setTimeout(() => leaving.abort(reason), 100);
    await assert.rejects(running, reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(worker.run(picture, leaving.signal), reason);
    await other;
  });

  test("is refused when too many wait, and a sound when too many are open", async () => {
    const worker = start({ waiting: 1, sounds: 1, taskMs: 2000 });
    const [first, second] = [failureOf(worker.run(endless, signal)), worker.run(picture, signal)];
    const refused = await failureOf(worker.run(picture, signal));
    assert.equal(refused.reason, "SERVER_BUSY");
    assert.ok(refused.retryAfterMs);
    await first;
    await second;
    await worker.run(picture, signal);
    const sound = worker.openSound();
    assert.throws(() => worker.openSound(), { reason: "SERVER_BUSY" });
    worker.closeSound(sound);
    worker.closeSound(worker.openSound());
  });

  test("fails when the server shuts down, and none begins afterwards", async () => {
    const worker = start();
    const running = failureOf(worker.run(endless, signal));
    const waiting = failureOf(worker.run(picture, signal));
    await delay(200);
    await worker.close();
    assert.deepEqual(
      [(await running).reason, (await waiting).reason],
      ["SERVER_SHUTTING_DOWN", "SERVER_SHUTTING_DOWN"],
    );
    assert.equal((await failureOf(worker.run(picture, signal))).reason, "SERVER_SHUTTING_DOWN");
    await worker.close();
  });
});
