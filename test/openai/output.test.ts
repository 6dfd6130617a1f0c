// Form of the answer: response_format, kinds of output, tiers, streams, and who asks for which model.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Modality, ServiceTier } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { read, refusalOf, requestOf, warningsOf } from "./reading.ts";

const fieldsOf = (bodies: object[]): (string | undefined)[] => bodies.map((body) => refusalOf(body).field);

describe("response_format", () => {
  const formatOf = (format: unknown) => requestOf({ response_format: format }).outputFormat?.kind;
  it("text is nothing, json_object is some JSON", () => {
    assert.equal(formatOf({ type: "text" }), undefined);
    assert.equal(formatOf(null), undefined);
    assert.equal(formatOf({ type: "json_object" })?.case, "jsonObject");
  });
  it("json_schema keeps its schema to the letter", () => {
    const schema = { type: "object", properties: { b: { const: null }, a: {} }, $defs: {} };
    const kind = formatOf({
      type: "json_schema",
      json_schema: { name: "answer", description: "d", schema, strict: true },
    });
    assert(kind?.case === "jsonSchema");
    const { $typeName: _, ...said } = kind.value;
    assert.deepEqual(said, { name: "answer", description: "d", schema: JSON.stringify(schema), strict: true });
  });
  it("json_schema without schema is some JSON", () => {
    assert.equal(formatOf({ type: "json_schema", json_schema: { name: "a", strict: null } })?.case, "jsonObject");
  });
  it("structured delivery goes with JSON only", () => {
    assert.equal(read({ response_format: { type: "json_object" } }).delivery.structured, true);
    assert.equal(read({ response_format: { type: "text" } }).delivery.structured, false);
    assert.equal(read({}).delivery.structured, false);
  });
  it("is refused with its place", () => {
    assert.deepEqual(
      fieldsOf(
        [
          "json",
          { type: "xml" },
          {},
          { type: "json_schema" },
          { type: "json_schema", json_schema: {} },
          { type: "json_schema", json_schema: { name: "a", schema: [] } },
        ].map((format) => ({ response_format: format })),
      ),
      [
        "response_format",
        "response_format.type",
        "response_format.type",
        "response_format.json_schema",
        "response_format.json_schema.name",
        "response_format.json_schema.schema",
      ],
    );
  });
});

describe("kinds of output", () => {
  it("are text, image and audio, in any case of letters, each once", () => {
    assert.deepEqual(requestOf({ modalities: ["text", "IMAGE", "image"] }).modalities, [Modality.TEXT, Modality.IMAGE]);
    assert.deepEqual(requestOf({ modalities: ["audio"] }).modalities, [Modality.AUDIO]);
    assert.deepEqual(requestOf({ modalities: null }).modalities, []);
    assert.deepEqual(fieldsOf([{ modalities: ["video"] }, { modalities: "text" }]), ["modalities[0]", "modalities"]);
  });
  it("decide where pictures and sound go", () => {
    const of = (body: object): unknown[] => [read(body).delivery.images, read(body).delivery.audio];
    assert.deepEqual(of({}), ["markdown", "link"]);
    assert.deepEqual(of({ modalities: ["text", "image"] }), ["images", "link"]);
    assert.deepEqual(of({ modalities: ["audio"] }), ["markdown", "message"]);
  });
  it("are overruled by the header for pictures", () => {
    for (const images of ["markdown", "images", "both"])
      assert.equal(read({ modalities: ["image"] }, { images }).delivery.images, images);
    assert.equal(read({}, { images: " Both " }).delivery.images, "both");
    assert.equal(refusalOf({}, { images: "none" }).field, "x-gateway-images");
  });
});

describe("service_tier", () => {
  for (const [tier, expected, warnings] of [
    ["auto", ServiceTier.UNSPECIFIED, []],
    [null, ServiceTier.UNSPECIFIED, []],
    ["default", ServiceTier.STANDARD, []],
    ["standard", ServiceTier.STANDARD, []],
    ["flex", ServiceTier.FLEX, []],
    ["priority", ServiceTier.PRIORITY, []],
    ["scale", ServiceTier.STANDARD, ["service_tier_adjusted:service_tier"]],
    ["fast", ServiceTier.STANDARD, ["service_tier_adjusted:service_tier"]],
  ] as const) {
    it(`maps ${tier}`, () =>
      assert.deepEqual(
        [requestOf({ service_tier: tier }).serviceTier, warningsOf({ service_tier: tier })],
        [expected, warnings],
      ));
  }
  it("is refused when unknown", () => assert.deepEqual(fieldsOf([{ service_tier: "gold" }]), ["service_tier"]));
});

describe("streams", () => {
  it("are asked for, with usage at the end if wanted", () => {
    const of = (body: object): boolean[] => [read(body).delivery.stream, read(body).delivery.includeUsage];
    assert.deepEqual(of({ stream: true }), [true, false]);
    assert.deepEqual(of({ stream: true, stream_options: { include_usage: true } }), [true, true]);
    assert.deepEqual(of({ stream: null, stream_options: null }), [false, false]);
  });
  it("are needed for stream_options, as at OpenAI", () => {
    assert.deepEqual(fieldsOf([{ stream_options: {} }, { stream: false, stream_options: { include_usage: true } }]), [
      "stream_options",
      "stream_options",
    ]);
  });
  it("are not padded", () => {
    assert.deepEqual(warningsOf({ stream: true, stream_options: { include_obfuscation: true } }), [
      "parameter_ignored:stream_options.include_obfuscation",
    ]);
    assert.deepEqual(warningsOf({ stream: true, stream_options: { include_obfuscation: false } }), []);
  });
});

describe("who asks", () => {
  it("is the safety identifier, or the user", () => {
    assert.equal(requestOf({ user: "a", safety_identifier: "b" }).endUser, "b");
    assert.equal(requestOf({ user: "a" }).endUser, "a");
    assert.deepEqual(fieldsOf([{ user: "x".repeat(513) }, { user: 5 }]), ["user", "user"]);
  });
  it("may name the conversation, and whether it is stored", () => {
    assert.equal(requestOf({ prompt_cache_key: "k" }).conversationKey, "k");
    assert.deepEqual(
      [requestOf({ store: false }).store, requestOf({ store: true }).store, requestOf({}).store],
      [false, true, undefined],
    );
    assert.deepEqual(fieldsOf([{ prompt_cache_key: "x".repeat(257) }]), ["prompt_cache_key"]);
  });
});

describe("model", () => {
  it("is passed on as it was written", () => {
    for (const model of [
      "gemini-2.0-flash",
      "models/gemini-3.8-flash",
      "tunedModels/x",
      "gemini-2.5-flash-preview-05-20-thinking",
    ]) {
      assert.deepEqual([requestOf({ model }).model, read({ model }).delivery.model], [model, model]);
    }
  });
  it("may be written as OpenRouter does, and is told back so", () => {
    const model = "google/gemini-3.8-flash-thinking";
    assert.deepEqual(
      [requestOf({ model }).model, read({ model }).delivery.model],
      ["gemini-3.8-flash-thinking", model],
    );
  });
  it("cannot leave its place in a path", () => {
    for (const model of [
      "",
      "../files/x",
      "a?key=1",
      "a:generateContent#",
      "%2f",
      "a/b",
      "a b",
      "a\r\nb",
      "-a",
      "x".repeat(10_000),
    ]) {
      const failure = refusalOf({ model });
      assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "model"]);
      assert(!/[\r\n]/.test(failure.message));
    }
    assert.equal(refusalOf({ model: 5 }).reason, "INVALID_TYPE");
  });
});
