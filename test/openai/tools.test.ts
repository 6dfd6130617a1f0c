// Tools in every spelling, and the choice among them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  GoogleSearchTool_SearchType as SearchType,
  ToolChoice_Mode as Mode,
  type Tool,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { read, refusalOf, requestOf, warningsOf } from "./reading.ts";

const fn = (name: string, more: object = {}): object => ({ type: "function", function: { name, ...more } });
const toolsOf = (...tools: object[]): Tool[] => requestOf({ tools }).tools;
const kindsOf = (...tools: object[]): (string | undefined)[] => toolsOf(...tools).map(({ kind }) => kind.case);

function functionOf(tool: object) {
  const [first] = toolsOf(tool);
  assert(first?.kind.case === "function");
  return first.kind.value;
}

describe("functions", () => {
  it("keep name, description, strictness and the schema to the letter of its JSON", () => {
    const parameters = {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: { b: { enum: [null, 1] }, a: {} },
      additionalProperties: false,
    };
    const declared = functionOf(fn("get_weather", { description: "the weather", parameters, strict: true }));
    assert.equal(declared.parametersJsonSchema, JSON.stringify(parameters));
    assert.deepEqual([declared.name, declared.description, declared.strict], ["get_weather", "the weather", true]);
  });
  it("without parameters have no schema", () => {
    for (const parameters of [undefined, null, {}])
      assert.equal(functionOf(fn("f", { parameters })).parametersJsonSchema, "");
  });
  it("keep names of the prototype as properties", () => {
    const parameters = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{}}}',
    ) as object;
    assert.equal(functionOf(fn("toString", { parameters })).parametersJsonSchema, JSON.stringify(parameters));
  });
  it("have names as Gemini takes them", () => {
    for (const name of ["f", "_f", "a.b:c-d", "x".repeat(128)]) assert.equal(functionOf(fn(name)).name, name);
    for (const name of ["", "1f", "-f", "a b", "é", "x".repeat(129)]) {
      const failure = refusalOf({ tools: [fn("ok"), fn(name)] });
      assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "tools[1].function.name"]);
    }
  });
  it("are at most 512", () => {
    assert.equal(toolsOf(...Array.from({ length: 512 }, (_, index) => fn(`f${index}`))).length, 512);
    assert.equal(refusalOf({ tools: Array.from({ length: 513 }, (_, index) => fn(`f${index}`)) }).field, "tools");
  });
  it("with a schema that is no object are refused", () => {
    assert.equal(refusalOf({ tools: [fn("f", { parameters: [] })] }).field, "tools[0].function.parameters");
    assert.equal(refusalOf({ tools: [{ type: "function" }] }).field, "tools[0].function");
    assert.equal(refusalOf({ tools: {} }).field, "tools");
  });
});

describe("custom tools", () => {
  it("are functions with one text", () => {
    const declared = functionOf({
      type: "custom",
      custom: { name: "shell", description: "runs it", format: { type: "text" } },
    });
    assert.deepEqual(JSON.parse(declared.parametersJsonSchema), {
      type: "object",
      properties: { input: { type: "string" } },
      required: ["input"],
    });
    assert.equal(declared.description, "runs it");
  });
  it("tell their grammar to the model, with a warning", () => {
    const custom = { name: "q", format: { type: "grammar", grammar: { syntax: "regex", definition: "^a+$" } } };
    assert.match(functionOf({ type: "custom", custom }).description, /must match this regex grammar:\n\^a\+\$/);
    assert.deepEqual(warningsOf({ tools: [{ type: "custom", custom }] }), [
      "tool_grammar_ignored:tools[0].custom.format",
    ]);
  });
});

describe("Gemini's own tools", () => {
  for (const [kind, spellings] of Object.entries({
    codeExecution: [
      fn("codeExecution"),
      fn("code_execution"),
      { codeExecution: {} },
      { code_execution: {} },
      { type: "code_execution" },
      { type: "code_interpreter", container: { type: "auto" } },
    ],
    googleSearch: [
      fn("googleSearch"),
      fn("google_search", { description: "search", parameters: { type: "object", properties: {} } }),
      { googleSearch: {} },
      { google_search: {} },
      { googleSearchRetrieval: {} },
      { enterpriseWebSearch: {} },
      { type: "web_search" },
      { type: "web_search_preview" },
      { type: "web_search_preview_2025_03_11" },
      { type: "google_search" },
    ],
    urlContext: [fn("urlContext"), fn("url_context"), { urlContext: {} }, { url_context: {} }, { type: "url_context" }],
    googleMaps: [fn("googleMaps"), fn("google_maps"), { googleMaps: {} }, { type: "google_maps" }],
    computerUse: [
      { computerUse: {} },
      { type: "computer_use" },
      { type: "computer_use_preview", environment: "ENVIRONMENT_BROWSER" },
    ],
    fileSearch: [
      { fileSearch: { fileSearchStoreNames: ["fileSearchStores/x"], topK: 5 } },
      { type: "file_search", file_search: { file_search_store_names: ["fileSearchStores/x"] } },
    ],
  })) {
    for (const tool of spellings) it(`${kind}: ${JSON.stringify(tool)}`, () => assert.deepEqual(kindsOf(tool), [kind]));
  }
  it("are functions of the caller when they have parameters of their own", () => {
    assert.deepEqual(
      kindsOf(fn("googleSearch", { parameters: { type: "object", properties: { q: { type: "string" } } } })),
      ["function"],
    );
  });
  it("are functions of the caller under any other case", () =>
    assert.deepEqual(kindsOf(fn("GoogleSearch")), ["function"]));
  it("may stand together in one object, as Google writes them", () => {
    assert.deepEqual(kindsOf({ googleSearch: {}, urlContext: {} }, fn("f")), [
      "googleSearch",
      "urlContext",
      "function",
    ]);
  });
  it("take their options", () => {
    const [tool] = toolsOf({
      googleSearch: {
        timeRangeFilter: { startTime: "2026-01-01T00:00:00Z", endTime: "2026-02-01T00:00:00.5Z" },
        searchTypes: { imageSearch: {} },
      },
    });
    assert(tool?.kind.case === "googleSearch");
    const { searchTypes, timeRange } = tool.kind.value;
    assert.deepEqual(searchTypes, [SearchType.IMAGE]);
    assert.deepEqual([timeRange?.start?.seconds, timeRange?.end?.nanos], [1_767_225_600n, 500_000_000]);
  });
  it("refuse a time that is none", () => {
    const filter = { start_time: "2026-13-99T00:00:00Z", end_time: "2026-02-01T00:00:00Z" };
    assert.equal(
      refusalOf({ tools: [{ type: "google_search", google_search: { time_range_filter: filter } }] }).field,
      "tools[0].google_search.time_range_filter.start_time",
    );
  });
  it("warn about options they lack", () => {
    assert.deepEqual(warningsOf({ tools: [{ type: "web_search", search_context_size: "low" }] }), [
      "search_options_ignored:tools[0]",
    ]);
  });
  it("take the user's place from the maps tool", () => {
    const { retrieval, tools } = requestOf({
      tools: [{ googleMaps: { latitude: 48.8, longitude: 2.3, languageCode: "fr" } }],
    });
    assert.equal(tools[0]?.kind.case, "googleMaps");
    assert.deepEqual(
      [retrieval?.latLng?.latitude, retrieval?.latLng?.longitude, retrieval?.languageCode],
      [48.8, 2.3, "fr"],
    );
  });
  it("of an unknown type are refused, with the list of known ones", () => {
    const failure = refusalOf({ tools: [{ type: "retrieval" }] });
    assert.equal(failure.field, "tools[0].type");
    assert.match(failure.message, /'retrieval'\. Supported values are: 'function', 'custom', 'google_search'/);
  });
});

describe("web_search_options", () => {
  it("is the search tool, once", () => {
    assert.deepEqual(
      requestOf({ web_search_options: {} }).tools.map(({ kind }) => kind.case),
      ["googleSearch"],
    );
    assert.equal(requestOf({ web_search_options: {}, tools: [{ googleSearch: {} }] }).tools.length, 1);
  });
  it("has options that Gemini lacks", () => {
    const options = {
      search_context_size: "high",
      user_location: { type: "approximate", approximate: { country: "FR" } },
    };
    assert.deepEqual(warningsOf({ web_search_options: options }), [
      "search_options_ignored:web_search_options.search_context_size",
      "search_options_ignored:web_search_options.user_location",
    ]);
  });
});

describe("tool_choice", () => {
  const tools = [fn("f"), fn("g"), fn("codeExecution")];
  const choiceOf = (choice: unknown): [Mode, string[]] | undefined => {
    const { toolChoice } = requestOf({ tools, tool_choice: choice });
    return toolChoice && [toolChoice.mode, toolChoice.allowedNames];
  };
  for (const [choice, expected] of [
    ["none", [Mode.NONE, []]],
    ["auto", [Mode.AUTO, []]],
    ["required", [Mode.REQUIRED, []]],
    [{ type: "function", function: { name: "f" } }, [Mode.REQUIRED, ["f"]]],
    [{ type: "custom", custom: { name: "g" } }, [Mode.REQUIRED, ["g"]]],
    [{ type: "allowed_tools", allowed_tools: { mode: "auto", tools: [fn("f"), fn("g")] } }, [Mode.AUTO, ["f", "g"]]],
    [{ type: "allowed_tools", allowed_tools: { mode: "required", tools: [fn("g")] } }, [Mode.REQUIRED, ["g"]]],
    [null, undefined],
  ] as const) {
    it(`maps ${JSON.stringify(choice)}`, () => assert.deepEqual(choiceOf(choice), expected));
  }
  it("cannot force a tool of Gemini, and says so", () => {
    const choice = { type: "function", function: { name: "codeExecution" } };
    assert.deepEqual(choiceOf(choice), [Mode.AUTO, []]);
    assert.deepEqual(warningsOf({ tools, tool_choice: choice }), ["tool_choice_adjusted:tool_choice.function.name"]);
  });
  it("must name a tool that is there", () => {
    const failure = refusalOf({ tools, tool_choice: { type: "function", function: { name: "h" } } });
    assert.deepEqual([failure.reason, failure.field], ["INVALID_VALUE", "tool_choice.function.name"]);
    const allowed = { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [fn("f"), fn("constructor")] } };
    assert.equal(refusalOf({ tools, tool_choice: allowed }).field, "tool_choice.allowed_tools.tools[1].function.name");
  });
  it("without tools may only say that none is called", () => {
    for (const choice of ["none", "auto"]) assert.equal(requestOf({ tool_choice: choice }).toolChoice, undefined);
    for (const choice of ["required", { type: "function", function: { name: "f" } }])
      assert.equal(refusalOf({ tool_choice: choice }).field, "tool_choice");
  });
  it("of another kind is refused", () => {
    for (const choice of ["any", 5, {}, { type: "mcp" }])
      assert.match(String(refusalOf({ tools, tool_choice: choice }).field), /^tool_choice/);
  });
});

describe("parallel_tool_calls", () => {
  it("cannot be switched off, and that is said", () => {
    assert.deepEqual(warningsOf({ tools: [fn("f")], parallel_tool_calls: false }), [
      "parallel_tool_calls_ignored:parallel_tool_calls",
    ]);
    assert.deepEqual(warningsOf({ tools: [fn("f")], parallel_tool_calls: true }), []);
  });
});

describe("the functions of 2023", () => {
  const functions = [{ name: "f", parameters: { type: "object", properties: { x: {} } } }];
  it("are tools, and the answer is told in kind", () => {
    const { request, delivery } = read({ functions, function_call: { name: "f" } });
    assert.equal(request.tools[0]?.kind.case, "function");
    assert.deepEqual(request.toolChoice?.allowedNames, ["f"]);
    assert.equal(delivery.legacyFunctions, true);
    assert.equal(read({ tools: [fn("f")] }).delivery.legacyFunctions, false);
  });
  it("may be chosen by a word", () =>
    assert.equal(requestOf({ functions, function_call: "none" }).toolChoice?.mode, Mode.NONE));
  it("beside tools are not read, and that is said", () => {
    const both = { functions, tools: [fn("g")] };
    assert.deepEqual(warningsOf(both), ["parameter_ignored:functions"]);
    assert.equal(read(both).delivery.legacyFunctions, false);
  });
  it("are refused under their own name", () => {
    assert.equal(refusalOf({ functions: "f" }).field, "functions");
    assert.equal(refusalOf({ functions, function_call: 5 }).field, "function_call");
  });
});
