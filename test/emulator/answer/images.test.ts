// Generated images: real PNG files in the asked size, signed from Gemini 3 on.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { inflateSync } from "node:zlib";
import { ask, partsOf, startTestEmulator, textOf } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const image = (imageConfig: object, rest: object = {}) => ({ generationConfig: { imageConfig, ...rest } });

/** Reads a PNG fully: signature, header, and pixel data that inflates to its size. */
function sizeOf(data: string): string {
  const bytes = Buffer.from(data, "base64");
  assert.equal(bytes.toString("latin1", 0, 8), "\x89PNG\r\n\x1a\n");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const at = bytes.indexOf("IDAT");
  const pixels = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  assert.equal(pixels.length, (width + 1) * height);
  assert.equal(bytes.toString("latin1", bytes.length - 8, bytes.length - 4), "IEND");
  return `${width}x${height}`;
}

// oxlint-disable-next-line typescript/no-explicit-any
const images = (json: any) => partsOf(json).filter((part) => part.inlineData && !part.thought);

async function sizeFor(model: string, config: object): Promise<string> {
  const answer = await emulator.generate(model, ask("A cat", image(config)));
  assert.equal(answer.status, 200, answer.text);
  const [part] = images(answer.json);
  assert.equal(part.inlineData.mimeType, "image/png");
  return sizeOf(part.inlineData.data);
}

test("draws a small real PNG after a sentence", async () => {
  const { json } = await emulator.generate("gemini-2.5-flash-image", ask("画小猫"));
  const [text, part] = partsOf(json);
  assert.match(text.text, /画小猫/);
  assert.deepEqual(Object.keys(part), ["inlineData"]);
  assert.deepEqual(Object.keys(part.inlineData), ["mimeType", "data"]);
  assert.equal(sizeOf(part.inlineData.data), "1024x1024");
  assert.ok(part.inlineData.data.length < 40_000);
  const { candidatesTokensDetails, candidatesTokenCount } = json.usageMetadata;
  assert.deepEqual(candidatesTokensDetails, [{ modality: "IMAGE", tokenCount: 1290 }]);
  assert.ok(candidatesTokenCount > 1290);
});

test("honours aspect ratio and size", async () => {
  assert.equal(await sizeFor("gemini-2.5-flash-image", { aspectRatio: "16:9" }), "1344x768");
  assert.equal(await sizeFor("gemini-2.5-flash-image", { aspectRatio: "2:3" }), "832x1248");
  assert.equal(await sizeFor("gemini-3.1-flash-image", { aspectRatio: "9:16", imageSize: "2K" }), "1536x2752");
  assert.equal(await sizeFor("gemini-3.1-flash-image", { imageSize: "512" }), "512x512");
  assert.equal(await sizeFor("gemini-nano-banana-2.1", { aspectRatio: "4:1" }), "2048x512");
  assert.equal(await sizeFor("gemini-3-pro-image", { imageSize: "4K" }), "4096x4096");
});

test("takes after the ratio of the image it is given", async () => {
  const [given] = images(
    (await emulator.generate("gemini-2.5-flash-image", ask("x", image({ aspectRatio: "16:9" })))).json,
  );
  const body = { contents: [{ role: "user", parts: [{ text: "Make it blue" }, { inlineData: given.inlineData }] }] };
  const { json } = await emulator.generate("gemini-3.1-flash-lite-image", body);
  assert.equal(sizeOf(images(json)[0].inlineData.data), "1376x768");
});

test("draws as many pictures as asked for, each its own", async () => {
  for (const [prompt, count] of [
    ["two pictures of a cat", 2],
    ["3 cute images", 3],
    ["画两张猫", 2],
    ["a 2 headed cat", 1],
    ["99 images", 1],
  ] as const) {
    const { json } = await emulator.generate("gemini-2.5-flash-image", ask(prompt));
    const data = images(json).map((part) => part.inlineData.data);
    assert.equal(data.length, count, prompt);
    assert.equal(new Set(data).size, count, prompt);
  }
});

test("with the IMAGE modality alone there is no text", async () => {
  const { json } = await emulator.generate(
    "gemini-2.5-flash-image",
    ask("A cat", image({}, { responseModalities: ["IMAGE"] })),
  );
  assert.equal(textOf(json), "");
  assert.equal(partsOf(json).length, 1);
});

test("from Gemini 3 on the first part and every image are signed", async () => {
  const { json } = await emulator.generate("gemini-3-pro-image", ask("two pictures of a cat"));
  assert.deepEqual(
    partsOf(json).map((part) => [Object.keys(part)[0], "thoughtSignature" in part]),
    [
      ["text", true],
      ["inlineData", true],
      ["inlineData", true],
    ],
  );
});

test("a stream sends the text in pieces, each image whole, then an empty text with the finish", async () => {
  for (const model of ["gemini-2.5-flash-image", "gemini-3.1-flash-image"]) {
    const events = await emulator.stream(model, ask("A cat"));
    // Recording pydanticai-g2.5-flash-image-google-image-generation-stream-s-0.
    const kinds = events.map((event) => Object.keys(partsOf(event)[0])[0]);
    assert.deepEqual(
      kinds.filter((kind, index) => kind !== kinds[index - 1]),
      ["text", "inlineData", "text"],
    );
    assert.equal(kinds.filter((kind) => kind === "inlineData").length, 1);
    assert.deepEqual(events.at(-1).candidates[0].content, { parts: [{ text: "" }], role: "model" });
    assert.equal(events.at(-1).candidates[0].finishReason, "STOP");
  }
});

test("drafts are shown as thoughts when thoughts are asked for", async () => {
  const body = ask("A cat", { generationConfig: { thinkingConfig: { includeThoughts: true } } });
  const parts = partsOf((await emulator.generate("gemini-nano-banana-2.1", body)).json);
  assert.deepEqual(
    parts.map((part) => [Object.keys(part)[0], part.thought === true]),
    [
      ["text", true],
      ["inlineData", true],
      ["text", false],
      ["inlineData", false],
    ],
  );
});
