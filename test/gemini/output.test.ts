// The form of the answer: formats, modalities, images (2.9, 5.2).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Modality } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { map, MODELS, type RequestInit, system, user } from "./mapping.ts";

const { TEXT, IMAGE, AUDIO } = Modality;

function ask(request: RequestInit, model?: string) {
  const { body, warnings } = map({ messages: [user("Hi")], ...request }, model);
  return {
    config: body.generationConfig,
    system: body.systemInstruction?.parts[0].text,
    contents: body.contents,
    warnings,
  };
}

const schema: RequestInit["outputFormat"] = {
  kind: {
    case: "jsonSchema",
    value: { name: "n", schema: '{"$schema":"x","properties":{"a":{"const":"b"}}}', strict: true },
  },
};
const clean = { properties: { a: { type: "string", enum: ["b"] } } };
const words: RequestInit["outputFormat"] = { kind: { case: "enumChoice", value: { values: ["yes", "no"] } } };

describe("the form of the text", () => {
  test("is JSON, JSON by a schema, or one of some words", () => {
    assert.deepEqual(ask({ outputFormat: { kind: { case: "jsonObject", value: {} } } }).config, {
      responseMimeType: "application/json",
    });
    assert.deepEqual(ask({ outputFormat: schema }).config, {
      responseMimeType: "application/json",
      responseJsonSchema: clean,
    });
    assert.deepEqual(ask({ outputFormat: words }).config, {
      responseMimeType: "text/x.enum",
      responseSchema: { type: "STRING", enum: ["yes", "no"] },
    });
  });

  test("is plain text by itself", () => {
    assert.equal(ask({ outputFormat: { kind: { case: "text", value: {} } } }).config, undefined);
    assert.equal(ask({ outputFormat: {} }).config, undefined);
  });

  test("is described to models that hold none", () => {
    const gemma = ask({ outputFormat: schema }, MODELS.gemma);
    assert.equal(gemma.config, undefined);
    assert.ok(gemma.contents[0]?.parts[0]?.text?.includes(`{"properties":{"a":{"const":"b"}}}`));
    assert.ok(gemma.contents[0]?.parts[0]?.text?.endsWith("\n\nHi"));
    assert.deepEqual(gemma.warnings, ["json_as_instruction:output_format"]);
    assert.match(ask({ outputFormat: words }, MODELS.image).system ?? "", /exactly one of these texts.*\["yes","no"\]/);
  });

  test("follows the system instruction when it is described", () => {
    const { system: text } = ask({ messages: [system("Be kind."), user("Hi")], outputFormat: words }, MODELS.image);
    assert.match(text ?? "", /^Be kind\.\n\nAnswer with exactly/);
  });

  test("means nothing to speech models, which must not speak it", () => {
    const { contents, warnings } = ask({ outputFormat: schema }, MODELS.speech);
    assert.deepEqual(contents, [{ role: "user", parts: [{ text: "Hi" }] }]);
    assert.deepEqual(warnings, ["parameter_ignored:output_format"]);
  });

  test("with a broken schema is refused", () => {
    const broken: RequestInit["outputFormat"] = { kind: { case: "jsonSchema", value: { schema: "[]" } } };
    assert.throws(() => ask({ outputFormat: broken }), {
      reason: "INVALID_VALUE",
      field: "output_format.json_schema.schema",
    });
  });

  test("with a schema that loses something warns", () => {
    const losing: RequestInit["outputFormat"] = { kind: { case: "jsonSchema", value: { schema: '{"const":true}' } } };
    assert.deepEqual(ask({ outputFormat: losing }).warnings, ["schema_adjusted:output_format.json_schema.schema"]);
  });
});

describe("modalities", () => {
  const cases: [string, Modality[], string[] | undefined, boolean][] = [
    [MODELS.newest, [], undefined, false],
    [MODELS.newest, [TEXT], undefined, false],
    [MODELS.newest, [TEXT, IMAGE], undefined, true],
    [MODELS.newest, [AUDIO], undefined, true],
    [MODELS.image, [], ["TEXT", "IMAGE"], false],
    [MODELS.image, [IMAGE, TEXT], ["IMAGE", "TEXT"], false],
    [MODELS.image, [IMAGE], ["IMAGE"], false],
    [MODELS.image, [TEXT], ["TEXT", "IMAGE"], true],
    [MODELS.speech, [], ["AUDIO"], false],
    [MODELS.speech, [AUDIO, AUDIO], ["AUDIO"], false],
    [MODELS.speech, [TEXT, AUDIO], ["AUDIO"], false],
    ["lyria-3-clip-preview", [], undefined, false],
    ["lyria-3-clip-preview", [AUDIO], undefined, false],
  ];
  for (const [model, modalities, sent, warned] of cases) {
    test(`${modalities.map(String).join("+") || "none"} asked of ${model} are ${sent?.join("+") ?? "not sent"}`, () => {
      const { config, warnings } = ask({ modalities }, model);
      assert.deepEqual(config?.responseModalities, sent);
      assert.deepEqual(warnings, warned ? ["modality_adjusted:modalities"] : []);
    });
  }
});

describe("the shape of images", () => {
  test("goes up as the model has it", () => {
    assert.deepEqual(ask({ image: { aspectRatio: "8:1", size: "2K" } }, MODELS.image).config?.imageConfig, {
      aspectRatio: "8:1",
      imageSize: "2K",
    });
    assert.deepEqual(ask({ image: {} }, MODELS.image).config?.imageConfig, undefined);
  });

  test("that the model does not have is left out", () => {
    assert.deepEqual(ask({ image: { aspectRatio: "8:1", size: "1K" } }, "gemini-2.5-flash-image"), {
      config: { responseModalities: ["TEXT", "IMAGE"] },
      system: undefined,
      contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      warnings: ["image_options_ignored:image.aspect_ratio", "image_options_ignored:image.size"],
    });
    assert.deepEqual(ask({ image: { aspectRatio: "1:1" } }).warnings, ["image_options_ignored:image.aspect_ratio"]);
  });
});
