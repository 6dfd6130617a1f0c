// Requests that Google is known to have answered with 200: brought into the contract's words, they must come out as they were.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { GenerateContentRequest } from "../../src/gemini/wire-request.ts";
import { toRequestInit } from "./from-recorded.ts";
import { map } from "./mapping.ts";

const RECORDED: readonly (readonly [string, string])[] = [
  [
    "parallel calls on 2.5, then a question",
    "adkgo-g2.5-flash-testparallelfunctioncalls-test-parallel-function-calls-gemin-s-2",
  ],
  ["parallel signed calls with ids", "adkgo-g3-pro-preview-testparallelfunctioncalls-s-1"],
  ["signed text and calls", "adkgo-g3.5-flash-testcompactione2e-2"],
  ["a history that begins with the model", "adkgo-g3.5-flash-testcompactione2e-6"],
  ["a JSON schema", "fantasy-g3-pro-preview-complex-object-0"],
  ["code and its result", "pydanticai-g2.0-flash-google-model-code-execution-tool-1"],
  ["a YouTube film", "pydanticai-g2.0-flash-google-model-youtube-video-url-input-with-vendor-metadata-0"],
  [
    "functions that must not be called",
    "pydanticai-g2.5-flash-testtoolchoicenone-test-none-prevents-function-tool-calls-0",
  ],
  ["functions beside Google's search", "pydanticai-g3-flash-preview-function-tools-with-builtin-tools-0"],
  ["a demanded call beside Google's search", "pydanticai-g3-flash-preview-tool-output-with-builtin-tools-0"],
  ["mode VALIDATED", "pydanticai-g3.6-flash-google-deferred-capability-announcement-live-0"],
  [
    "a signed summary of thoughts",
    "rubyllm-g3-flash-preview-activerecord-actsas-extended-thinking-persistence-gemini-gem-1",
  ],
  ["several documents", "rubyllm-g2.5-flash-pdf-models-gemini-gemini-2-5-flash-handles-multiple-pdfs-0"],
  ["an image to be edited", "pydanticai-g3.1-flash-lite-image-google-image-edit-binary-image-vcr-0"],
];

interface Recording {
  readonly model: string;
  readonly request: unknown;
  readonly response: { readonly status: number };
}

/** Proto JSON takes both spellings of a key; recordings have both. */
function toCamelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return [name, /^(args|response|parametersJsonSchema|responseJsonSchema)$/.test(name) ? item : toCamelKeys(item)];
  });
  return Object.fromEntries(entries);
}

describe("a recorded request comes out as Google took it", () => {
  for (const [title, id] of RECORDED) {
    test(title, () => {
      const path = new URL(`../recordings/${id}.json`, import.meta.url);
      const { model, request, response } = JSON.parse(readFileSync(path, "utf8")) as Recording;
      assert.equal(response.status, 200);
      const recorded = toCamelKeys(request) as GenerateContentRequest;
      const { body, warnings } = map(toRequestInit(recorded), model);
      assert.deepEqual(body.contents, recorded.contents);
      assert.deepEqual(body.systemInstruction?.parts, recorded.systemInstruction?.parts);
      assert.deepEqual(body.tools, recorded.tools);
      assert.deepEqual(body.toolConfig, recorded.toolConfig);
      assert.deepEqual(body.generationConfig?.responseJsonSchema, recorded.generationConfig?.responseJsonSchema);
      assert.deepEqual(warnings, []);
    });
  }
});
