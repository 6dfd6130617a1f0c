// Goal: media too large for a request become uploads whose bytes pass through without being held, and a fetch is closed in every
// case. Method: a host that pours on a real socket, behind the real guarded fetch.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { lazyData } from "../../src/chat/bytes.ts";
import { Failure } from "../../src/chat/failures.ts";
import { profileOf } from "../../src/chat/models.ts";
import type { Gathered, MediaUpload } from "../../src/chat/ports.ts";
import { ChatRequestSchema, type ChatRequest, type Media, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { createMediaFetcher } from "../../src/media/fetch.ts";
import { createMediaGatherer } from "../../src/media/gather.ts";
import type { MediaPolicy } from "../../src/media/plan.ts";
import { createMediaWorker } from "../../src/media/worker.ts";
import { startBigMediaHost } from "../support/big-media-host.ts";

const KIB = 1024;
const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(100_000, 3)]);
const POLICY: MediaPolicy = {
  inlineMaxBytes: 256 * KIB,
  fileMaxBytes: 50_000_000,
  upstreamObjects: false,
  handOver: undefined,
};
const FETCH_POLICY = {
  enabled: true,
  allowedNetworks: ["127.0.0.1/32"],
  allowedPorts: [80, 443],
  allowedHosts: [],
  deniedHosts: [],
  timeoutMs: 20_000,
};
const fetcher = createMediaFetcher(FETCH_POLICY);
const worker = createMediaWorker();
after(async () => {
  await fetcher.close();
  await worker.close();
});

const media = (source: Media["source"], mimeType = ""): Media => ({
  $typeName: "gemini.chat.v1.Media",
  mimeType,
  source,
  resolution: 0,
  name: "",
});
const uri = (value: string): Media => media({ case: "uri", value });

function requestWith(...list: Media[]): ChatRequest {
  const parts = list.map((value) => ({ kind: { case: "media" as const, value } }));
  return create(ChatRequestSchema, { messages: [{ role: Role.USER, parts }] });
}

type Options = { policy?: MediaPolicy; signal?: AbortSignal; by?: typeof fetcher; uploads?: readonly MediaUpload[] };

function gather(
  request: ChatRequest,
  { policy = POLICY, signal = new AbortController().signal, by = fetcher, uploads }: Options = {},
): Promise<Gathered> {
  const context = {
    caller: { licenceId: "licence", name: "test" },
    model: profileOf("gemini-3.8-flash"),
    raise: () => {},
    signal,
    uploads,
  };
  return createMediaGatherer(by, policy, worker).gather(request, context);
}

const sources = ({ request }: Gathered): string[] =>
  request.messages.flatMap(({ parts }) =>
    parts.map(({ kind }) => {
      assert.ok(kind.case === "media");
      const { source, mimeType } = kind.value;
      return source.case === "uri" ? `${source.value.split(":", 1)[0]} ${mimeType}` : `data ${mimeType}`;
    }),
  );

async function readAll(upload: MediaUpload | undefined, signal = new AbortController().signal) {
  assert.ok(upload);
  await using bytes = await upload.open(signal);
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of bytes.pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { size, announced: bytes.size, sha256: hash.digest("hex"), identity: bytes.identity };
}

async function until(condition: () => boolean): Promise<void> {
  for (const endsAtMs = performance.now() + 5_000; !condition();) {
    assert.ok(performance.now() < endsAtMs, "it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("a URL beyond the limit", { concurrency: true }, () => {
  for (const [what, query] of [
    ["with a length", "&length"],
    ["without one", ""],
  ] as const) {
    test(`${what} is left in its stream, which goes on where it was left, and is fetched anew the next time`, async () => {
      await using host = await startBigMediaHost();
      const total = 20_000_000;
      const gathered = await gather(requestWith(uri(`${host.origin}/film?bytes=${total}${query}`)));
      assert.deepEqual(sources(gathered), ["upload video/mp4"]);
      assert.equal(gathered.routes.upload, 1);
      // What the sockets hold and one read; far from all.
      assert.ok(host.sent < 12_000_000, `the host could send ${host.sent}`);
      const [upload] = gathered.uploads;
      const first = await readAll(upload);
      assert.equal(first.size, total);
      assert.equal(first.announced, query === "" ? undefined : total);
      assert.equal(host.requests.length, 1);
      assert.equal((await readAll(upload)).sha256, first.sha256);
      assert.equal(host.requests.length, 2);
      await until(() => host.openConnections === 0);
    });
  }

  test("is known by its validator before it is read; without one by nothing", async () => {
    await using host = await startBigMediaHost();
    const identity = async (query: string) => {
      const { uploads } = await gather(requestWith(uri(`${host.origin}/film?bytes=400000${query}`)));
      for (const upload of uploads) upload.release();
      return uploads[0]?.identity;
    };
    const known = await identity("&length&etag=a");
    assert.match(known ?? "", /^url:[0-9a-f]{64} video\/mp4$/);
    assert.equal(await identity("&length&etag=a"), known);
    assert.notEqual(await identity("&length&etag=b"), known);
    assert.equal(await identity("&length"), "");
  });

  test("is given back when it is not wanted, and when the request ends", async () => {
    await using host = await startBigMediaHost();
    const url = `${host.origin}/film?bytes=9000000`;
    const { uploads } = await gather(requestWith(uri(url)));
    assert.equal(host.openConnections, 1);
    uploads[0]?.release();
    await until(() => host.openConnections === 0);
    const request = new AbortController();
    await gather(requestWith(uri(url)), { signal: request.signal });
    request.abort(new Error("left"));
    await until(() => host.openConnections === 0);
  });

  test("outlives its request once its bytes are on their way for others, and ends with them", async () => {
    await using host = await startBigMediaHost();
    const request = new AbortController();
    const { uploads } = await gather(requestWith(uri(`${host.origin}/film?bytes=9000000`)), { signal: request.signal });
    const others = new AbortController();
    const bytes = await uploads[0]?.open(others.signal);
    const pieces = bytes?.pieces[Symbol.asyncIterator]();
    await pieces?.next();
    request.abort(new Error("left"));
    await pieces?.next();
    assert.equal(host.openConnections, 1);
    others.abort(new Failure("CANCELLED", "all left"));
    await assert.rejects(async () => {
      for (;;) if ((await pieces?.next())?.done) break;
    }, /all left/);
    await until(() => host.openConnections === 0);
  });

  test("beyond the limit of files is refused, by its announced length or as soon as it shows", async () => {
    await using host = await startBigMediaHost();
    const policy = { ...POLICY, fileMaxBytes: 1_000_000 };
    await assert.rejects(gather(requestWith(uri(`${host.origin}/film?bytes=1000001&length`)), { policy }), {
      reason: "PAYLOAD_TOO_LARGE",
      field: "messages[0].parts[0].media",
    });
    const { uploads } = await gather(requestWith(uri(`${host.origin}/film?bytes=1000001`)), { policy });
    await assert.rejects(readAll(uploads[0]), { reason: "PAYLOAD_TOO_LARGE" });
    await until(() => host.openConnections === 0);
  });

  test("is refused where nothing is uploaded", async () => {
    await using host = await startBigMediaHost();
    for (const query of ["&length", ""]) {
      await assert.rejects(
        gather(requestWith(uri(`${host.origin}/film?bytes=400000${query}`)), {
          policy: { ...POLICY, fileMaxBytes: 0 },
        }),
        { reason: "PAYLOAD_TOO_LARGE", field: "messages[0].parts[0].media" },
      );
    }
    await until(() => host.openConnections === 0);
  });

  test("that is no media is refused by its first bytes", async () => {
    await using host = await startBigMediaHost();
    await assert.rejects(gather(requestWith(uri(`${host.origin}/film?bytes=9000000&shapeless`))), {
      reason: "UNSUPPORTED_VALUE",
      field: "messages[0].parts[0].media",
    });
    await until(() => host.openConnections === 0);
  });

  test("that stops in the middle fails while it is read, told like any other fetch", async () => {
    await using host = await startBigMediaHost();
    const by = createMediaFetcher({ ...FETCH_POLICY, timeoutMs: 500 });
    const { uploads } = await gather(requestWith(uri(`${host.origin}/film?bytes=9000000&stop=1000000`)), { by });
    await assert.rejects(readAll(uploads[0]), { reason: "INVALID_IMAGE_URL", message: "Media could not be fetched." });
    await until(() => host.openConnections === 0);
  });

  test("waits for its reader without losing its time", async () => {
    await using host = await startBigMediaHost();
    const by = createMediaFetcher({ ...FETCH_POLICY, timeoutMs: 300 });
    const { uploads } = await gather(requestWith(uri(`${host.origin}/film?bytes=9000000&length`)), { by });
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal((await readAll(uploads[0])).size, 9_000_000);
  });
});

describe("several URLs", { concurrency: true }, () => {
  test("share the room there is; what does not fit is fetched when it is uploaded", async () => {
    await using host = await startBigMediaHost();
    const url = (name: string) => uri(`${host.origin}/${name}?bytes=150000&length`);
    const gathered = await gather(requestWith(url("a"), url("b"), url("c")));
    assert.deepEqual(sources(gathered).toSorted(), ["data video/mp4", "upload video/mp4", "upload video/mp4"]);
    await until(() => host.openConnections === 0);
    assert.equal(host.requests.length, 3);
    assert.equal((await readAll(gathered.uploads[0])).size, 150_000);
    assert.equal(host.requests.length, 4);
  });

  test("that hold no slot while they wait for another: more of them than there are slots, by many requests", async () => {
    await using host = await startBigMediaHost();
    const by = createMediaFetcher(FETCH_POLICY, { parallel: 2, parallelPerCaller: 2, bytesInFlight: 1e9 });
    const urls = (request: number) => [1, 2, 3].map((one) => uri(`${host.origin}/${request}/${one}?bytes=300000`));
    const all = await Promise.all([1, 2, 3].map((request) => gather(requestWith(...urls(request)), { by })));
    const read = await Promise.all(all.flatMap(({ uploads }) => uploads.map((upload) => readAll(upload))));
    assert.deepEqual(new Set(read.map(({ size }) => size)), new Set([300_000]));
    assert.equal(read.length, 9);
  });

  test("beside bytes that fill the room are uploaded however small they are", async () => {
    await using host = await startBigMediaHost();
    const policy = { ...POLICY, inlineMaxBytes: PNG.length };
    for (const bytes of [30, 5_000]) {
      const url = uri(`${host.origin}/film?bytes=${bytes}`);
      const gathered = await gather(requestWith(media({ case: "data", value: PNG }, "image/png"), url), { policy });
      assert.deepEqual(sources(gathered), ["data image/png", "upload video/mp4"]);
      assert.equal((await readAll(gathered.uploads[0])).size, bytes);
    }
    assert.equal(host.requests.length, 2);
  });

  test("of which one is named twice is one upload", async () => {
    await using host = await startBigMediaHost();
    const url = uri(`${host.origin}/film?bytes=300000&length`);
    const gathered = await gather(requestWith(url, { ...url }));
    assert.deepEqual(sources(gathered), ["upload video/mp4", "upload video/mp4"]);
    assert.equal(gathered.uploads.length, 1);
    assert.equal((await readAll(gathered.uploads[0])).size, 300_000);
    assert.equal(host.requests.length, 1);
  });
});

describe("bytes at hand beyond the limit", () => {
  test("are uploaded, the largest first, and their text is never decoded as a whole", async (t) => {
    const source = lazyData(PNG.toString("base64"));
    t.mock.getter(Object.getPrototypeOf(source), "value", () => assert.fail("the text was decoded"));
    const small = PNG.subarray(0, 50_000);
    const policy = { ...POLICY, inlineMaxBytes: 60_000 };
    const gathered = await gather(
      requestWith(media({ case: "data", value: small }, "image/png"), media(source, "image/png")),
      { policy },
    );
    assert.deepEqual(sources(gathered), ["data image/png", "upload image/png"]);
    assert.deepEqual(gathered.routes, {
      inline: 1,
      inlineBytes: 50_000,
      upload: 1,
      handedOver: 0,
      youtube: 0,
      object: 0,
    });
    const sha256 = createHash("sha256").update(PNG).digest("hex");
    const [upload] = gathered.uploads;
    assert.equal(upload?.identity, `sha256:${sha256} image/png`);
    assert.deepEqual(await readAll(upload), {
      size: PNG.length,
      announced: PNG.length,
      sha256,
      identity: upload?.identity,
    });
  });

  test("stay what they are when the request is gathered again, but only where that is known", async () => {
    const policy = { ...POLICY, inlineMaxBytes: 10 };
    const first = await gather(requestWith(media({ case: "data", value: PNG }, "image/png")), { policy });
    const again = await gather(first.request, { policy, uploads: first.uploads });
    assert.equal(again.request, first.request);
    assert.deepEqual(again.uploads, first.uploads);
    await assert.rejects(gather(first.request, { policy }), { reason: "INVALID_IMAGE_URL" });
  });
});
