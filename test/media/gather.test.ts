// Goal: a request's media comes out ready for the upstream or the request fails naming the field; nothing is changed in
// place. Method: requests with hosts on real sockets behind the real guarded fetch, and a fake fetcher where only the
// bookkeeping matters.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { base64OfData, lazyData, type DataSource } from "../../src/chat/bytes.ts";
import { Failure, type FailureReason } from "../../src/chat/failures.ts";
import { ChatRequestSchema, type ChatRequest, type Media, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { wavHeader } from "../../src/media/audio.ts";
import { MediaFetchError } from "../../src/media/fetch-error.ts";
import { createMediaFetcher, type MediaFetcher, type OpenedMedia } from "../../src/media/fetch.ts";
import { createMediaGatherer } from "../../src/media/gather.ts";
import type { MediaPolicy } from "../../src/media/plan.ts";
import { createMediaWorker } from "../../src/media/worker.ts";
import { profileOf } from "../../src/chat/models.ts";
import type { Gathered } from "../../src/chat/ports.ts";
import { answer, startRawHost } from "./raw-host.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const JPEG = Buffer.from("ffd8ffe000104a46494600010100", "hex");
const GIF = Buffer.from("GIF89a\x01\0\x01\0", "latin1");
const BMP = Buffer.concat([Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "latin1"), Buffer.alloc(20)]);

const caller = { licenceId: "licence-digest", name: "test" };
const OPTIONS: MediaPolicy = {
  inlineMaxBytes: 1_000_000,
  fileMaxBytes: 0,
  upstreamObjects: false,
  handOver: undefined,
};
const worker = createMediaWorker();
after(() => worker.close());
const realFetcher = createMediaFetcher({
  enabled: true,
  allowedNetworks: ["127.0.0.1/32"],
  allowedPorts: [80, 443],
  allowedHosts: [],
  deniedHosts: [],
  timeoutMs: 20_000,
});
const noFetcher: MediaFetcher = {
  open: () => assert.fail("nothing was to be fetched"),
  close: async () => {},
};

function media(mimeType: string, source: Media["source"]): Media {
  return { $typeName: "gemini.chat.v1.Media", mimeType, source, resolution: 0, name: "" };
}

function data(mimeType: string, bytes: Uint8Array): Media {
  return media(mimeType, { case: "data", value: bytes });
}

function uri(value: string, mimeType = ""): Media {
  return media(mimeType, { case: "uri", value });
}

/** One user message with a text and these media. */
function requestWith(...list: Media[]): ChatRequest {
  const text = { kind: { case: "text" as const, value: "look" } };
  const parts = list.map((value) => ({ kind: { case: "media" as const, value } }));
  return create(ChatRequestSchema, { messages: [{ role: Role.USER, parts: [text, ...parts] }] });
}

/** A tool's message with these media in its result. */
function toolRequestWith(...list: Media[]): ChatRequest {
  const result = { kind: { case: "toolResult" as const, value: { name: "f", media: list } } };
  return create(ChatRequestSchema, { messages: [{ role: Role.TOOL, parts: [result] }] });
}

/** What a fake fetcher opens. */
function opened(bytes: Buffer, contentType: string, length: number | undefined = bytes.length): OpenedMedia {
  return {
    contentType,
    length,
    validator: undefined,
    finalUrl: new URL("http://a/"),
    pieces: (async function* () {
      yield bytes;
    })(),
    release: () => {},
    close: async () => {},
  };
}

async function gather(
  request: ChatRequest,
  { by = noFetcher, options = OPTIONS, signal = new AbortController().signal } = {},
): Promise<Gathered & { media: Media[]; warnings: string[] }> {
  const warnings: string[] = [];
  const before = structuredClone(plain(request));
  const raise = (code: string, param: string) => void warnings.push(`${code} ${param}`);
  try {
    const context = { caller, model: profileOf("gemini-3.8-flash"), raise, signal };
    const gathered = await createMediaGatherer(by, options, worker).gather(request, context);
    const found = gathered.request.messages.flatMap(({ parts }) =>
      parts.flatMap(({ kind }) => (kind.case === "media" ? [kind.value] : [])),
    );
    return { ...gathered, media: found, warnings };
  } finally {
    assert.deepEqual(plain(request), before, "the request was changed in place");
  }
}

/** Everything of a request but its bytes. */
function plain(request: ChatRequest): unknown {
  return JSON.parse(
    JSON.stringify(request, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
}

async function assertFails(
  gathered: Promise<unknown>,
  reason: FailureReason,
  field: string,
  text?: RegExp,
): Promise<void> {
  const error = await gathered.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.reason, reason);
  assert.equal(error.field, field);
  if (text !== undefined) assert.match(error.message, text);
}

function bytesOf(media: Media | undefined): string {
  return String(base64OfData(media?.source as DataSource));
}

describe("a request", () => {
  test("without media comes back as it was", async () => {
    const request = requestWith();
    assert.equal((await gather(request)).request, request);
  });

  test("whose media need no change comes back as it was", async () => {
    const request = requestWith(data("image/png", PNG), data("image/jpeg", JPEG));
    assert.equal((await gather(request)).request, request);
  });

  test("keeps everything that holds no changed media", async () => {
    const request = requestWith(data("image/png", PNG), data("image/jpg", JPEG));
    request.messages.push(...requestWith(data("image/png", PNG)).messages);
    const { request: gathered, media, warnings } = await gather(request);
    assert.notEqual(gathered, request);
    assert.equal(gathered.messages[1], request.messages[1]);
    assert.equal(gathered.messages[0]?.parts[1], request.messages[0]?.parts[1]);
    assert.equal(media[1]?.mimeType, "image/jpeg");
    assert.deepEqual(warnings, [], "another name of the same type is no correction");
  });
});

describe("inline media", () => {
  test("is of the type its bytes are, with a warning when another was said", async () => {
    const { media, warnings } = await gather(
      requestWith(data("image/png", JPEG), data("", PNG), data("application/octet-stream", JPEG)),
    );
    assert.deepEqual(
      media.map(({ mimeType }) => mimeType),
      ["image/jpeg", "image/png", "image/jpeg"],
    );
    assert.deepEqual(warnings, ["media_type_corrected messages[0].parts[1].media"]);
  });

  test("that came as base64 text stays that text, and is not decoded", async (t) => {
    const source = lazyData(Buffer.concat([JPEG, Buffer.alloc(100_000)]).toString("base64"));
    t.mock.getter(Object.getPrototypeOf(source), "value", () => assert.fail("the text was decoded"));
    const [gathered] = (await gather(requestWith(media("image/png", source)))).media;
    assert.equal(gathered?.mimeType, "image/jpeg");
    assert.equal(gathered?.source, source);
  });

  for (const [name, mimeType, bytes, text] of [
    ["a gif without a picture", "image/gif", GIF, /gif cannot be read/],
    ["a tiff", "image/tiff", Buffer.from("II*\0", "latin1"), /png, jpeg, webp/],
    ["a bmp", "image/bmp", BMP, /png, jpeg, webp/],
    ["html that was called a picture", "image/png", Buffer.from("<html></html>"), /no image, sound, film or document/],
    ["an svg", "image/svg+xml", Buffer.from("<svg/>"), /no image, sound, film or document/],
    ["nothing", "image/png", Buffer.alloc(0), /no image, sound, film or document/],
    ["an archive", "application/zip", Buffer.from("PK\x03\x04"), /no image, sound, film or document/],
  ] as const) {
    test(`that is ${name} is refused, naming the field and the kind only`, () =>
      assertFails(
        gather(requestWith(data("image/png", PNG), data(mimeType, bytes))),
        "UNSUPPORTED_VALUE",
        "messages[0].parts[2].media",
        text,
      ));
  }

  test("that is a gif, whatever it was called, is its first frame as png, with a warning", async () => {
    const gif = Buffer.from("R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
    const { media, warnings } = await gather(requestWith(data("image/gif", gif), data("image/png", gif)));
    for (const { mimeType, source } of media) {
      assert.equal(mimeType, "image/png");
      assert.ok(source.case === "data" && Buffer.from(source.value).subarray(0, 8).equals(PNG.subarray(0, 8)));
    }
    assert.deepEqual(warnings, [
      "gif_first_frame messages[0].parts[1].media",
      "media_type_corrected messages[0].parts[2].media",
      "gif_first_frame messages[0].parts[2].media",
    ]);
  });

  test("that is text goes by what was said", async () => {
    const { media, warnings } = await gather(
      requestWith(data("text/csv", Buffer.from("a,b")), data("application/x-javascript", Buffer.from("1"))),
    );
    assert.deepEqual(
      media.map(({ mimeType }) => mimeType),
      ["text/csv", "text/javascript"],
    );
    assert.deepEqual(warnings, []);
  });

  test("that is bare samples of a speech model gets the header it needs", async () => {
    const samples = Buffer.from("fffb9064ffff", "hex"); // could be an mp3 frame
    const { media, warnings } = await gather(requestWith(data("audio/L16;codec=pcm;rate=24000", samples)));
    assert.equal(media[0]?.mimeType, "audio/wav");
    assert.equal(
      bytesOf(media[0]),
      Buffer.concat([wavHeader({ sampleRateHz: 24_000, channels: 1 }, 6), samples]).toString("base64"),
    );
    assert.deepEqual(warnings, []);
  });

  test("may have so many bytes together and not more, where nothing is uploaded; the largest is named", async () => {
    const options = { ...OPTIONS, inlineMaxBytes: PNG.length + JPEG.length };
    await gather(requestWith(data("image/png", PNG), data("image/jpeg", JPEG)), { options });
    await assertFails(
      gather(requestWith(data("image/png", PNG), data("image/jpeg", JPEG)), {
        options: { ...options, inlineMaxBytes: options.inlineMaxBytes - 1 },
      }),
      "PAYLOAD_TOO_LARGE",
      "messages[0].parts[1].media",
    );
  });

  test("in a tool's result is found as well", async () => {
    const { request } = await gather(toolRequestWith(data("image/png", PNG), data("", JPEG)));
    const kind = request.messages[0]?.parts[0]?.kind;
    assert.ok(kind?.case === "toolResult");
    assert.deepEqual(
      kind.value.media.map(({ mimeType }) => mimeType),
      ["image/png", "image/jpeg"],
    );
    assert.equal(kind.value.name, "f");
    const field = "messages[0].parts[0].tool_result.media[0]";
    await assertFails(gather(toolRequestWith(data("", GIF))), "UNSUPPORTED_VALUE", field);
  });
});

describe("a URI", () => {
  test("of YouTube is rewritten, and needs neither fetch nor type", async () => {
    const { media } = await gather(
      requestWith(
        uri("https://youtu.be/dQw4w9WgXcQ?t=1", "image/png"),
        uri("https://youtu.be/dQw4w9WgXcQ", "video/mp4"),
      ),
    );
    const watch = { case: "uri", value: "https://www.youtube.com/watch?v=dQw4w9WgXcQ" };
    assert.deepEqual(
      media.map(({ source, mimeType }) => [source, mimeType]),
      [
        [watch, ""],
        [watch, "video/mp4"],
      ],
    );
  });

  test("of a Google project is refused unless upstream objects are on", async () => {
    for (const value of ["gs://bucket/x", "files/abc", "https://generativelanguage.googleapis.com/v1beta/files/abc"]) {
      await assertFails(
        gather(requestWith(uri(value, "video/mp4"))),
        "UNSUPPORTED_VALUE",
        "messages[0].parts[1].media",
      );
    }
    const on = { ...OPTIONS, upstreamObjects: true };
    const { media } = await gather(requestWith(uri("files/abc", "video/mp4"), uri("gs://bucket/x", "video/mp4")), {
      options: on,
    });
    assert.deepEqual(
      media.map(({ source, mimeType }) => [source.value, mimeType]),
      [
        ["https://generativelanguage.googleapis.com/v1beta/files/abc", "video/mp4"],
        ["gs://bucket/x", "video/mp4"],
      ],
    );
  });

  test("of anything else is fetched and becomes data of the type its bytes are", async () => {
    await using host = await startRawHost((socket, head) => {
      if (head.startsWith("GET /a")) answer(["200 OK", "content-type: image/png"], JPEG)(socket, head);
      else if (head.startsWith("GET /b"))
        answer(["200 OK", "content-type: text/csv; charset=utf-8"], "a,b")(socket, head);
      else answer(["200 OK", "content-type: image/bmp"], BMP)(socket, head);
    });
    const request = requestWith(
      uri(`${host.url}/a`),
      data("", PNG),
      uri(`${host.url}/b`),
      uri(`${host.url}/c`, "image/png"),
    );
    const { media, warnings } = await gather(request, { by: realFetcher });
    assert.deepEqual(
      media.map(({ mimeType }) => mimeType),
      ["image/jpeg", "image/png", "text/csv", "image/bmp"],
    );
    assert.deepEqual(
      media.map(bytesOf),
      [JPEG, PNG, Buffer.from("a,b"), BMP].map((bytes) => bytes.toString("base64")),
    );
    assert.deepEqual(warnings, [
      "media_type_corrected messages[0].parts[1].media",
      "media_type_corrected messages[0].parts[4].media",
    ]);
  });

  test("that is named twice is fetched once, counted twice", async () => {
    await using host = await startRawHost(answer(["200 OK", "content-type: image/png"], PNG));
    const request = requestWith(uri(host.url), uri(host.url));
    const { media } = await gather(request, {
      by: realFetcher,
      options: { ...OPTIONS, inlineMaxBytes: 2 * PNG.length },
    });
    assert.equal(host.connectionCount, 1);
    assert.deepEqual(
      media.map(({ mimeType }) => mimeType),
      ["image/png", "image/png"],
    );
    const tight = { ...OPTIONS, inlineMaxBytes: 2 * PNG.length - 1 };
    await assertFails(
      gather(request, { by: realFetcher, options: tight }),
      "PAYLOAD_TOO_LARGE",
      "messages[0].parts[1].media",
    );
  });
});

describe("a fetch that fails", () => {
  test("fails the request with one text for all reasons, naming the field", async () => {
    await using host = await startRawHost(answer(["404 Not Found"], "secret"));
    await Promise.all(
      ["http://10.0.0.1/a.png", host.url, "http://127.0.0.1:1/"].map((value) =>
        assertFails(
          gather(requestWith(uri(value)), { by: realFetcher }),
          "INVALID_IMAGE_URL",
          "messages[0].parts[1].media",
          /^Media could not be fetched\.$/,
        ),
      ),
    );
  });

  for (const [kind, reason] of [
    ["disabled", "UNSUPPORTED_VALUE"],
    ["invalid_url", "INVALID_IMAGE_URL"],
    ["too_large", "PAYLOAD_TOO_LARGE"],
    ["busy", "SERVER_BUSY"],
  ] as const) {
    test(`as ${kind} becomes ${reason}`, () => {
      const by: MediaFetcher = { ...noFetcher, open: () => Promise.reject(new MediaFetchError(kind)) };
      return assertFails(gather(requestWith(uri("http://a/")), { by }), reason, "messages[0].parts[1].media");
    });
  }

  test("ends the others, and so does the caller's abort", async () => {
    const stopped: string[] = [];
    const by: MediaFetcher = {
      ...noFetcher,
      open: (url, { signal }) => {
        if (url.endsWith("/bad")) return Promise.reject(new MediaFetchError("unreachable"));
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            stopped.push(url);
            reject(signal.reason as Error);
          });
        });
      },
    };
    await assertFails(
      gather(requestWith(uri("http://a/1"), uri("http://a/bad")), { by }),
      "INVALID_IMAGE_URL",
      "messages[0].parts[2].media",
    );
    const controller = new AbortController();
    const left = gather(requestWith(uri("http://a/2")), { by, signal: controller.signal });
    controller.abort(new Error("the caller left"));
    await assert.rejects(left, /the caller left/);
    assert.deepEqual(stopped, ["http://a/1", "http://a/2"]);
  });

  test("by what the fetched bytes are names the field, and inline media is refused before anything is fetched", async () => {
    await using host = await startRawHost(answer(["200 OK", "content-type: image/png"], "<html>"));
    await assertFails(
      gather(requestWith(uri(host.url)), { by: realFetcher }),
      "UNSUPPORTED_VALUE",
      "messages[0].parts[1].media",
    );
    await assertFails(
      gather(requestWith(uri(host.url), data("", GIF)), { by: noFetcher }),
      "UNSUPPORTED_VALUE",
      "messages[0].parts[2].media",
    );
  });
});

test("more than 32 URLs are refused, and each fetch gets what the inline media left, for the caller's licence", async () => {
  const seen: unknown[] = [];
  const by: MediaFetcher = {
    ...noFetcher,
    open: async (_, { maxBytes, callerKey }) => {
      seen.push([maxBytes, callerKey]);
      return opened(PNG, "image/png");
    },
  };
  const urls = Array.from({ length: 33 }, (_, index) => uri(`http://a/${index}`));
  await assertFails(gather(requestWith(...urls), { by }), "INVALID_VALUE", "messages[0].parts[33].media", /32/);
  assert.equal(seen.length, 0);
  const { media } = await gather(requestWith(...urls.slice(1), data("", PNG)), { by });
  assert.equal(media.length, 33);
  assert.deepEqual(seen[0], [OPTIONS.inlineMaxBytes - PNG.length, "licence-digest"]);
});

test("fetched media is held to the limit together", async () => {
  const sockets: Socket[] = [];
  await using host = await startRawHost((socket, head) => {
    sockets.push(socket);
    answer(["200 OK", "content-type: image/png"], Buffer.concat([PNG, Buffer.alloc(600)]))(socket, head);
  });
  const request = requestWith(uri(`${host.url}/1`), uri(`${host.url}/2`));
  const options = { ...OPTIONS, inlineMaxBytes: 1000 };
  const error = await gather(request, { by: realFetcher, options }).then(
    () => assert.fail(),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure && error.reason === "PAYLOAD_TOO_LARGE");
  await gather(request, { by: realFetcher, options: { ...OPTIONS, inlineMaxBytes: 1232 } });
});
