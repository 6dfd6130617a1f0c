// Media parts of any name hold anything: data URLs, bare base64, URLs. Here they are only told apart; the bytes decide later.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MediaResolution } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { mediaOf, outline, partsOf, placeOf, refusalOf } from "./reading.ts";

const PNG = Buffer.from("not really a picture").toString("base64");

const image = (url: string, options: object = {}): object => ({ type: "image_url", image_url: { url, ...options } });
const user = (...content: object[]): object => ({ messages: [{ role: "user", content }] });

describe("an image_url", () => {
  it("takes a data URL, its type as a hint and its base64 as text", () => {
    const media = mediaOf(image(`data:image/png;base64,${PNG}`));
    assert.equal(media.mimeType, "image/png");
    assert.equal(placeOf(media), PNG);
    assert(media.source.case === "data");
    assert.equal(Buffer.from(media.source.value).toString(), "not really a picture");
  });
  it("takes bare base64, of sound and films too", () => {
    assert.equal(placeOf(mediaOf(image(PNG))), PNG);
    assert.equal(mediaOf(image(PNG)).mimeType, "");
    assert.equal(mediaOf(image(`data:video/mp4;base64,${PNG}`)).mimeType, "video/mp4");
  });
  it("makes URL-safe, unpadded or wrapped base64 standard", () => {
    assert.equal(placeOf(mediaOf(image("-_-_QQ"))), "+/+/QQ==");
    assert.equal(placeOf(mediaOf(image("QUJD\r\nREVG"))), "QUJDREVG");
  });
  for (const url of [
    "https://example.com/a.png?x=1",
    "HTTP://example.com",
    "https://www.youtube.com/watch?v=abc",
    "gs://bucket/film.mp4",
  ]) {
    it(`leaves ${url} to the gatherer`, () => assert.equal(placeOf(mediaOf(image(url))), url));
  }
  it("may be a plain string", () => {
    assert.equal(placeOf(mediaOf({ type: "image_url", image_url: "https://example.com/a" })), "https://example.com/a");
  });
  it("takes its type from format, mime_type or content_type", () => {
    for (const key of ["format", "mime_type", "content_type"]) {
      assert.equal(mediaOf(image(PNG, { [key]: "image/webp" })).mimeType, "image/webp");
    }
    assert.equal(mediaOf(image(PNG, { format: "webp" })).mimeType, "image/webp");
    assert.equal(mediaOf(image(PNG, { format: "no type at all" })).mimeType, "");
    assert.equal(mediaOf(image(`data:image/png;base64,${PNG}`, { format: "image/webp" })).mimeType, "image/png");
  });
  for (const [detail, resolution] of [
    ["auto", MediaResolution.UNSPECIFIED],
    ["low", MediaResolution.LOW],
    ["medium", MediaResolution.MEDIUM],
    ["high", MediaResolution.HIGH],
    ["original", MediaResolution.ULTRA_HIGH],
    ["ultra_high", MediaResolution.ULTRA_HIGH],
    [null, MediaResolution.UNSPECIFIED],
  ] as const) {
    it(`maps detail ${detail}`, () => assert.equal(mediaOf(image(PNG, { detail })).resolution, resolution));
  }
  it("takes a part of a film, in both cases of letters", () => {
    for (const options of [
      { video_metadata: { start_offset: "1.5s", end_offset: 60, fps: 2 } },
      { videoMetadata: { startOffset: "1.5", endOffset: "60s", fps: 2 } },
    ]) {
      const { video } = mediaOf(image("https://example.com/film.mp4", options));
      assert.deepEqual(
        [video?.start?.seconds, video?.start?.nanos, video?.end?.seconds, video?.fps],
        [1n, 500_000_000, 60n, 2],
      );
    }
  });
});

describe("bad media", () => {
  const field = "messages[0].content[0].image_url.url";
  for (const [title, url, reason] of [
    ["garbage in a data URL", "data:image/png;base64,AA*A", "INVALID_BASE64_IMAGE"],
    ["an empty data URL", "data:image/png;base64,", "INVALID_BASE64_IMAGE"],
    ["text that is neither", "example.com/cat.png", "INVALID_BASE64_IMAGE"],
    ["an impossible length", "AAAAA", "INVALID_BASE64_IMAGE"],
    ["a data URL that is not base64", "data:text/plain,hello", "INVALID_IMAGE_URL"],
    ["another scheme", "ftp://example.com/a.png", "INVALID_IMAGE_URL"],
    ["a local file", "file:///etc/passwd", "INVALID_IMAGE_URL"],
    ["a URL without host", "https://", "INVALID_IMAGE_URL"],
    ["an endless URL", `https://example.com/${"a".repeat(9000)}`, "INVALID_IMAGE_URL"],
    ["an empty string", "", "INVALID_VALUE"],
  ] as const) {
    it(`refuses ${title} with ${reason} and the parameter`, () => {
      const failure = refusalOf(user(image(url)));
      assert.deepEqual([failure.reason, failure.field], [reason, field]);
      assert(failure.message.includes(field));
    });
  }
  it("names the parameter of every kind of part", () => {
    const fieldOf = (part: object): string | undefined => refusalOf(user({ type: "text", text: "x" }, part)).field;
    assert.equal(fieldOf({ type: "video_url", video_url: { url: "*" } }), "messages[0].content[1].video_url.url");
    assert.equal(
      fieldOf({ type: "input_audio", input_audio: { data: "*" } }),
      "messages[0].content[1].input_audio.data",
    );
    assert.equal(fieldOf({ type: "file", file: { file_data: "*" } }), "messages[0].content[1].file.file_data");
  });
  it("never shows the data in the message", () => {
    assert(!refusalOf(user(image(`${PNG}*`))).message.includes(PNG));
  });
});

describe("other parts", () => {
  it("input_audio holds base64, a data URL or a URL, and a format as its type", () => {
    assert.deepEqual(
      outline(partsOf({ role: "user", content: [{ type: "input_audio", input_audio: { data: PNG, format: "mp3" } }] })),
      [`media audio/mp3 ${PNG}`],
    );
    assert.equal(
      placeOf(mediaOf({ type: "input_audio", input_audio: { data: "https://example.com/a.mp3" } })),
      "https://example.com/a.mp3",
    );
    assert.equal(
      mediaOf({ type: "input_audio", input_audio: { data: `data:audio/ogg;base64,${PNG}`, format: "wav" } }).mimeType,
      "audio/ogg",
    );
  });
  it("input_audio may hold a film, and wrong options of it are refused under their names", () => {
    const part = (options: object): object => ({ type: "input_audio", input_audio: { data: PNG, ...options } });
    assert.equal(mediaOf(part({ video_metadata: { fps: 2 } })).video?.fps, 2);
    assert.equal(mediaOf(part({ detail: "low" })).resolution, MediaResolution.LOW);
    for (const [options, field] of [
      [{ video_metadata: { end_offset: false } }, "video_metadata.end_offset"],
      [{ video_metadata: { fps: 1000 } }, "video_metadata.fps"],
      [{ detail: "bogus" }, "detail"],
    ] as const) {
      assert.equal(refusalOf(user(part(options))).field, `messages[0].content[0].input_audio.${field}`);
    }
  });
  it("input_video holds a film", () => {
    const media = mediaOf({ type: "input_video", input_video: { data: PNG, format: "webm" } });
    assert.deepEqual([media.mimeType, placeOf(media)], ["video/webm", PNG]);
  });
  it("video_url is read like image_url", () => {
    const media = mediaOf({ type: "video_url", video_url: { url: "https://example.com/a.mp4", format: "mp4" } });
    assert.deepEqual([media.mimeType, placeOf(media)], ["video/mp4", "https://example.com/a.mp4"]);
  });
  it("file holds data, bare base64 or a URL, and a name", () => {
    const file = mediaOf({
      type: "file",
      file: { file_data: `data:application/pdf;base64,${PNG}`, filename: "a.pdf" },
    });
    assert.deepEqual([file.mimeType, file.name, placeOf(file)], ["application/pdf", "a.pdf", PNG]);
    assert.equal(
      placeOf(mediaOf({ type: "file", file: { file_data: "https://example.com/a.pdf" } })),
      "https://example.com/a.pdf",
    );
  });
  it("file_id is a name of the Files API or a URL", () => {
    const uri = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
    assert.equal(placeOf(mediaOf({ type: "file", file: { file_id: "files/abc-123" } })), uri);
    assert.equal(placeOf(mediaOf({ type: "file", file: { file_id: uri } })), uri);
    assert.equal(placeOf(mediaOf({ type: "file", file: { file_id: "gs://bucket/a.pdf" } })), "gs://bucket/a.pdf");
  });
  it("file_id of OpenAI is refused, because no files are kept here", () => {
    const failure = refusalOf(user({ type: "file", file: { file_id: "file-abc123" } }));
    assert.deepEqual([failure.reason, failure.field], ["UNSUPPORTED_VALUE", "messages[0].content[0].file.file_id"]);
  });
  it("a file without content misses file_data", () => {
    const failure = refusalOf(user({ type: "file", file: { filename: "a.pdf" } }));
    assert.deepEqual(
      [failure.reason, failure.field],
      ["MISSING_REQUIRED_PARAMETER", "messages[0].content[0].file.file_data"],
    );
  });
});
