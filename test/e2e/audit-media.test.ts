// The public interface on media in requests, sentence by sentence: every part type, every way to give bytes, every type; links and limits.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { sampleHeads } from "../media/sample-heads.ts";
import type { Json } from "../openai/sse-fold.ts";
import { assistant, call, declared, MODELS, result, startRig, user, type Rig } from "./audit/rig.ts";

interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  /** What is said of it. */
  readonly said: string;
  /** What Gemini gets; undefined: it does not read such a thing. */
  readonly sent: string | undefined;
  /** Nothing in the bytes tells the type. */
  readonly isText?: true;
}

const REFUSED = new Set([
  "image/gif",
  "image/tiff",
  "image/avif",
  "audio/x-ms-wma",
  "video/ogg",
  "video/x-matroska",
  "image/bmp",
]);
const text = (said: string, content: string, sent = said): Sample => ({
  name: said,
  bytes: Buffer.from(content),
  said,
  sent,
  isText: true,
});
const SAMPLES: readonly Sample[] = [
  ...sampleHeads.map(([name, type, head]) => ({
    name,
    bytes: Buffer.from(head, "base64"),
    said: type,
    sent: REFUSED.has(type) ? undefined : type,
  })),
  {
    name: "i.heic",
    bytes: Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
    said: "image/heic",
    sent: "image/heic",
  },
  { name: "d.pdf", bytes: Buffer.from("%PDF-1.7\n%\xe2\xe3"), said: "application/pdf", sent: "application/pdf" },
  text("text/plain", "Grüße\n"),
  text("text/csv", "a,b\n1,2\n"),
  text("text/html", "<!doctype html><p>hi</p>"),
  text("text/markdown", "# hi\n"),
  text("application/json", '{"a":1}'),
  text("application/xml", "<?xml version='1.0'?><a/>", "text/xml"),
];

let rig: Rig;
let host: Server;
let origin: string;
const asked: string[] = [];
before(async () => {
  host = createServer((request, response) => {
    asked.push(request.url ?? "");
    const found = SAMPLES.find(({ name }) => request.url === `/${encodeURIComponent(name)}`);
    response.setHeader("content-type", found?.said ?? "text/plain").end(found?.bytes);
  }).listen(0, "127.0.0.1");
  await once(host, "listening");
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  rig = await startRig(MODELS, { MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
  host.close();
});

/** Ways to write the same media down. The last three say no type, so only bytes that tell their own can come this way. */
const FORMS: Readonly<Record<string, (sample: Sample) => string>> = {
  "a data URL": ({ said, bytes }) => `data:${said};base64,${bytes.toString("base64")}`,
  "a data URL with parameters": ({ said, bytes }) => `data:${said};charset=utf-8;base64,${bytes.toString("base64")}`,
  "a URL-safe data URL": ({ said, bytes }) => `data:${said};base64,${bytes.toString("base64url")}`,
  "an http URL": ({ name }) => `${origin}/${encodeURIComponent(name)}`,
  "bare base64": ({ bytes }) => bytes.toString("base64"),
  "bare base64 without padding": ({ bytes }) => bytes.toString("base64").replace(/=+$/, ""),
  "bare URL-safe base64": ({ bytes }) => bytes.toString("base64url"),
};
const PARTS: Readonly<Record<string, { readonly param: string; readonly make: (value: string) => object }>> = {
  image_url: { param: "image_url.url", make: (url) => ({ image_url: { url } }) },
  video_url: { param: "video_url.url", make: (url) => ({ video_url: { url } }) },
  input_audio: { param: "input_audio.data", make: (data) => ({ input_audio: { data } }) },
  file: { param: "file.file_data", make: (data) => ({ file: { file_data: data, filename: "x" } }) },
};

describe("media of every type", () => {
  for (const [type, { param, make }] of Object.entries(PARTS)) {
    for (const [form, write] of Object.entries(FORMS)) {
      test(`in ${type} as ${form} reach Gemini unchanged, or are a 400 naming the param`, async () => {
        for (const sample of SAMPLES) {
          if (sample.isText && form.startsWith("bare")) continue;
          const isUrlOnly = sample.said === "image/bmp" && form === "an http URL";
          const content = [
            { type: "text", text: "What is it?" },
            { type, ...make(write(sample)) },
            { type: "text", text: "Say." },
          ];
          const { status, json, sent, warnings } = await rig.ask({ messages: [user(content)] });
          const mimeType = isUrlOnly ? sample.said : sample.sent;
          if (mimeType === undefined) {
            assert.deepEqual(
              [sample.name, status, json.error?.param, sent],
              [sample.name, 400, `messages[0].content[1].${param}`, []],
            );
            // The sample is the head of a gif, which has no picture to be shown in its place.
            const told = sample.said === "image/gif" ? /gif cannot be read/ : /png, jpeg, webp/;
            if (sample.said.startsWith("image/")) assert.match(json.error.message, told);
            continue;
          }
          const data = sample.bytes.toString("base64");
          assert.deepEqual(
            [sample.name, sent[0]?.contents[0].parts, warnings],
            [sample.name, [{ text: "What is it?" }, { inlineData: { mimeType, data } }, { text: "Say." }], []],
          );
        }
      });
    }
  }

  test("the bytes decide: what was said wrongly is corrected with a warning, and strict mode refuses it", async () => {
    for (const sample of SAMPLES) {
      if (sample.isText || sample.sent === undefined || sample.sent === "image/webp") continue;
      const url = `data:image/webp;base64,${sample.bytes.toString("base64")}`;
      const body = { messages: [user([{ type: "image_url", image_url: { url } }])] };
      // ISO, Matroska and ASF files of sound alone are known by their tracks, which a picture's name does not deny.
      const { sent, warnings } = await rig.ask(body);
      assert.deepEqual(
        [sample.name, sent[0].contents[0].parts[0].inlineData.mimeType, warnings],
        [sample.name, sample.sent, ["media_type_corrected:messages[0].content[0].image_url.url"]],
      );
      const strict = await rig.ask(body, undefined, { "x-gateway-strict": "true" });
      assert.deepEqual(
        [strict.status, strict.json.error.param, strict.sent],
        [400, "messages[0].content[0].image_url.url", []],
      );
    }
  });
});

const PNG = SAMPLES.find(({ name }) => name === "i.png") as Sample;
const MP4 = SAMPLES.find(({ name }) => name === "v.mp4") as Sample;
const dataUrl = FORMS["a data URL"] as (sample: Sample) => string;
const image = (more: object = {}): object => ({ type: "image_url", image_url: { url: dataUrl(PNG), ...more } });
const inline = (sample: Sample, more: object = {}): object => ({
  inlineData: { mimeType: sample.sent, data: sample.bytes.toString("base64") },
  ...more,
});
const partsOf = ({ sent }: { readonly sent: readonly Json[] }, turn = 0): Json => sent[0].contents[turn].parts;

describe("links", () => {
  const ID = "dQw4w9WgXcQ";
  for (const link of [
    `https://www.youtube.com/watch?v=${ID}`,
    `https://youtube.com/watch?v=${ID}&t=10s`,
    `https://www.youtube.com/watch?feature=share&v=${ID}`,
    `http://youtu.be/${ID}?si=x`,
    `https://www.youtube.com/shorts/${ID}`,
    `https://www.youtube.com/embed/${ID}`,
    `https://www.youtube.com/live/${ID}?feature=share`,
    `https://m.youtube.com/watch?v=${ID}`,
    `https://music.youtube.com/watch?v=${ID}`,
    `https://www.youtube-nocookie.com/embed/${ID}`,
  ]) {
    test(`${link} goes to Gemini in watch form, in whatever part it stands`, async () => {
      for (const [type, { make }] of Object.entries(PARTS)) {
        const told = await rig.ask({ messages: [user([{ type, ...make(link) }])] });
        assert.deepEqual(partsOf(told), [{ fileData: { fileUri: `https://www.youtube.com/watch?v=${ID}` } }]);
      }
    });
  }

  test("to one address several times are fetched once", async () => {
    asked.length = 0;
    const part = { type: "image_url", image_url: { url: `${origin}/i.png` } };
    const told = await rig.ask({ messages: [user([part, { type: "text", text: "and" }, part])] });
    assert.deepEqual(partsOf(told), [inline(PNG), { text: "and" }, inline(PNG)]);
    assert.deepEqual(asked, ["/i.png"]);
  });

  for (const bad of [
    "ftp://example.com/a.png",
    "file:///etc/passwd",
    "http://",
    "data:image/png;base64,@@@",
    "data:image/png,abc",
    "not base64!",
  ]) {
    test(`${bad} is a 400 that names the param`, async () => {
      const { status, json, sent } = await rig.ask({
        messages: [user([{ type: "image_url", image_url: { url: bad } }])],
      });
      assert.deepEqual([status, json.error.param, sent], [400, "messages[0].content[0].image_url.url", []]);
    });
  }
});

describe("options of media", () => {
  for (const [detail, level] of Object.entries({
    low: "LOW",
    medium: "MEDIUM",
    high: "HIGH",
    original: "ULTRA_HIGH",
    ultra_high: "ULTRA_HIGH",
  })) {
    test(`detail ${detail} is the part's resolution ${level}`, async () => {
      const told = await rig.ask({ messages: [user([image({ detail })])] });
      assert.deepEqual(partsOf(told), [inline(PNG, { mediaResolution: { level: `MEDIA_RESOLUTION_${level}` } })]);
    });
  }

  test("detail auto is none, and models before Gemini 3 take none on a part: a warning", async () => {
    assert.deepEqual(partsOf(await rig.ask({ messages: [user([image({ detail: "auto" })])] })), [inline(PNG)]);
    const told = await rig.ask({ model: "gemini-2.5-flash", messages: [user([image({ detail: "low" })])] });
    assert.deepEqual(partsOf(told), [inline(PNG)]);
    assert.deepEqual(told.warnings, ["media_resolution_ignored:messages[0].content[0].image_url.detail"]);
  });

  test("video_metadata in both cases of letters is videoMetadata", async () => {
    const rows: [object, object][] = [
      [
        { video_metadata: { start_offset: "10s", end_offset: "20.5s", fps: 2 } },
        { startOffset: "10s", endOffset: "20.5s", fps: 2 },
      ],
      [
        { videoMetadata: { startOffset: 10, endOffset: "1.25", fps: 0.5 } },
        { startOffset: "10s", endOffset: "1.25s", fps: 0.5 },
      ],
    ];
    for (const [more, videoMetadata] of rows) {
      const told = await rig.ask({
        messages: [user([{ type: "video_url", video_url: { url: dataUrl(MP4), ...more } }])],
      });
      assert.deepEqual(partsOf(told), [inline(MP4, { videoMetadata })]);
    }
  });
});

describe("media of earlier turns", () => {
  const markdown = `Here: ![image](${dataUrl(PNG)}) done`;
  const images = [{ type: "image_url", image_url: { url: dataUrl(PNG) } }];
  const rows: [title: string, message: object, parts: object[]][] = [
    ["Markdown data URLs", assistant(markdown), [{ text: "Here: " }, inline(PNG), { text: " done" }]],
    ["images[]", assistant("Here", undefined, { images }), [{ text: "Here" }, inline(PNG)]],
    ["both, once", assistant(markdown, undefined, { images }), [{ text: "Here: " }, inline(PNG), { text: " done" }]],
    ["content parts", assistant([{ type: "text", text: "Here" }, image()]), [{ text: "Here" }, inline(PNG)]],
  ];
  for (const [title, message, parts] of rows) {
    test(`an answer's images come back from ${title}`, async () => {
      const told = await rig.ask({ messages: [user("Draw."), message, user("Again.")] });
      assert.deepEqual(partsOf(told, 1), parts);
    });
  }

  test("images of a tool's result stand inside it from Gemini 3 on, and beside it before", async () => {
    const messages = [
      user("Look."),
      assistant(null, [call("c1", "shot")]),
      result("c1", [{ type: "text", text: "seen" }, image()]),
    ];
    const body = { messages, tools: [declared("shot")] };
    const response = { name: "shot", response: { output: "seen" } };
    assert.deepEqual(partsOf(await rig.ask(body), 2), [{ functionResponse: { ...response, parts: [inline(PNG)] } }]);
    const { sent } = await rig.ask({ ...body, model: "gemini-2.5-flash" });
    assert.deepEqual(
      sent[0].contents.slice(2).map(({ parts }: Json) => parts),
      [[{ functionResponse: response }], [{ text: "Media that shot returned:" }, inline(PNG)]],
    );
  });
});
