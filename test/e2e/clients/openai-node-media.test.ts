// Goal: openai SDK users send and get images, sound and films in every form their programs already use.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type OpenAI from "openai";
import { readImage } from "../../../src/emulator/media/image-facts.ts";
import { type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { collect, connect, extra, MODEL, textOf, user } from "./openai-sdk.ts";
import {
  ALLOW_LOOPBACK_MEDIA,
  base64Of,
  dataUrlOf,
  MP4,
  PNG,
  startMediaHost,
  WAV,
  type MediaHost,
} from "./sample-media.ts";

type Part = OpenAI.ChatCompletionContentPart;
type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

const IMAGE_MODEL = "gemini-3.1-flash-image";
const OLD_IMAGE_MODEL = "gemini-2.5-flash-image";

let gateway: TestGateway;
let host: MediaHost;
let openai: OpenAI;
before(async () => {
  host = await startMediaHost();
  gateway = await startInformedGateway(ALLOW_LOOPBACK_MEDIA);
  openai = connect(gateway);
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

/** The answer as whole text, and the same asked for as a stream. */
async function bothWays(body: Body): Promise<string[]> {
  const whole = await openai.chat.completions.create(body);
  const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
  return [whole.choices[0]?.message.content ?? "", textOf(chunks)];
}

describe("understanding", () => {
  const image = (url: string): Part => ({ type: "image_url", image_url: { url } });
  const seen = {
    image: /image\/png, \d+ bytes, 48×32 pixels/,
    sound: /audio\/wav, \d+ bytes, 1\.\d seconds/,
    film: /video\/mp4, \d+ bytes, 3\.0 seconds/,
  };
  const ways: readonly [string, keyof typeof seen, () => Part][] = [
    ["an image as a data URL", "image", () => image(dataUrlOf(PNG))],
    ["an image behind an http URL", "image", () => image(`${host.origin}/cat.png`)],
    ["an image as bare base64", "image", () => image(base64Of(PNG))],
    ["an image under a wrong type", "image", () => image(dataUrlOf({ ...PNG, mimeType: "image/jpeg" }))],
    [
      "sound as input_audio",
      "sound",
      () => ({ type: "input_audio", input_audio: { data: base64Of(WAV), format: "wav" } }),
    ],
    ["sound in image_url, as a data URL", "sound", () => image(dataUrlOf(WAV))],
    ["sound in image_url, behind an http URL", "sound", () => image(`${host.origin}/talk.wav`)],
    ["sound in image_url, as bare base64", "sound", () => image(base64Of(WAV))],
    ["a film in image_url, as a data URL", "film", () => image(dataUrlOf(MP4))],
    ["a film in image_url, behind an http URL", "film", () => image(`${host.origin}/film.mp4`)],
    ["a film in image_url, as bare base64", "film", () => image(base64Of(MP4))],
    ["a film as a file", "film", () => ({ type: "file", file: { filename: "film.mp4", file_data: dataUrlOf(MP4) } })],
  ];
  for (const [name, kind, part] of ways) {
    test(`${name} is seen by the model`, async () => {
      const messages = user([{ type: "text", text: "What is in it?" }, part()]);
      for (const text of await bothWays({ model: MODEL, messages })) assert.match(text, seen[kind]);
    });
  }

  test("several media keep their order", async () => {
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: user([image(base64Of(WAV)), { type: "text", text: "Compare." }, image(dataUrlOf(PNG))]),
    });
    assert.match(answer.choices[0]?.message.content ?? "", /1\. audio\/wav[^\n]*\n2\. image\/png/);
  });
});

const PICTURE = /!\[image\]\((data:image\/png;base64,[A-Za-z0-9+/=]+)\)/g;

function picturesIn(text: string): string[] {
  return Array.from(text.matchAll(PICTURE), ([, url = ""]) => url);
}

function sizeOf(dataUrl: string): string {
  const { mimeType, width, height } = readImage(Buffer.from(dataUrl.split(",")[1] ?? "", "base64")) ?? {};
  return `${mimeType} ${width}×${height}`;
}

/** The de-facto field `images` of a message or delta. */
function imagesOf(message: object): string[] {
  const images = (extra(message, "images") ?? []) as { type: string; image_url: { url: string } }[];
  return images.map(({ type, image_url: { url } }) => (type === "image_url" ? url : ""));
}

describe("drawing", () => {
  const messages = user("Draw two pictures of a cat.");

  test("pictures come as Markdown in the content", async () => {
    for (const text of await bothWays({ model: IMAGE_MODEL, messages })) {
      assert.deepEqual(picturesIn(text).map(sizeOf), ["image/png 1024×1024", "image/png 1024×1024"]);
      assert.match(text, /^Here are the 2 pictures/);
    }
  });

  test("a stream brings each picture in one chunk", async () => {
    const chunks = await collect(await openai.chat.completions.create({ model: IMAGE_MODEL, messages, stream: true }));
    const whole = chunks.filter(({ choices }) => picturesIn(choices[0]?.delta.content ?? "").length === 1);
    assert.equal(whole.length, 2);
  });

  test("with modalities image they come as images, and with the header both ways", async () => {
    // `image` is no modality of OpenAI's own: the type of the SDK does not know it.
    const modalities = ["text", "image"] as unknown as "text"[];
    const listed = await openai.chat.completions.create({ model: IMAGE_MODEL, messages, modalities });
    const message = listed.choices[0]?.message;
    assert.ok(message);
    assert.equal(picturesIn(message.content ?? "").length, 0);
    assert.equal(imagesOf(message).map(sizeOf).length, 2);
    const headers = { "x-gateway-images": "both" };
    const both = await openai.chat.completions.create({ model: IMAGE_MODEL, messages }, { headers });
    assert.deepEqual(imagesOf(both.choices[0]?.message ?? {}), picturesIn(both.choices[0]?.message.content ?? ""));
    const stream = await openai.chat.completions.create({ model: IMAGE_MODEL, messages, stream: true }, { headers });
    const deltas = (await collect(stream)).flatMap(({ choices }) => choices.map(({ delta }) => delta));
    assert.deepEqual(
      deltas.flatMap(imagesOf),
      deltas.flatMap(({ content }) => picturesIn(content ?? "")),
    );
    assert.equal(deltas.flatMap(imagesOf).length, 2);
  });

  for (const model of [IMAGE_MODEL, OLD_IMAGE_MODEL]) {
    test(`a picture of an earlier answer goes back as a picture and is edited (${model})`, async () => {
      const first = await openai.chat.completions.create({ model, messages: user("Draw a cat, 画小猫.") });
      const content = first.choices[0]?.message.content ?? "";
      assert.equal(picturesIn(content).length, 1);
      const { data, response } = await openai.chat.completions
        .create({
          model,
          messages: [...user("Draw a cat, 画小猫."), { role: "assistant", content }, ...user("Make its hat red.")],
        })
        .withResponse();
      assert.equal(response.headers.get("x-gateway-warnings"), null);
      const answer = data.choices[0]?.message.content ?? "";
      assert.equal(picturesIn(answer).length, 1);
      // Base64 that travelled as text would cost thousands of tokens.
      const told = extra(data.usage?.prompt_tokens_details ?? {}, "text_tokens");
      assert.ok(typeof told === "number" && told < 200, String(told));
    });
  }

  test("an own picture is edited: the answer says it was changed", async () => {
    const messages = user([
      { type: "text", text: "Paint it blue." },
      { type: "image_url", image_url: { url: dataUrlOf(PNG) } },
    ]);
    for (const text of await bothWays({ model: IMAGE_MODEL, messages })) {
      assert.match(text, /^Here is the picture changed as you asked/);
      assert.equal(picturesIn(text).length, 1);
    }
  });
});

interface Wave {
  readonly format: number;
  readonly channels: number;
  readonly rateHz: number;
  readonly bits: number;
  readonly claimedBytes: number;
  readonly samples: Buffer;
}

/** A WAV file of the plain 44-byte header; throws when it is none. */
function readWave(bytes: Buffer): Wave {
  assert.equal(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16), "RIFFWAVEfmt ");
  assert.equal(bytes.toString("latin1", 36, 40), "data");
  return {
    format: bytes.readUInt16LE(20),
    channels: bytes.readUInt16LE(22),
    rateHz: bytes.readUInt32LE(24),
    bits: bytes.readUInt16LE(34),
    claimedBytes: bytes.readUInt32LE(40),
    samples: bytes.subarray(44),
  };
}

describe("speaking", () => {
  const speak = (model: string, format: "wav" | "pcm16"): Body => ({
    model,
    messages: user("Say cheerfully: have a wonderful day!"),
    modalities: ["text", "audio"],
    audio: { voice: "alloy", format },
  });
  const deltasOf = async (body: Body): Promise<{ id?: string; data?: string; expires_at?: number }[]> => {
    const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
    return chunks.flatMap(({ choices }) => choices.map(({ delta }) => extra(delta, "audio") ?? {}));
  };

  for (const model of ["gemini-3.8-flash-tts", "gemini-2.5-flash-preview-tts"]) {
    test(`a whole answer holds a valid WAV file (${model})`, async () => {
      const answer = await openai.chat.completions.create(speak(model, "wav"));
      const { audio, content } = answer.choices[0]?.message ?? {};
      assert.ok(audio);
      assert.equal(content, null);
      const { samples, claimedBytes, ...form } = readWave(Buffer.from(audio.data, "base64"));
      assert.deepEqual(form, { format: 1, channels: 1, rateHz: 24_000, bits: 16 });
      assert.equal(claimedBytes, samples.length);
      assert.ok(samples.some((byte) => byte !== 0));
    });

    test(`streamed pcm16 pieces decode one by one to the same samples (${model})`, async () => {
      const whole = await openai.chat.completions.create(speak(model, "wav"));
      const deltas = await deltasOf(speak(model, "pcm16"));
      const pieces = deltas.flatMap(({ data }) => data ?? []);
      const samples = Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
      assert.deepEqual(samples, readWave(Buffer.from(whole.choices[0]?.message.audio?.data ?? "", "base64")).samples);
      // Clients that join the text before decoding get the same bytes.
      assert.deepEqual(Buffer.from(pieces.join(""), "base64"), samples);
      // Google streams speech in pieces only from 3.8 on.
      assert.ok(model.startsWith("gemini-2.5") || pieces.length > 1);
      assert.equal(deltas.filter(({ id }) => id !== undefined).length, 1);
      assert.equal(deltas.filter(({ expires_at: expires }) => expires !== undefined).length, 1);
    });

    test(`a streamed WAV has one header that leaves its length open (${model})`, async () => {
      const pieces = (await deltasOf(speak(model, "wav"))).flatMap(({ data }) => data ?? []);
      const { claimedBytes, samples } = readWave(Buffer.from(pieces.join(""), "base64"));
      assert.equal(claimedBytes, 0xffffffff);
      assert.ok(samples.length > 24_000 && !samples.includes("RIFF"));
    });

    test(`without the audio modality the sound is a link in the content (${model})`, async () => {
      for (const text of await bothWays({ model, messages: user("Say: good morning.") })) {
        const [, base64 = ""] = /^\[audio\]\(data:audio\/wav;base64,([A-Za-z0-9+/=]+)\)$/.exec(text.trim()) ?? [];
        assert.ok(readWave(Buffer.from(base64, "base64")).samples.length > 24_000);
      }
    });
  }
});
