// The public interface on how answers are shown and come back, sentence by sentence: images, code, sound, citations. JSON and stream agree.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readChunks, type Json } from "../openai/sse-fold.ts";
import { partsChunk, pngBase64, type JsonObject } from "../support/faulty-gemini.ts";
import { startRig, STREAM, user, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

const png = (seed: number): string => pngBase64(120, seed);
const url = (seed: number): string => `data:image/png;base64,${png(seed)}`;
const picture = (seed: number, more: JsonObject = {}): JsonObject => ({
  inlineData: { mimeType: "image/png", data: png(seed) },
  ...more,
});
const code = (text: string, more: JsonObject = {}): JsonObject => ({
  executableCode: { id: "c1", language: "PYTHON", code: text },
  ...more,
});
const output = (text: string, more: JsonObject = {}): JsonObject => ({
  codeExecutionResult: { id: "c1", outcome: "OUTCOME_OK", output: text },
  ...more,
});
/** Each list of parts is one chunk of the stream; the last one ends it. */
const chunks = (...all: JsonObject[][]): JsonObject[] =>
  all.map((parts, index) => partsChunk(parts, index === all.length - 1 ? { finishReason: "STOP" } : {}));
const listed = (...seeds: number[]): object[] =>
  seeds.map((seed, index) => ({ type: "image_url", index, image_url: { url: url(seed) } }));
const withoutExtra = ({ role, content, images }: Json): object => ({ role, content, images });

describe("images", () => {
  const answer = chunks(
    [{ text: "A😀" }],
    [picture(9, { thought: true })],
    [picture(1)],
    [{ text: "mid" }],
    [picture(2), picture(3)],
    [{ text: "end" }],
  );
  const markdown = `A😀![image](${url(1)})mid![image](${url(2)})![image](${url(3)})end`;
  const modalities = ["text", "image"];
  const google = { extra_body: { google: { responseModalities: ["TEXT", "IMAGE"] } } };
  const rows: [
    title: string,
    body: object,
    header: string | undefined,
    content: string,
    images: object[] | undefined,
  ][] = [
    ["stand as Markdown in content by default", {}, undefined, markdown, undefined],
    ["stand in images[] when modalities contains image", { modalities }, undefined, "A😀midend", listed(1, 2, 3)],
    ["also when Google's own field says so", google, undefined, "A😀midend", listed(1, 2, 3)],
    ["stand in images[] when the header says so", {}, "images", "A😀midend", listed(1, 2, 3)],
    ["stand in both places when the header says both", {}, "both", markdown, listed(1, 2, 3)],
    [
      "stand as Markdown when the header says so, whatever modalities are",
      { modalities },
      "markdown",
      markdown,
      undefined,
    ],
  ];
  for (const [title, body, header, content, images] of rows) {
    test(`${title}; a draft of thinking never`, async () => {
      const headers = header === undefined ? {} : { "x-gateway-images": header };
      const { json } = await rig.askBoth({ model: "gemini-nano-banana-2.1", ...body }, answer, headers);
      assert.deepEqual(withoutExtra(json.choices[0].message), { role: "assistant", content, images });
    });
  }

  test("an unknown word in the header is a 400 that names the header", async () => {
    const { status, json } = await rig.ask({}, answer, { "x-gateway-images": "links" });
    assert.deepEqual([status, json.error.param], [400, "x-gateway-images"]);
  });

  test("in a stream one image is one delta, and id, model and created are equal in every chunk", async () => {
    const body = { model: "models/gemini-nano-banana-2.1", ...STREAM };
    const told = readChunks((await rig.ask(body, answer, { "x-gateway-images": "both" })).text);
    const deltas = told.flatMap(({ choices }) => choices).map(({ delta }: Json) => delta);
    const withMarkdown = deltas.filter(({ content }: Json) => content?.includes("data:"));
    assert.deepEqual(
      withMarkdown.map(({ content, images }: Json) => [content, images.length]),
      [1, 2, 3].map((seed) => [`![image](${url(seed)})`, 1]),
    );
    assert.equal(new Set(told.map(({ id, model, created }) => JSON.stringify([id, model, created]))).size, 1);
    assert.equal(told[0].model, body.model);
  });
});

describe("code", () => {
  const answer = chunks([{ text: "Let me." }], [code("print(1)")], [output("1")], [picture(1)], [{ text: "It is 1." }]);
  const parts = [
    { text: "Let me." },
    code("print(1)"),
    output("1"),
    { inlineData: { mimeType: "image/png" } },
    { text: "It is 1." },
  ];

  test("is fenced to the letter, its result after it, a plot after that; parts travel once, in order, without bytes", async () => {
    const { json } = await rig.askBoth({}, answer);
    const { content, extra_content: extra } = json.choices[0].message;
    assert.equal(
      content,
      `Let me.\n\`\`\`python\nprint(1)\n\`\`\`\n\n\`\`\`output\n1\n\`\`\`\n![image](${url(1)})It is 1.`,
    );
    assert.deepEqual(extra.google.parts, parts);
  });

  test("marked as thought is not rendered, but a call marked as thought is a call", async () => {
    const thought = { thought: true };
    const call = { functionCall: { name: "f", args: { a: 1 } }, ...thought };
    const tools = [{ type: "function", function: { name: "f" } }];
    const { json } = await rig.askBoth({ tools }, chunks([code("x", thought), output("y", thought)], [call]));
    const [{ message, finish_reason: finish }] = json.choices;
    assert.deepEqual([message.content, finish], [null, "tool_calls"]);
    assert.deepEqual(message.tool_calls[0].function, { name: "f", arguments: '{"a":1}' });
  });

  for (const type of ["json_object", "json_schema"]) {
    test(`no fences, images or links enter content with ${type}`, async () => {
      const format = {
        type,
        ...(type === "json_schema" && { json_schema: { name: "n", schema: { type: "object" } } }),
      };
      const film = { fileData: { mimeType: "video/mp4", fileUri: "https://example.com/a.mp4" } };
      const { json } = await rig.askBoth(
        { response_format: format },
        chunks([code("x")], [output("y"), picture(1), film], [{ text: '{"a":1}' }]),
      );
      const { content, images } = json.choices[0].message;
      assert.deepEqual([content, images], ['{"a":1}', listed(1)]);
      assert.deepEqual(
        json.warnings.map(({ code: word }: Json) => word),
        ["part_unsupported"],
      );
    });
  }

  test("thoughts are reasoning_content and reasoning, and never in content", async () => {
    const { json } = await rig.askBoth(
      {},
      chunks([{ text: "Hm", thought: true }], [{ text: "m.", thought: true }], [{ text: "A" }]),
    );
    const { content, reasoning, reasoning_content: same } = json.choices[0].message;
    assert.deepEqual([content, reasoning, same], ["A", "Hmm.", "Hmm."]);
  });
});

describe("what is sent back", () => {
  const SIGNED = { thoughtSignature: Buffer.from("first").toString("base64") };
  const LAST = { thoughtSignature: Buffer.from("last").toString("base64") };
  const plain = ({ content, tool_calls: calls, images }: Json): Json => ({
    role: "assistant",
    content,
    ...(images && { images }),
    ...(calls && { tool_calls: calls.map(({ id, type, function: called }: Json) => ({ id, type, function: called })) }),
  });
  const search = { toolCall: { id: "s1", toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["x"] } }, ...SIGNED };
  const found = { toolResponse: { id: "s1", toolType: "GOOGLE_SEARCH_WEB", response: { r: 1 } } };
  const called = { functionCall: { id: "f1", name: "f", args: { a: 1 } }, ...LAST };
  const answered = { functionCall: { name: "m", args: { a: 1 } } };
  const image = { model: "gemini-3-pro-image" };
  const drawn = (nr: number): JsonObject[][] => [
    [{ text: `Draft ${nr}😀` }],
    [picture(1, SIGNED)],
    [{ text: "mid" }],
    [picture(2, LAST)],
    [{ text: "end", ...LAST }],
  ];
  const rows: [title: string, body: object, parts: JsonObject[][]][] = [
    [
      "code with its plot",
      {},
      [[{ text: "A" }], [code("1\n", SIGNED)], [output("1\n")], [picture(4)], [{ text: "B", ...LAST }]],
    ],
    [
      "code under a JSON format",
      { response_format: { type: "json_object" } },
      [[code("2", SIGNED)], [output("2")], [{ text: "{}" }]],
    ],
    ["a tool of Google's before text", {}, [[search], [found], [{ text: "Found." }]]],
    ["a tool of Google's before a call", {}, [[search], [found], [called]]],
    [
      "a call that Google answered itself",
      {},
      [[answered], [{ functionResponse: { name: "m", response: { r: 2 } } }], [{ text: "Two." }]],
    ],
    ["a part of an unknown kind", {}, [[{ text: "See" }], [{ hologram: { x: 1 }, ...SIGNED }]]],
    ["images in the text", image, drawn(1)],
    ["images in their list", { ...image, modalities: ["text", "image"] }, drawn(2)],
    ["an image with a signed empty text after it", image, [[picture(3, SIGNED)], [{ text: "", ...LAST }]]],
    ["text with a signature", {}, [[{ text: "Signed." }], [{ text: "", ...LAST }]]],
  ];
  const WAYS: [how: string, edit: (message: Json) => Json][] = [
    ["as it came", (message) => message],
    ["stripped to what every client keeps", plain],
  ];
  for (const [title, body, parts] of rows) {
    for (const [how, edit] of WAYS) {
      const lost = how !== "as it came" && title.startsWith("an image with a signed");
      test(`${title}, ${how}, goes up as Gemini made it${lost ? ", but for what no digest can find" : ""}`, async () => {
        for (const mode of [{}, STREAM]) {
          const { json } = await rig.ask({ ...body, ...mode }, chunks(...parts, [{ text: "" }]));
          const { message } = json.choices[0];
          const results = (message.tool_calls ?? []).map(({ id }: Json) => ({
            role: "tool",
            tool_call_id: id,
            content: "{}",
          }));
          const next = results.length > 0 ? results : [user("Go on.")];
          const { sent } = await rig.ask({ ...body, messages: [user("Hi"), edit(message), ...next] });
          assert.deepEqual(sent[0].contents[1].parts, joined(lost ? parts.slice(0, 1) : parts));
        }
      });
    }
  }

  test("extra_content.google.parts win over content, an image that is gone is left out with a warning", async () => {
    const { json } = await rig.ask({}, chunks([{ text: "A" }], [code("1")], [output("1"), picture(1)]));
    const message = { ...json.choices[0].message, content: "Somebody wrote over it." };
    const { sent, warnings } = await rig.ask({ messages: [user("Hi"), message, user("Go on.")] });
    assert.deepEqual(sent[0].contents[1].parts, [{ text: "A" }, code("1"), output("1")]);
    assert.deepEqual(warnings, ["image_missing:messages[1].extra_content.google.parts[3]"]);
  });

  /** A signed empty text belongs to the text before it. */
  function joined(parts: readonly JsonObject[][]): JsonObject[] {
    const all: JsonObject[] = [];
    for (const part of parts.flat()) {
      const before = all.at(-1);
      if (part["text"] === "" && typeof before?.["text"] === "string") all[all.length - 1] = { ...part, ...before };
      else all.push(part);
    }
    return all;
  }
});

describe("citations", () => {
  test("are annotations in UTF-16 units of content as sent, behind emoji, fences and images", async () => {
    const [one, two] = ["Früh 😀 eins. ", "Zwei 🎉 drei."];
    const whole = one + two;
    const support = (text: string, index: number): object => {
      const startIndex = Buffer.byteLength(whole.slice(0, whole.indexOf(text)));
      return {
        segment: { startIndex, endIndex: startIndex + Buffer.byteLength(text), text },
        groundingChunkIndices: [index],
      };
    };
    const groundingMetadata = {
      groundingChunks: [
        { web: { uri: "https://a.example", title: "A" } },
        { maps: { uri: "https://m.example", title: "M" } },
      ],
      groundingSupports: [support("eins", 0), support("🎉 drei", 1)],
    };
    const urlContextMetadata = {
      urlMetadata: [{ retrievedUrl: "https://u.example", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_SUCCESS" }],
    };
    const safetyRatings = [{ category: "HARM_CATEGORY_HARASSMENT", probability: "LOW" }];
    const { json } = await rig.askBoth({}, [
      partsChunk([{ text: "Hm", thought: true }]),
      partsChunk([{ text: one }, code("1"), output("1"), picture(1)]),
      partsChunk([{ text: two }], {
        finishReason: "STOP",
        candidate: { groundingMetadata, urlContextMetadata, safetyRatings, finishMessage: "Done." },
      }),
    ]);
    const [{ message, ...choice }] = json.choices;
    assert.deepEqual(
      message.annotations.map(({ url_citation: { start_index: start, end_index: end, ...source } }: Json) => [
        message.content.slice(start, end),
        source,
      ]),
      [
        ["eins", { url: "https://a.example", title: "A" }],
        ["🎉 drei", { url: "https://m.example", title: "M" }],
      ],
    );
    assert.deepEqual([choice.native_finish_reason, choice.finish_message], ["STOP", "Done."]);
    assert.deepEqual([choice.safety_ratings, choice.url_context_metadata], [safetyRatings, urlContextMetadata]);
    assert.deepEqual(choice.grounding_metadata.groundingChunks, groundingMetadata.groundingChunks);
  });
});
