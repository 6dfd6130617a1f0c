// Media in prompts: described by type, size, dimensions or duration, counted, and refused when bad.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readImage } from "../../../src/emulator/media/image-facts.ts";
import { readDuration } from "../../../src/emulator/media/sound-facts.ts";
import { encodePng } from "../../../src/emulator/png.ts";
import { silentMp3 } from "../../../src/emulator/silence.ts";
import { waveHeader } from "../../../src/emulator/wave.ts";
import { startTestEmulator, textOf } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const png = await encodePng({ width: 20, height: 10, palette: [0xff0000], pixels: new Uint8Array(200) });
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0000b080030004001011100ffd9", "hex");
const gif = Buffer.from("GIF89a\x05\x00\x07\x00\x00", "latin1");
const wav = Buffer.concat([waveHeader(96_000), Buffer.alloc(96_000)]);
const webp = (kind: string, ...header: number[]) =>
  Buffer.concat([Buffer.from(`RIFF\0\0\0\0WEBP${kind}\0\0\0\0`, "latin1"), Buffer.from(header), Buffer.alloc(20)]);

/** A minimal MP4: ftyp, then moov with one mvhd of version 0. */
function mp4(timescale: number, duration: number): Buffer {
  const mvhd = Buffer.alloc(108);
  mvhd.writeUInt32BE(108, 0);
  mvhd.write("mvhd", 4, "latin1");
  mvhd.writeUInt32BE(timescale, 20);
  mvhd.writeUInt32BE(duration, 24);
  const moov = Buffer.from("\0\0\0\x74moov", "latin1");
  return Buffer.concat([Buffer.from("\0\0\0\x10ftypisom\0\0\0\0", "latin1"), moov, mvhd]);
}

const inline = (mimeType: string, data: Buffer) => ({ inlineData: { mimeType, data: data.toString("base64") } });
const prompt = (...parts: object[]) => ({ contents: [{ role: "user", parts: [{ text: "What is this?" }, ...parts] }] });
const send = (model: string, ...parts: object[]) => emulator.generate(model, prompt(...parts));

test("reads the size of every image type", () => {
  assert.deepEqual(readImage(png), { mimeType: "image/png", width: 20, height: 10 });
  assert.deepEqual(readImage(jpeg), { mimeType: "image/jpeg", width: 64, height: 48 });
  assert.deepEqual(readImage(gif), { mimeType: "image/gif", width: 5, height: 7 });
  assert.deepEqual(readImage(webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 100, 0, 50, 0)), {
    mimeType: "image/webp",
    width: 100,
    height: 50,
  });
  assert.deepEqual(readImage(webp("VP8L", 0x2f, 99, 0x40, 0x0c, 0)), {
    mimeType: "image/webp",
    width: 100,
    height: 50,
  });
  assert.deepEqual(readImage(webp("VP8X", 0, 0, 0, 0, 99, 0, 0, 49, 0, 0)), {
    mimeType: "image/webp",
    width: 100,
    height: 50,
  });
  assert.deepEqual(readImage(Buffer.from("\0\0\0\x18ftypheic", "latin1")), { mimeType: "image/heic" });
  assert.equal(readImage(Buffer.from("hello")), undefined);
  assert.deepEqual(readImage(png.subarray(0, 10)), { mimeType: "image/png" });
});

test("reads how long a recording is", () => {
  assert.equal(readDuration(wav), 2);
  const streamed = Buffer.from(wav);
  streamed.writeUInt32LE(0xffffffff, 40);
  assert.equal(readDuration(streamed), 2);
  assert.equal(readDuration(mp4(1000, 2500)), 2.5);
  assert.ok(Math.abs((readDuration(silentMp3(3)) ?? 0) - 3) < 0.1);
  const tagged = Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\0\x05hello", "latin1"), silentMp3(3)]);
  assert.ok(Math.abs((readDuration(tagged) ?? 0) - 3) < 0.1);
  assert.equal(readDuration(Buffer.from("hello")), undefined);
});

test("describes what it was given", async () => {
  const { json } = await send(
    "gemini-3.8-flash",
    inline("image/png", png),
    inline("audio/wav", wav),
    inline("video/mp4", mp4(600, 900)),
    inline("application/pdf", Buffer.from("%PDF-1.4 /Type /Page /Type /Pages /Type/Page ")),
    inline("text/markdown", Buffer.from("# Título\n\n你好")),
    { fileData: { fileUri: "https://www.youtube.com/watch?v=abc" } },
    { fileData: { fileUri: "https://example.com/a.png", mimeType: "image/png" } },
  );
  const text = textOf(json);
  assert.match(text, /I was given 7 attachments:/);
  assert.match(text, new RegExp(`1\\. image/png, ${png.length} bytes, 20×10 pixels`));
  assert.match(text, /2\. audio\/wav, 96044 bytes, 2\.0 seconds/);
  assert.match(text, /3\. video\/mp4, \d+ bytes, 1\.5 seconds/);
  assert.match(text, /4\. application\/pdf, \d+ bytes, 2 page\(s\)/);
  assert.match(text, /5\. text\/markdown, \d+ bytes, beginning “# Título 你好”/);
  assert.match(text, /6\. video at https:\/\/www\.youtube\.com/);
  assert.match(text, /7\. image\/png at https:\/\/example\.com\/a\.png/);
});

test("counts media by modality, at the price of the generation", async () => {
  const details = async (model: string, ...parts: object[]) =>
    Object.fromEntries(
      (await send(model, ...parts)).json.usageMetadata.promptTokensDetails.map(
        ({ modality, tokenCount }: { modality: string; tokenCount: number }) => [modality, tokenCount],
      ),
    );
  assert.equal((await details("gemini-3.8-flash", inline("image/png", png))).IMAGE, 1120);
  assert.equal((await details("gemini-2.5-flash", inline("image/png", png))).IMAGE, 258);
  const low = { ...inline("image/png", png), mediaResolution: { level: "MEDIA_RESOLUTION_LOW" } };
  assert.equal((await details("gemini-3.8-flash", low)).IMAGE, 280);
  assert.equal((await details("gemini-3.8-flash", inline("audio/wav", wav))).AUDIO, 64);
  assert.equal((await details("gemini-3.8-flash", inline("video/mp4", mp4(1, 2)))).VIDEO, 204);
});

test("describes media that a function result brings", async () => {
  const response = { name: "shoot", response: { output: "ok" }, parts: [inline("image/png", png)] };
  const { json } = await emulator.generate("gemini-3.8-flash", {
    contents: [
      { role: "user", parts: [{ text: "Take a picture" }] },
      {
        role: "model",
        parts: [{ functionCall: { name: "shoot" }, thoughtSignature: "skip_thought_signature_validator" }],
      },
      { role: "user", parts: [{ functionResponse: response }] },
    ],
  });
  assert.match(textOf(json), /I was given one attachment:\n1\. image\/png, \d+ bytes, 20×10 pixels/);
});

test("transcription models take audio", async () => {
  assert.match(textOf((await send("gemini-3.5-transcribe", inline("audio/wav", wav))).json), /2\.0 seconds/);
});

test("refuses bad media", async () => {
  const rows: readonly (readonly [string, object, RegExp])[] = [
    ["gemini-3.8-flash", inline("image/gif", gif), /^Unsupported MIME type: image\/gif$/],
    ["gemini-3.8-flash", inline("image/jpg", jpeg), /^Unsupported MIME type: image\/jpg$/],
    ["gemini-3.8-flash", inline("application/zip", png), /^Unsupported MIME type/],
    ["gemini-3.8-flash", { inlineData: { data: "aGk=" } }, /^Unsupported MIME type/],
    ["gemini-3.8-flash", inline("image/jpeg", png), /^Unable to process input image\./],
    ["gemini-3.8-flash", inline("image/png", Buffer.from("no picture")), /^Unable to process input image\./],
    ["gemini-3.8-flash", inline("application/pdf", Buffer.from("hi")), /^The document has no pages\./],
    ["gemini-3.8-flash", inline("audio/wav", Buffer.alloc(0)), /^Request contains an invalid argument\./],
    ["gemma-4-31b-it", inline("audio/wav", wav), /^Audio input modality is not enabled for models\/gemma-4-31b-it/],
    ["gemini-2.5-flash-preview-tts", inline("image/png", png), /./],
    [
      "gemini-3.8-flash",
      { fileData: { fileUri: "gs://bucket/a.png", mimeType: "image/png" } },
      /^Invalid or unsupported file uri/,
    ],
    [
      "gemini-3.8-flash",
      { fileData: { fileUri: "https://example.com/a.mp3", mimeType: "audio/mp3" } },
      /^Unsupported MIME type/,
    ],
    [
      "gemini-3.8-flash",
      { ...inline("video/mp4", mp4(1, 1)), videoMetadata: { fps: 30 } },
      /^Request contains an invalid/,
    ],
    ["gemini-3.8-flash", { ...inline("image/png", png), videoMetadata: { fps: 1 } }, /^Request contains an invalid/],
  ];
  for (const [model, part, text] of rows) {
    const answer = await send(model, part);
    assert.equal(answer.status, 400, JSON.stringify(part).slice(0, 80));
    assert.match(answer.json.error.message, text);
  }
});

test("files of the Files API are nobody's here", async () => {
  const fileUri = "https://generativelanguage.googleapis.com/v1beta/files/abc";
  const answer = await send("gemini-3.8-flash", { fileData: { fileUri, mimeType: "video/mp4" } });
  assert.equal(answer.status, 403);
  assert.equal(answer.json.error.message, "You do not have permission to access the File abc or it may not exist.");
});
