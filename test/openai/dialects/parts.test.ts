// Media under other names, and what is said of a medium in other places.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MediaResolution } from "../../../src/gen/gemini/chat/v1/chat_pb.ts";
import { mediaOf, placeOf, refusalOf } from "../reading.ts";

const URL = "https://example.com/film.mp4";
const DATA = Buffer.from("a film").toString("base64");

describe("a medium under another name", () => {
  it("is vLLM's audio_url", () => {
    for (const audio_url of [URL, { url: URL }]) assert.equal(placeOf(mediaOf({ type: "audio_url", audio_url })), URL);
    const sound = { type: "audio_url", audio_url: { url: `data:audio/wav;base64,${DATA}` } };
    assert.equal(mediaOf(sound).mimeType, "audio/wav");
  });
  it("is gemini-balance's input_video", () => {
    const media = mediaOf({ type: "input_video", input_video: { data: DATA, format: "mp4" } });
    assert.deepEqual([media.mimeType, placeOf(media)], ["video/mp4", DATA]);
  });
  it("is the seed's file with a URL where its data would be", () =>
    assert.equal(placeOf(mediaOf({ type: "file", file: { file_data: URL } })), URL));
});

describe("what type a medium has", () => {
  for (const key of ["format", "mime_type", "content_type"]) {
    it(`may be said by ${key}, in each kind of part`, () => {
      assert.equal(
        mediaOf({ type: "image_url", image_url: { url: DATA, [key]: "image/webp" } }).mimeType,
        "image/webp",
      );
      assert.equal(
        mediaOf({ type: "video_url", video_url: { url: DATA, [key]: "video/webm" } }).mimeType,
        "video/webm",
      );
      assert.equal(
        mediaOf({ type: "input_audio", input_audio: { data: DATA, [key]: "audio/ogg" } }).mimeType,
        "audio/ogg",
      );
      const file = { file_data: DATA, [key]: "application/pdf" };
      assert.equal(mediaOf({ type: "file", file }).mimeType, "application/pdf");
    });
  }
});

describe("which part of a film is meant, and in what detail", () => {
  const metadata = { start_offset: "1s", end_offset: "2s", fps: 5 };
  const camel = { startOffset: "1s", endOffset: "2s", fps: 5 };
  for (const [title, part] of [
    ["LiteLLM, in a file", { type: "file", file: { file_data: URL, video_metadata: metadata } }],
    ["in a video_url", { type: "video_url", video_url: { url: URL, video_metadata: metadata } }],
    ["in an image_url, in camel case", { type: "image_url", image_url: { url: URL, videoMetadata: camel } }],
    ["Gemini, beside it", { type: "video_url", video_url: { url: URL }, videoMetadata: camel }],
    ["beside a bare URL", { type: "video_url", video_url: URL, video_metadata: metadata }],
    ["beside it, with the rate alone", { type: "video_url", video_url: { url: URL }, fps: 5 }],
    ["Qwen, in it, with the rate alone", { type: "video_url", video_url: { url: URL, fps: 5 } }],
  ] as const) {
    it(title, () => {
      const { video } = mediaOf(part);
      assert.equal(video?.fps, 5);
      if (!title.endsWith("alone")) assert.deepEqual([video?.start?.seconds, video?.end?.seconds], [1n, 2n]);
    });
  }
  for (const [title, part] of [
    ["OpenAI's word", { type: "image_url", image_url: { url: URL, detail: "high" } }],
    ["OpenAI's word beside it", { type: "image_url", image_url: { url: URL }, detail: "high" }],
    ["of a file", { type: "file", file: { file_data: URL, detail: "high" } }],
    ["Gemini's word", { type: "image_url", image_url: { url: URL, media_resolution: "MEDIA_RESOLUTION_HIGH" } }],
    [
      "Gemini's object",
      { type: "image_url", image_url: { url: URL }, mediaResolution: { level: "MEDIA_RESOLUTION_HIGH" } },
    ],
  ] as const) {
    it(title, () => assert.equal(mediaOf(part).resolution, MediaResolution.HIGH));
  }
  it("is refused where it stands when it cannot be read", () => {
    const part = { type: "image_url", image_url: { url: URL, media_resolution: "huge" } };
    assert.equal(
      refusalOf({ messages: [{ role: "user", content: [part] }] }).field,
      "messages[0].content[0].image_url.detail",
    );
  });
});
