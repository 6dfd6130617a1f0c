// Goal: what is read of a body does not depend on whether its media are read as text or left as bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Base64Bytes, base64OfData } from "../../src/chat/bytes.ts";
import { listMedia } from "../../src/chat/media-items.ts";
import { readAroundMedia } from "../../src/facade/body-media.ts";
import { readChatCompletion } from "../../src/openai/request.ts";

const PICTURE = "iVBORw0K".repeat(8_000);
const URL_OF_PICTURE = `data:image/png;base64,${PICTURE}`;
const SOUND = "UklG".repeat(12_000);

function read(body: object) {
  const bytes = Buffer.from(JSON.stringify(body));
  const asWritten = readChatCompletion(JSON.parse(bytes.toString()), { headers: { strict: false, images: undefined } });
  const seen: unknown[] = [];
  const intent = readAroundMedia(bytes, (value) => {
    seen.push(value);
    return readChatCompletion(value, { headers: { strict: false, images: undefined } });
  });
  const sources = listMedia(intent.request).map(({ media }) => media.source);
  assert.deepEqual(JSON.parse(JSON.stringify(intent)), JSON.parse(JSON.stringify(asWritten)));
  const base64 = sources.map((source) => (source.case === "data" ? base64OfData(source) : source.value));
  return { base64, reads: seen.length };
}

const ask = (content: unknown, more: object = {}) => ({ model: "m", messages: [{ role: "user", content }], ...more });
const image = { type: "image_url", image_url: { url: URL_OF_PICTURE } };
const sound = { type: "input_audio", input_audio: { data: SOUND, format: "wav" } };

test("large media stay bytes of the body, and are read once", () => {
  const { base64, reads } = read(ask([{ type: "text", text: "ä" }, image, sound]));
  assert.equal(reads, 1);
  assert.ok(base64.every((one) => one instanceof Base64Bytes));
  assert.deepEqual(base64.map(String), [PICTURE, SOUND]);
});

test("media that are compared with each other are read as text", () => {
  const twice = { role: "assistant", content: [image], images: [image] };
  const within = { role: "assistant", content: `Here: ![image](${URL_OF_PICTURE})`, images: [image] };
  for (const said of [twice, within]) {
    const { base64 } = read({ model: "m", messages: [said, { role: "user", content: "More" }] });
    assert.deepEqual(base64, [PICTURE]);
  }
});

test("thousands of pictures that differ at their ends only are told apart in no time", () => {
  const picture = "A".repeat(32_768);
  const parts = Array.from({ length: 2_000 }, (_, at) => ({
    type: "image_url",
    image_url: { url: `${picture}${String(at).padStart(4, "0")}` },
  }));
  const messages = [parts.slice(0, 1_000), parts.slice(1_000)].map((content) => ({ role: "user", content }));
  const bytes = Buffer.from(JSON.stringify({ model: "m", messages }));
  const before = process.cpuUsage();
  const { request } = readAroundMedia(bytes, (body) =>
    readChatCompletion(body, { headers: { strict: false, images: undefined } }),
  );
  const { user, system } = process.cpuUsage(before);
  const urls = listMedia(request).map(({ media: { source } }) => (source.case === "data" ? base64OfData(source) : ""));
  assert.ok(urls.every((url, at) => url instanceof Base64Bytes && url.slice(-4) === String(at).padStart(4, "0")));
  // It takes 0.1 s; each held against each 3 s.
  assert.ok(user + system < 1_500_000, `${user + system} µs`);
});

test("a text that is shorter than every picture changes nothing", () => {
  const text = "\\n".repeat(20_000);
  assert.equal(read(ask([{ type: "text", text }, image])).reads, 1);
});

test("base64 that is no media reaches the request to the letter", () => {
  const parameters = { type: "object", properties: { url: { type: "string" } }, default: { url: URL_OF_PICTURE } };
  const tools = [{ type: "function", function: { name: "f", parameters } }];
  assert.equal(read(ask([sound], { tools })).base64.length, 1);
  assert.equal(read(ask(PICTURE)).base64.length, 0);
});

test("what is wrong beside large media is told of the body as it was written", () => {
  const wrong = [
    ask([image], { temperature: 9 }),
    ask([{ type: "image_url", image_url: { url: "x:".concat(PICTURE) } }]),
  ];
  for (const body of wrong) {
    const bytes = Buffer.from(JSON.stringify(body));
    const how = { headers: { strict: false, images: undefined } };
    const outcome = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return String(error);
      }
    };
    assert.deepEqual(
      outcome(() => readAroundMedia(bytes, (value) => readChatCompletion(value, how))),
      outcome(() => readChatCompletion(body, how)),
    );
  }
});
