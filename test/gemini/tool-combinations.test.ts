// Tools, JSON output and Google's tools together, over the generations: each combination is sent as the model takes it, or says what was lost.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findModel } from "../../src/emulator/models.ts";
import { readRequest } from "../../src/emulator/proto-reader.ts";
import { checkRequest } from "../../src/emulator/rules/check-request.ts";
import { map, type RequestInit, user } from "./mapping.ts";

const SCHEMA = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}';
const fn = { kind: { case: "function" as const, value: { name: "f", parametersJsonSchema: SCHEMA } } };
const search = { kind: { case: "googleSearch" as const, value: {} } };
const json: RequestInit["outputFormat"] = { kind: { case: "jsonSchema", value: { name: "n", schema: SCHEMA } } };

/** What goes up: `F`unctions, `S`earch, the `flag` that announces both, `J`SON output; then the warnings' codes. */
type Outcome = readonly [sent: string, ...warnings: string[]];

const COMBINATIONS = {
  functions: { tools: [fn] },
  search: { tools: [search] },
  json: { outputFormat: json },
  "functions and search": { tools: [fn, search] },
  "functions and JSON": { tools: [fn], outputFormat: json },
  "search and JSON": { tools: [search], outputFormat: json },
  "all three": { tools: [fn, search], outputFormat: json },
} as const satisfies Record<string, RequestInit>;

type Combination = keyof typeof COMBINATIONS;

const NEW: Record<Combination, Outcome> = {
  functions: ["F"],
  search: ["S"],
  json: ["J"],
  "functions and search": ["F S flag"],
  "functions and JSON": ["F J"],
  "search and JSON": ["S J"],
  "all three": ["F S flag J"],
};

const OLD: Record<Combination, Outcome> = {
  ...NEW,
  "functions and search": ["F", "tools_dropped"],
  "functions and JSON": ["F", "json_with_tools"],
  "search and JSON": ["S", "json_with_tools"],
  "all three": ["F", "tools_dropped", "json_with_tools"],
};

/** Draws; searches, and nothing else. */
const DRAWS: Record<Combination, Outcome> = {
  functions: ["", "tools_dropped"],
  search: ["S"],
  json: ["", "json_as_instruction"],
  "functions and search": ["S", "tools_dropped"],
  "functions and JSON": ["", "tools_dropped", "json_as_instruction"],
  "search and JSON": ["S", "json_as_instruction"],
  "all three": ["S", "tools_dropped", "json_as_instruction"],
};

/** Functions and nothing else. */
const GEMMA_4: Record<Combination, Outcome> = {
  functions: ["F"],
  search: ["", "tools_dropped"],
  json: ["", "json_as_instruction"],
  "functions and search": ["F", "tools_dropped"],
  "functions and JSON": ["F", "json_as_instruction"],
  "search and JSON": ["", "tools_dropped", "json_as_instruction"],
  "all three": ["F", "tools_dropped", "json_as_instruction"],
};

const NOTHING: Record<Combination, Outcome> = {
  functions: ["", "tools_dropped"],
  search: ["", "tools_dropped"],
  json: ["", "json_as_instruction"],
  "functions and search": ["", "tools_dropped", "tools_dropped"],
  "functions and JSON": ["", "tools_dropped", "json_as_instruction"],
  "search and JSON": ["", "tools_dropped", "json_as_instruction"],
  "all three": ["", "tools_dropped", "tools_dropped", "json_as_instruction"],
};

const GENERATIONS: readonly (readonly [string, Record<Combination, Outcome>])[] = [
  ["gemini-2.5-pro", OLD],
  ["gemini-2.5-flash", OLD],
  ["gemini-2.5-flash-lite", OLD],
  ["gemini-3-flash-preview", NEW],
  ["gemini-3.1-pro-preview", NEW],
  ["gemini-3.5-flash", NEW],
  ["gemini-3.8-flash", NEW],
  ["gemini-4-argon", NEW],
  ["gemini-4-hydrogen", NEW],
  ["gemini-flash-latest", NEW],
  ["gemini-nano-banana-2.1", DRAWS],
  ["gemini-2.5-flash-image", NOTHING],
  ["gemma-4-31b-it", GEMMA_4],
  ["gemma-3-27b-it", NOTHING],
];

for (const [id, outcomes] of GENERATIONS) {
  describe(id, () => {
    for (const [name, request] of Object.entries(COMBINATIONS) as [Combination, RequestInit][]) {
      test(`takes ${name} as ${JSON.stringify(outcomes[name])}`, () => {
        const { body, warnings } = map({ messages: [user("Hi")], ...request }, id);
        const kinds = (body.tools ?? []).map((tool) => Object.keys(tool)[0]);
        const sent = [
          ...(kinds.includes("functionDeclarations") ? ["F"] : []),
          ...(kinds.includes("googleSearch") ? ["S"] : []),
          ...(body.toolConfig?.includeServerSideToolInvocations ? ["flag"] : []),
          ...(body.generationConfig?.responseMimeType === undefined ? [] : ["J"]),
        ];
        assert.deepEqual([sent.join(" "), ...warnings.map((warning) => warning.split(":")[0])], outcomes[name]);
        // What was asked for and not sent is said in words.
        if (request.outputFormat && !sent.includes("J"))
          assert.match(JSON.stringify(body), /must obey this JSON Schema/);
        const model = findModel(id);
        assert.ok(model, `the emulator serves ${id}`);
        const read = readRequest<Parameters<typeof checkRequest>[1]>("GenerateContentRequest", JSON.stringify(body));
        checkRequest(model, read, { streaming: false, project: "p" });
      });
    }
  });
}
