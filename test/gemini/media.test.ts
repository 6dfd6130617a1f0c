// Media of messages: sources, films, detail, and what a model cannot read.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { lazyData } from "../../src/chat/bytes.ts";
import { profileOf } from "../../src/chat/models.ts";
import { toMediaPart } from "../../src/gemini/media.ts";
import { MediaResolution, MediaSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assistant, link, map, media, MODELS, type PartInit, user } from "./mapping.ts";

function partOf(part: PartInit, model?: string) {
  const { body, warnings } = map({ messages: [user(part)] }, model);
  return { part: body.contents[0]?.parts[0], warnings };
}

describe("a source", () => {
  test("of bytes is inlineData in base64, without the name", () => {
    assert.deepEqual(partOf(media("image/png", "iVBORw==", { name: "a.png" })), {
      part: { inlineData: { mimeType: "image/png", data: "iVBORw==" } },
      warnings: [],
    });
  });

  test("of base64 text stays that very text", () => {
    const text = "iVBORw==";
    const item = { ...create(MediaSchema, { mimeType: "image/png" }), source: lazyData(text) };
    assert.equal(toMediaPart(item, "m", profileOf(MODELS.newest), () => {}).inlineData?.data, text);
  });

  test("that is a link is fileData, with a type where one is known (2.4)", () => {
    assert.deepEqual(partOf(link("application/pdf", "https://x.test/a.pdf")).part, {
      fileData: { mimeType: "application/pdf", fileUri: "https://x.test/a.pdf" },
    });
    assert.deepEqual(partOf(link("", "https://www.youtube.com/watch?v=abc")).part, {
      fileData: { fileUri: "https://www.youtube.com/watch?v=abc" },
    });
  });

  test("of no bytes is refused: Gemini's own answer would say nothing", () => {
    for (const empty of [media("image/png", ""), media("audio/wav", "")]) {
      assert.throws(() => partOf(empty), { reason: "INVALID_VALUE", field: "messages[0].parts[0].media" });
    }
  });

  test("of an Office file is read by Hydrogen alone; others refuse it before the call", () => {
    const type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert.equal(partOf(media(type, "UEsDBA=="), "gemini-4-hydrogen").part?.inlineData?.mimeType, type);
    for (const other of [type, "application/msword", "application/vnd.oasis.opendocument.text"]) {
      assert.throws(() => partOf(media(other, "UEsDBA=="), "gemini-4-argon"), {
        reason: "UNSUPPORTED_VALUE",
        field: "messages[0].parts[0].media",
      });
    }
  });

  test("is required, and bytes need a type", () => {
    const without: PartInit = { kind: { case: "media", value: { mimeType: "image/png" } } };
    assert.throws(() => partOf(without), { reason: "INVALID_VALUE", field: "messages[0].parts[0].media" });
    assert.throws(() => partOf(media("", "AAAA")), {
      reason: "INVALID_VALUE",
      field: "messages[0].parts[0].media.mime_type",
    });
  });
});

describe("a film", () => {
  const video = { start: { seconds: 60n, nanos: 0 }, end: { seconds: 90n, nanos: 500_000_000 }, fps: 2 };

  test("can be cut and slowed (2.4)", () => {
    assert.deepEqual(partOf(media("video/mp4", "AAAA", { video })).part, {
      inlineData: { mimeType: "video/mp4", data: "AAAA" },
      videoMetadata: { startOffset: "60s", endOffset: "90.5s", fps: 2 },
    });
    assert.deepEqual(partOf(link("", "https://youtu.be/abc", { video: { fps: 0.5 } })).part, {
      fileData: { fileUri: "https://youtu.be/abc" },
      videoMetadata: { fps: 0.5 },
    });
    assert.deepEqual(partOf(media("video/mp4", "AAAA", { video: {} })).part, {
      inlineData: { mimeType: "video/mp4", data: "AAAA" },
    });
  });

  test("has options that nothing else has", () => {
    assert.deepEqual(partOf(media("image/png", "AAAA", { video })), {
      part: { inlineData: { mimeType: "image/png", data: "AAAA" } },
      warnings: ["parameter_ignored:messages[0].parts[0].media.video"],
    });
  });
});

describe("detail", () => {
  const detailed = media("image/png", "AAAA", { resolution: MediaResolution.ULTRA_HIGH });

  test("of one item is known from Gemini 3 on (2.4)", () => {
    assert.deepEqual(partOf(detailed).part?.mediaResolution, { level: "MEDIA_RESOLUTION_ULTRA_HIGH" });
    assert.deepEqual(partOf(detailed, MODELS.gemini25), {
      part: { inlineData: { mimeType: "image/png", data: "AAAA" } },
      warnings: ["media_resolution_ignored:messages[0].parts[0].media.resolution"],
    });
  });

  test("of all items stands in generationConfig, and is at most HIGH", () => {
    const config = (mediaResolution: MediaResolution) => {
      const { body, warnings } = map({ messages: [user("Hi")], mediaResolution });
      return [body.generationConfig?.mediaResolution, warnings];
    };
    assert.deepEqual(config(MediaResolution.LOW), ["MEDIA_RESOLUTION_LOW", []]);
    assert.deepEqual(config(MediaResolution.ULTRA_HIGH), [
      "MEDIA_RESOLUTION_HIGH",
      ["media_resolution_ignored:media_resolution"],
    ]);
    assert.deepEqual(config(MediaResolution.UNSPECIFIED), [undefined, []]);
  });
});

describe("media a model cannot read", () => {
  test("is refused where it is asked about, naming the field", () => {
    const field = "messages[0].parts[1].media";
    const ask = (model: string, type: string) => () =>
      map({ messages: [user("What is this?", media(type, "AAAA"))] }, model);
    assert.throws(ask(MODELS.gemma, "audio/wav"), { reason: "UNSUPPORTED_VALUE", field });
    assert.throws(ask(MODELS.speech, "image/png"), { reason: "UNSUPPORTED_VALUE", field });
    assert.throws(ask(MODELS.image, "video/mp4"), { reason: "UNSUPPORTED_VALUE", field });
    assert.doesNotThrow(ask("gemini-3.1-flash-image", "video/mp4"));
    assert.doesNotThrow(ask(MODELS.newest, "application/pdf"));
  });

  test("is left out of what came before, with a warning", () => {
    const messages = [user("Look.", media("image/png", "AAAA")), assistant("A cat."), user("Say so.")];
    const { body, warnings } = map({ messages }, MODELS.speech);
    assert.deepEqual(body.contents[0]?.parts, [{ text: "Look." }]);
    assert.deepEqual(warnings, ["media_ignored:messages[0].parts[1].media"]);
  });

  test("of an unknown kind is left to Google", () => {
    assert.doesNotThrow(() => map({ messages: [user(media("model/gltf", "AAAA"))] }));
  });
});
