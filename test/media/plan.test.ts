// Goal: each item of media goes one way, decided by what is known of it, the model and the operator. Method: tables.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { profileOf } from "../../src/chat/models.ts";
import type { Media } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chooseUploads, type MediaPolicy, planSource } from "../../src/media/plan.ts";
import { toMediaPolicy } from "../../src/media/policy.ts";
import { isPublicHost } from "../../src/media/public-host.ts";

const SETTINGS = {
  mediaItemMaxBytes: 100,
  mediaFileMaxBytes: 1000,
  mediaUpload: true,
  mediaHandOver: false,
  mediaAllowedHosts: [],
  mediaDeniedHosts: ["denied.com"],
  upstreamObjects: false,
};
const STANDARD = toMediaPolicy(SETTINGS);
const HAND_OVER = toMediaPolicy({ ...SETTINGS, mediaHandOver: true });
const OBJECTS = toMediaPolicy({ ...SETTINGS, upstreamObjects: true });

function media(source: Media["source"], mimeType = ""): Media {
  return { $typeName: "gemini.chat.v1.Media", mimeType, source, resolution: 0, name: "" };
}

const uri = (value: string, mimeType = ""): Media => media({ case: "uri", value }, mimeType);

describe("a source", () => {
  const watch = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
  const rows: readonly [what: string, media: Media, model: string, policy: MediaPolicy, plan: object][] = [
    ["bytes", media({ case: "data", value: new Uint8Array(1) }), "gemini-3.8-flash", STANDARD, { route: "data" }],
    ["nothing", media({ case: undefined }), "gemini-3.8-flash", STANDARD, { route: "none" }],
    [
      "a film on YouTube",
      uri("https://youtu.be/dQw4w9WgXcQ", "image/png"),
      "gemini-3.8-flash",
      STANDARD,
      { route: "youtube", uri: watch, mimeType: "" },
    ],
    ["an object, usually", uri("files/abc", "video/mp4"), "gemini-3.8-flash", STANDARD, { route: "refused" }],
    [
      "an object, where they are on",
      uri("gs://bucket/x", "video/mp4"),
      "gemini-3.8-flash",
      OBJECTS,
      { route: "object", uri: "gs://bucket/x", mimeType: "video/mp4" },
    ],
    [
      "a placeholder that a caller wrote",
      uri("upload:x"),
      "gemini-3.8-flash",
      HAND_OVER,
      { route: "fetch", url: "upload:x" },
    ],
    ...(
      [
        ["https://example.com/a.mp4", "", "video/mp4"],
        ["https://example.com/a.JPG?size=2#x", "", "image/jpeg"],
        ["https://example.com/a", "image/jpg", "image/jpeg"],
        ["https://example.com/a.png", "application/pdf", "application/pdf"],
        ["https://8.8.8.8/a.png", "", "image/png"],
      ] as const
    ).flatMap(([url, said, mimeType]): (typeof rows)[number][] => [
      [`${url} ${said}, usually`, uri(url, said), "gemini-3.8-flash", STANDARD, { route: "fetch", url }],
      [`${url} ${said}, on a model of 2.0`, uri(url, said), "gemini-2.0-flash", HAND_OVER, { route: "fetch", url }],
      [`${url} ${said}, on Gemma`, uri(url, said), "gemma-3-27b-it", HAND_OVER, { route: "fetch", url }],
      [`${url} ${said}, on a model of 1.5`, uri(url, said), "gemini-1.5-pro", HAND_OVER, { route: "fetch", url }],
      [`${url} ${said}`, uri(url, said), "gemini-2.5-flash", HAND_OVER, { route: "handedOver", uri: url, mimeType }],
    ]),
    ...[
      "http://example.com/a.png",
      "https://example.com/a",
      "https://example.com/a.mp3",
      "https://example.com/a.heic",
      "https://example.com/a.gif",
      "https://example.com:8443/a.png",
      "https://user:secret@example.com/a.png",
      "https://denied.com/a.png",
      "https://localhost/a.png",
      "https://intranet/a.png",
      "https://files.corp/a.png",
      "https://10.0.0.1/a.png",
      "https://[::1]/a.png",
      "nonsense",
    ].map((url): (typeof rows)[number] => [
      `${url}, which Google is not asked for`,
      uri(url),
      "gemini-3.8-flash",
      HAND_OVER,
      { route: "fetch", url },
    ]),
  ];
  for (const [what, item, model, policy, plan] of rows) {
    test(what, () => assert.deepEqual(planSource(item, profileOf(model), policy), plan));
  }
});

test("a host is of the open web by its name", () => {
  for (const host of ["example.com", "a.b.example.co.uk.", "8.8.8.8", "[2606:4700::1111]"])
    assert.ok(isPublicHost(host));
  for (const host of [
    "localhost",
    "printer.local",
    "db.internal",
    "127.0.0.1",
    "[::ffff:10.0.0.1]",
    "169.254.169.254",
  ]) {
    assert.ok(!isPublicHost(host), host);
  }
});

describe("what is uploaded of bytes at hand", () => {
  const MB = 1_000_000;
  const rows: readonly [
    what: string,
    items: readonly [bytes: number, mimeType?: string][],
    chosen: readonly number[],
  ][] = [
    ["nothing of what fits exactly", [[40 * MB], [30 * MB]], []],
    ["the largest, until the rest fits", [[10 * MB], [60 * MB], [5 * MB]], [1]],
    ["several, where one is not enough", [[50 * MB], [60 * MB], [69 * MB]], [1, 2]],
    ["one item beyond the limit", [[71 * MB]], [0]],
    ["a PDF beyond its own limit, even where it would fit", [[51 * MB, "application/pdf"], [1]], [0]],
    ["a PDF at its limit stays", [[50 * MB, "application/pdf"]], []],
    ["nothing of nothing", [], []],
  ];
  for (const [what, items, chosen] of rows) {
    test(what, () => {
      const held = items.map(([bytes, mimeType = "video/mp4"]) => ({ bytes, mimeType }));
      assert.deepEqual(chooseUploads(held, 70 * MB), new Set(chosen));
    });
  }

  test("leaves a rest that fits, and takes nothing that need not go", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), fc.nat(200), (sizes, limit) => {
        const items = sizes.map((bytes) => ({ bytes, mimeType: "image/png" }));
        const chosen = chooseUploads(items, limit);
        const sum = (list: readonly number[]) => list.reduce((total, size) => total + size, 0);
        const rest = sum(sizes.filter((_, index) => !chosen.has(index)));
        assert.ok(rest <= limit);
        const smallest = Math.min(...[...chosen].map((index) => sizes[index] ?? 0));
        if (chosen.size > 0) assert.ok(rest + smallest > limit);
      }),
    );
  });
});
