// Goal: a file is uploaded once for each project and content, whoever asks and whoever leaves, and never used beyond its time.
// Method: a store and a clock in memory.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Failure } from "../../src/chat/failures.ts";
import type { Clock, KeyHandle, MediaUpload, UpstreamFile, UpstreamFiles } from "../../src/chat/ports.ts";
import { createUploads } from "../../src/chat/uploads.ts";

const HOUR_MS = 3_600_000;
const ONE: KeyHandle = { index: 0, project: "one" };
const OTHER: KeyHandle = { index: 1, project: "other" };

/** A store whose uploads wait until they are let through, if `gate` is given, and a clock whose sleeps last until `woken`. */
function createRig({
  states = ["active"] as UpstreamFile["state"][],
  gate = Promise.resolve(),
  woken = Promise.resolve(),
} = {}) {
  let wallMs = 1_000_000;
  const sleeps: number[] = [];
  const uploaded: string[] = [];
  const aborted: string[] = [];
  const released: string[] = [];
  const present = new Map<string, UpstreamFile["state"][]>();
  const next = (name: string): UpstreamFile["state"] => {
    const left = present.get(name) ?? [];
    return (left.length > 1 ? left.shift() : left[0]) ?? "failed";
  };
  const describeFile = (name: string, expiresAtMs: number): UpstreamFile => ({
    name,
    uri: `https://store/${name}`,
    state: next(name),
    expiresAtMs,
  });
  const files: UpstreamFiles = {
    async upload(key, source, signal) {
      for await (const piece of source.pieces) assert.ok(piece.length > 0);
      signal.addEventListener("abort", () => aborted.push(key.project));
      await Promise.race([
        gate,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      ]);
      const name = `files/${uploaded.push(`${key.project} ${source.mimeType}`)}`;
      present.set(name, [...states]);
      return describeFile(name, wallMs + 48 * HOUR_MS);
    },
    find: async (_, name) => (present.has(name) ? describeFile(name, wallMs + 48 * HOUR_MS) : undefined),
  };
  const clock: Clock = {
    now: () => 0,
    wall: () => wallMs,
    random: () => 0,
    sleep: (ms, signal) => {
      sleeps.push(ms);
      const left = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
      return Promise.race([woken, left]);
    },
  };
  const media = (identity: string, content = identity, path = "messages[0].parts[0].media"): MediaUpload => ({
    placeholder: `upload:${Math.random()}`,
    path,
    mimeType: "video/mp4",
    identity,
    open: async () => ({
      identity,
      size: content.length,
      pieces: (async function* () {
        yield Buffer.from(`${content} `);
      })(),
      [Symbol.asyncDispose]: async () => void released.push(content),
    }),
    release: () => {},
  });
  const uploads = createUploads({ files, clock });
  const place = async (upload: MediaUpload, key = ONE, signal = new AbortController().signal) => {
    const { uris, ...counts } = await uploads.place([upload], key, signal);
    return { uri: uris.get(upload.placeholder), ...counts };
  };
  return {
    uploads,
    uploaded,
    aborted,
    released,
    present,
    sleeps,
    media,
    place,
    forward: (ms: number) => (wallMs += ms),
  };
}

const failure = (reason: string, field?: string) => (error: unknown) =>
  error instanceof Failure && error.reason === reason && error.field === field;

describe("the same content", () => {
  test("is uploaded once for a project, and once more for another one", async () => {
    const { place, media, uploaded } = createRig();
    const first = await place(media("a"));
    assert.deepEqual(first, { uri: "https://store/files/1", uploaded: 1, reused: 0, uploadedBytes: 2 });
    assert.deepEqual(await place(media("a")), { ...first, uploaded: 0, reused: 1, uploadedBytes: 0 });
    assert.equal((await place(media("a"), OTHER)).uri, "https://store/files/2");
    assert.equal((await place(media("b"))).uri, "https://store/files/3");
    assert.deepEqual(uploaded, ["one video/mp4", "other video/mp4", "one video/mp4"]);
  });

  test("has a home where it was uploaded last, for as long as it lasts", async () => {
    const { uploads, place, media, forward } = createRig();
    assert.equal(uploads.homeOf([media("a")]), undefined);
    await place(media("a"), OTHER);
    assert.equal(uploads.homeOf([media("b"), media("a")]), "other");
    forward(47.1 * HOUR_MS);
    assert.equal(uploads.homeOf([media("a")]), undefined);
  });

  test("is known again by its bytes, whatever it was called before they were read", async () => {
    const { place, media, uploaded } = createRig();
    const { uri } = await place(media("url:x", "bytes"));
    const { createHash } = await import("node:crypto");
    const sha256 = createHash("sha256").update("bytes ").digest("hex");
    assert.deepEqual(await place(media(`sha256:${sha256} video/mp4`)), {
      uri,
      uploaded: 0,
      reused: 1,
      uploadedBytes: 0,
    });
    assert.equal(uploaded.length, 1);
  });

  test("that nothing identifies is shared by nobody but itself", async () => {
    const { place, media, uploaded } = createRig();
    const unknown = media("", "bytes");
    await place(unknown);
    await place(unknown);
    assert.equal(uploaded.length, 1);
    await place(media("", "bytes"));
    assert.equal(uploaded.length, 2);
  });

  test("asked for by many at once is uploaded once, and each is told its own URI", async () => {
    const { place, media, uploaded } = createRig();
    const placed = await Promise.all(Array.from({ length: 5 }, () => place(media("a"))));
    assert.equal(uploaded.length, 1);
    assert.deepEqual(new Set(placed.map(({ uri }) => uri)), new Set(["https://store/files/1"]));
    assert.equal(
      placed.reduce((sum, { uploadedBytes }) => sum + uploadedBytes, 0),
      2,
      "counted once",
    );
  });

  test("is not what was announced when other bytes had come to lie there: those are known by themselves alone", async () => {
    const { place, media, uploaded } = createRig();
    const changed: MediaUpload = { ...media("url:old"), open: async (signal) => media("url:new").open(signal) };
    const { uri } = await place(changed);
    assert.equal((await place(changed)).uri, uri, "its own request goes on with it");
    assert.equal((await place(media("url:new"))).uri, uri);
    assert.notEqual((await place(media("url:old"))).uri, uri);
    assert.equal(uploaded.length, 2);
  });
});

describe("a caller who leaves", () => {
  test("takes nothing from the others, even the one whose bytes they are", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { place, media, aborted } = createRig({ gate });
    const leaving = new AbortController();
    const first = place(media("a"), ONE, leaving.signal);
    const second = place(media("a"));
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Failure("CANCELLED", "left"));
    await assert.rejects(first, failure("CANCELLED"));
    open();
    assert.equal((await second).uri, "https://store/files/1");
    assert.deepEqual(aborted, []);
  });

  test("as the last one ends the upload, and the next one begins anew", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { place, media, aborted, uploaded, released } = createRig({ gate });
    const leaving = new AbortController();
    const both = [place(media("a"), ONE, leaving.signal), place(media("a"), ONE, leaving.signal)];
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Failure("CANCELLED", "left"));
    await Promise.all(both.map((each) => assert.rejects(each, failure("CANCELLED"))));
    assert.deepEqual(aborted, ["one"]);
    open();
    await place(media("a"));
    assert.equal(uploaded.length, 1);
    assert.deepEqual(released, ["a", "a"], "both sources were closed");
  });
});

describe("a file", () => {
  test("is not used in the last hour of its 48", async () => {
    const { place, media, uploaded, forward } = createRig();
    await place(media("a"));
    forward(46.9 * HOUR_MS);
    await place(media("a"));
    assert.equal(uploaded.length, 1);
    forward(0.2 * HOUR_MS);
    await place(media("a"));
    assert.equal(uploaded.length, 2);
  });

  test("is waited for, longer each time, until it is ready", async () => {
    const { place, media, sleeps } = createRig({ states: [...Array(8).fill("processing"), "active"] });
    await place(media("a"));
    assert.deepEqual(sleeps.slice(0, 3), [500, 750, 1125]);
    assert.equal(sleeps.length, 8);
    assert.equal(Math.max(...sleeps), 5_000);
  });

  test("that could not be processed fails naming the field, and is not remembered", async () => {
    const { place, media, uploaded } = createRig({ states: ["processing", "failed"] });
    const field = "messages[3].parts[1].media";
    await assert.rejects(place(media("a", "a", field)), failure("INVALID_VALUE", field));
    await assert.rejects(place(media("a", "a", field)), failure("INVALID_VALUE", field));
    assert.equal(uploaded.length, 2);
  });

  test("that is being processed is found by who comes back for it", async () => {
    const rig = createRig({ states: ["processing", "processing", "active"] });
    const leaving = new AbortController();
    const first = rig.place(rig.media("a"), ONE, leaving.signal);
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Failure("TIMEOUT", "late"));
    await first.catch(() => {});
    assert.equal((await rig.place(rig.media("a"))).uri, "https://store/files/1");
    assert.equal(rig.uploaded.length, 1);
  });

  test("that is being processed needs no source: what is held open for it is given back before the wait", async () => {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const { place, media, uploaded, sleeps } = createRig({ states: ["processing", "active"], woken });
    const leaving = new AbortController();
    const first = place(media("a"), ONE, leaving.signal);
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Failure("TIMEOUT", "late"));
    await assert.rejects(first, failure("TIMEOUT"));
    let isHeld = true;
    const second = place({ ...media("a"), release: () => void (isHeld = false) });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(sleeps.length, 2);
    assert.equal(isHeld, false);
    wake();
    await second;
    await place(media("a"));
    assert.deepEqual([uploaded.length, sleeps.length], [1, 2], "it is known to be ready now");
  });

  test("that is gone is forgotten when it is asked for, and only then", async () => {
    const { uploads, place, media, uploaded, present } = createRig();
    const upload = media("a");
    await place(upload);
    const { signal } = new AbortController();
    assert.equal(await uploads.forgetGone([upload], ONE, signal), false);
    present.clear();
    assert.equal(await uploads.forgetGone([upload], ONE, signal), true);
    await place(upload);
    assert.equal(uploaded.length, 2);
  });
});

test("one failure ends the other uploads of the request", async () => {
  const { promise: never } = Promise.withResolvers<void>();
  const { uploads, media, aborted } = createRig({ gate: never });
  const broken = { ...media("b"), open: () => Promise.reject(new Failure("INVALID_IMAGE_URL", "no")) };
  const { signal } = new AbortController();
  await assert.rejects(uploads.place([media("a"), broken], ONE, signal), failure("INVALID_IMAGE_URL", broken.path));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(aborted, ["one"]);
});
