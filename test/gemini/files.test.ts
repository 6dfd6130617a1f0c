// Goal: bytes of any length become a file in chunks that Google takes, and whatever goes wrong is a Failure that says where another
// try may help. Method: a small Files API on a real socket that misbehaves on demand.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Failure, type FailureReason } from "../../src/chat/failures.ts";
import type { KeyHandle } from "../../src/chat/ports.ts";
import { createUpstreamFiles } from "../../src/gemini/files.ts";
import { toChunks } from "../../src/gemini/upload-chunks.ts";
import { toUploadPath } from "../../src/gemini/upload-url.ts";
import { googleError, startFilesUpstream, type Behaviour, type FilesUpstream } from "../support/files-upstream.ts";

const MIB = 1_048_576;
const SECRET = "AIzaSyTestTestTestTestTestTestTestTest0";
const KEY: KeyHandle = { index: 0, project: "p" };

async function* pour(bytes: number, piece = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += piece) yield Buffer.alloc(Math.min(piece, bytes - at), at % 251);
}

type Rig = AsyncDisposable & { upstream: FilesUpstream; files: ReturnType<typeof createUpstreamFiles> };

async function startRig(behaviour: Behaviour = {}, { prefix = "", stepTimeoutMs = 5_000 } = {}): Promise<Rig> {
  const upstream = await startFilesUpstream(prefix);
  upstream.behaviour = behaviour;
  const files = createUpstreamFiles({
    baseUrl: new URL(upstream.origin + prefix),
    keys: [{ key: SECRET }],
    stepTimeoutMs,
  });
  return {
    upstream,
    files,
    async [Symbol.asyncDispose]() {
      await files.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

function upload(
  { files }: Rig,
  bytes: number,
  size: number | undefined = bytes,
  signal = new AbortController().signal,
) {
  return files.upload(KEY, { mimeType: "video/mp4", size, pieces: pour(bytes) }, signal);
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.ok(!JSON.stringify([error.message, String(error.cause)]).includes(SECRET));
  return error;
}

async function assertFails(work: Promise<unknown>, reason: FailureReason): Promise<void> {
  assert.equal((await failureOf(work)).reason, reason);
}

describe("an upload", () => {
  test("goes in chunks of 8 MiB, the last of which finishes it", async () => {
    await using rig = await startRig();
    const file = await upload(rig, 20 * MIB + 5);
    assert.deepEqual(rig.upstream.chunks, [
      { upload: 0, command: "upload", offset: 0, length: 8 * MIB },
      { upload: 0, command: "upload", offset: 8 * MIB, length: 8 * MIB },
      { upload: 0, command: "upload, finalize", offset: 16 * MIB, length: 4 * MIB + 5 },
    ]);
    const [session] = rig.upstream.sessions;
    assert.deepEqual([session?.mimeType, session?.announced], ["video/mp4", String(20 * MIB + 5)]);
    assert.equal(file.state, "active");
    assert.equal(file.uri, "https://generativelanguage.googleapis.com/v1beta/files/f0");
    assert.ok(Math.abs(file.expiresAtMs - Date.now() - 172_800_000) < 60_000);
    const whole = createHash("sha256");
    for await (const piece of pour(20 * MIB + 5)) whole.update(piece);
    assert.equal(rig.upstream.files.get("files/f0")?.sha256, whole.digest("hex"));
  });

  test("whose length is not known announces none, and ends all the same when it is whole chunks", async () => {
    await using rig = await startRig();
    await rig.files.upload(
      KEY,
      { mimeType: "video/mp4", size: undefined, pieces: pour(16 * MIB) },
      AbortSignal.timeout(9_000),
    );
    assert.equal(rig.upstream.sessions[0]?.announced, undefined);
    assert.deepEqual(
      rig.upstream.chunks.map(({ command, length }) => [command, length]),
      [
        ["upload", 8 * MIB],
        ["upload, finalize", 8 * MIB],
      ],
    );
  });

  test("shows the key in its header only, and to the configured origin only", async () => {
    await using rig = await startRig({}, { prefix: "/some/proxy" });
    await upload(rig, 10);
    await rig.files.find(KEY, "files/f0", AbortSignal.timeout(5_000));
    assert.deepEqual(
      rig.upstream.requests.map(({ method, path }) => `${method} ${path}`),
      [
        "POST /some/proxy/upload/v1beta/files",
        "POST /some/proxy/upload/v1beta/files?session=0",
        "GET /some/proxy/v1beta/files/f0",
      ],
    );
    assert.ok(rig.upstream.requests.every(({ key, path }) => key === SECRET && !path.includes(SECRET)));
  });

  test("is led back through a proxy that passes on Google's own upload URL, and refused any other place", async () => {
    await using google = await startRig(
      { uploadUrl: (path) => `https://generativelanguage.googleapis.com${path.slice("/proxy".length)}` },
      { prefix: "/proxy" },
    );
    assert.equal((await upload(google, 10)).name, "files/f0");
    await using stranger = await startRig();
    await using astray = await startRig({ uploadUrl: (path) => stranger.upstream.origin + path });
    await assertFails(upload(astray, 10), "UPLOAD_FAILED");
    assert.equal(stranger.upstream.requests.length, 0);
  });

  test("is resumed once where a chunk broke off, or its answer was lost", async () => {
    for (const trouble of ["reset", "lose"] as const) {
      let troubles = 0;
      await using rig = await startRig({
        chunk: ({ offset }) => (offset > 0 && troubles++ === 0 ? trouble : undefined),
      });
      await upload(rig, 20 * MIB);
      assert.equal(rig.upstream.files.get("files/f0")?.size, 20 * MIB);
      assert.equal(rig.upstream.received, 20 * MIB, "nothing arrived twice");
      assert.equal(rig.upstream.sessions.length, 1);
    }
  });

  test("fails when it breaks off again, so that it may be tried anew", async () => {
    await using rig = await startRig({ chunk: () => googleError(503, "UNAVAILABLE", "Try later.") });
    await assertFails(upload(rig, 10), "OVERLOADED");
    await using silent = await startRig({ chunk: () => "stall" }, { stepTimeoutMs: 300 });
    const failure = await failureOf(upload(silent, 10));
    assert.deepEqual([failure.reason, failure.row.retry], ["UPLOAD_FAILED", "any"]);
  });

  test("reports what Google says of the beginning like any other error, without the key", async () => {
    for (const [status, code, text, reason] of [
      [400, "INVALID_ARGUMENT", "Unsupported MIME type: video/x", "UPSTREAM_INVALID_ARGUMENT"],
      [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "UPSTREAM_KEY_INVALID"],
      [429, "RESOURCE_EXHAUSTED", `Slow down, ${SECRET}`, "RATE_LIMIT_EXCEEDED"],
      [500, "INTERNAL", `broken ${SECRET}`, "UPSTREAM_ERROR"],
    ] as const) {
      await using rig = await startRig({ start: () => googleError(status, code, text) });
      await assertFails(upload(rig, 10), reason);
    }
  });

  test("fails when there is no upload URL, no final state, or no file that can be named", async () => {
    await using without = await startRig({ start: () => [200, ""] });
    await assertFails(upload(without, 10), "UPLOAD_FAILED");
    await using unfinished = await startRig({ chunk: () => [200, "{}"] });
    await assertFails(upload(unfinished, 10), "UPLOAD_FAILED");
  });

  test("of something whose type is no type is refused before anything is sent", async () => {
    await using rig = await startRig();
    for (const mimeType of ["", "text/x\r\nx-evil: 1", "text/é", "text"]) {
      const source = { mimeType, size: 10, pieces: pour(10) };
      await assertFails(rig.files.upload(KEY, source, new AbortController().signal), "UNSUPPORTED_VALUE");
    }
    assert.equal(rig.upstream.requests.length, 0);
  });

  test("that is aborted ends at once and closes its connection; the source is ended too", async () => {
    await using rig = await startRig({ chunk: () => "stall" });
    const controller = new AbortController();
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(65_536);
      } finally {
        ended = true;
      }
    }
    const reason = new Failure("CANCELLED", "The caller left.");
    const source = { mimeType: "video/mp4", size: undefined, pieces: endless() };
    const uploading = rig.files.upload(KEY, source, controller.signal);
    while (rig.upstream.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(reason);
    assert.equal(await failureOf(uploading), reason);
    assert.ok(ended);
    while (rig.upstream.openConnections > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test("rejects with what reading the source rejects with", async () => {
    await using rig = await startRig();
    const problem = new Failure("INVALID_IMAGE_URL", "Media could not be fetched.");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw problem;
    }
    const source = { mimeType: "video/mp4", size: undefined, pieces: broken() };
    assert.equal(await failureOf(rig.files.upload(KEY, source, new AbortController().signal)), problem);
    assert.equal(rig.upstream.files.size, 0);
  });
});

describe("a file", () => {
  test("is found in its states, and not found when it is gone", async () => {
    await using rig = await startRig({
      state: ({ polls }) => ["PROCESSING", "PROCESSING", "ACTIVE", "FAILED"][polls] ?? "",
    });
    const { signal } = new AbortController();
    const states = [(await upload(rig, 10)).state];
    for (let polls = 0; polls < 3; polls++)
      states.push((await rig.files.find(KEY, "files/f0", signal))?.state ?? "processing");
    assert.deepEqual(states, ["processing", "processing", "active", "failed"]);
    rig.upstream.files.clear();
    assert.equal(await rig.files.find(KEY, "files/f0", signal), undefined);
  });
});

test("chunks hold all bytes in order, whole but for the last one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc.integer({ min: 1, max: 16 }),
      async (pieces, size) => {
        const chunks = await Array.fromAsync(
          toChunks(
            (async function* () {
              yield* pieces;
            })(),
            size,
          ),
        );
        assert.deepEqual(Buffer.concat(chunks.map(({ bytes }) => bytes)), Buffer.concat(pieces));
        assert.deepEqual(
          chunks.map(({ isLast }) => isLast),
          chunks.map((_, index) => index === chunks.length - 1),
        );
        assert.ok(chunks.slice(0, -1).every(({ bytes }) => bytes.length === size));
        assert.ok(chunks.every(({ offset }, index) => offset === index * size));
      },
    ),
  );
});

test("an upload URL is taken where it leads to the configured upstream", () => {
  const base = new URL("https://proxy.example/gemini/");
  const google = "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=x";
  assert.equal(toUploadPath("https://proxy.example/else?upload_id=x", base), "/else?upload_id=x");
  assert.equal(toUploadPath(google, base), "/gemini/upload/v1beta/files?upload_id=x");
  for (const bad of [undefined, "", "nonsense", "http://proxy.example/x", "https://evil.example/x", ["a", "b"]]) {
    assert.throws(() => toUploadPath(bad, base), { reason: "UPLOAD_FAILED" });
  }
});
