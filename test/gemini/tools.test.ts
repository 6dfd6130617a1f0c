// Tools and tool choice: rules 18, 19 and 20, and the tables of 2.6 to 2.8.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { GoogleSearchTool_SearchType, ToolChoice_Mode, type ToolSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { map, MODELS, type RequestInit, user } from "./mapping.ts";

type ToolInit = MessageInitShape<typeof ToolSchema>;

const { AUTO, NONE, REQUIRED, VALIDATED } = ToolChoice_Mode;

const CITY = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}';

function fn(
  name: string,
  parametersJsonSchema = "",
  more: { strict?: boolean; responseJsonSchema?: string } = {},
): ToolInit {
  return { kind: { case: "function", value: { name, description: `Does ${name}.`, parametersJsonSchema, ...more } } };
}

const search: ToolInit = { kind: { case: "googleSearch", value: {} } };
const code: ToolInit = { kind: { case: "codeExecution", value: {} } };
const json: RequestInit["outputFormat"] = { kind: { case: "jsonObject", value: {} } };

function use(request: Omit<RequestInit, "$typeName">, model?: string) {
  const { body, warnings } = map({ messages: [user("Hi")], ...request }, model);
  const { tools, toolConfig, generationConfig } = body;
  return { tools, toolConfig, mimeType: generationConfig?.responseMimeType, system: body.systemInstruction, warnings };
}

const modeOf = (toolChoice: RequestInit["toolChoice"], tools: ToolInit[], more: RequestInit = {}) => {
  const { toolConfig, warnings } = use({ tools, ...(toolChoice && { toolChoice }), ...more });
  return { calling: toolConfig?.functionCallingConfig, warnings };
};

describe("functions", () => {
  test("go up in one tool as ordinary JSON Schema (rule 20)", () => {
    assert.deepEqual(
      use({ tools: [fn("weather", CITY, { responseJsonSchema: '{"type":"object"}' }), fn("time")] }).tools,
      [
        {
          functionDeclarations: [
            {
              name: "weather",
              description: "Does weather.",
              parametersJsonSchema: JSON.parse(CITY),
              responseJsonSchema: { type: "object" },
            },
            { name: "time", description: "Does time." },
          ],
        },
      ],
    );
  });

  test("without parameters declare none (2.6)", () => {
    for (const schema of [
      '{"type":"object","properties":{}}',
      '{"type":"object","properties":{},"required":[],"additionalProperties":false,"$schema":"x"}',
    ]) {
      assert.deepEqual(use({ tools: [fn("f", schema)] }).tools, [
        { functionDeclarations: [{ name: "f", description: "Does f." }] },
      ]);
    }
    const free = '{"type":"object","additionalProperties":{"type":"string"}}';
    assert.ok(JSON.stringify(use({ tools: [fn("f", free)] }).tools).includes("parametersJsonSchema"));
  });

  test("declared twice are refused by name", () => {
    assert.throws(() => use({ tools: [fn("f"), search, fn("f")] }), {
      reason: "INVALID_VALUE",
      field: "tools[2].function.name",
    });
  });

  test("with a broken schema are refused by name and field", () => {
    assert.throws(() => use({ tools: [fn("ok", CITY), fn("bad", "{")] }), {
      reason: "INVALID_VALUE",
      field: "tools[1].function.parameters_json_schema",
      message: "The schema of the parameters of bad is not valid JSON.",
    });
  });

  test("are left out for models that have none", () => {
    assert.deepEqual(use({ tools: [fn("f")] }, MODELS.image), {
      tools: undefined,
      toolConfig: undefined,
      mimeType: undefined,
      system: undefined,
      warnings: ["tools_dropped:tools"],
    });
  });
});

describe("Google's tools", () => {
  const timeRange = { start: { seconds: 0n }, end: { seconds: 86_400n } };
  const cases: [ToolInit, object][] = [
    [code, { codeExecution: {} }],
    [search, { googleSearch: {} }],
    [{ kind: { case: "urlContext", value: {} } }, { urlContext: {} }],
    [{ kind: { case: "googleMaps", value: {} } }, { googleMaps: {} }],
    [
      {
        kind: {
          case: "googleSearch",
          value: { searchTypes: [GoogleSearchTool_SearchType.WEB, GoogleSearchTool_SearchType.IMAGE], timeRange },
        },
      },
      {
        googleSearch: {
          searchTypes: { webSearch: {}, imageSearch: {} },
          timeRangeFilter: { startTime: "1970-01-01T00:00:00.000Z", endTime: "1970-01-02T00:00:00.000Z" },
        },
      },
    ],
    [
      { kind: { case: "computerUse", value: { excludedFunctions: ["drag"] } } },
      { computerUse: { environment: "ENVIRONMENT_BROWSER", excludedPredefinedFunctions: ["drag"] } },
    ],
    [
      {
        kind: {
          case: "mcpServer",
          value: { name: "s", url: "https://x.test/mcp", headers: { a: "b" }, timeout: { seconds: 10n } },
        },
      },
      {
        mcpServers: [
          { name: "s", streamableHttpTransport: { url: "https://x.test/mcp", headers: { a: "b" }, timeout: "10s" } },
        ],
      },
    ],
  ];
  for (const [tool, wire] of cases) {
    test(`${tool.kind?.case} is ${JSON.stringify(wire)} (2.7)`, () => {
      assert.deepEqual(use({ tools: [tool] }).tools, [wire]);
    });
  }

  test("stand before the functions, each once", () => {
    assert.deepEqual(Object.keys(Object.assign({}, ...(use({ tools: [fn("f"), code, search, code] }).tools ?? []))), [
      "codeExecution",
      "googleSearch",
      "functionDeclarations",
    ]);
    assert.equal(use({ tools: [code, code] }).tools?.length, 1);
  });

  test("go together with functions from Gemini 3 on, announced by a flag (rule 19)", () => {
    const { tools, toolConfig, warnings } = use({ tools: [search, fn("f", CITY)] });
    assert.equal(tools?.length, 2);
    assert.deepEqual(toolConfig, { includeServerSideToolInvocations: true });
    assert.deepEqual(warnings, []);
  });

  test("give way to functions before Gemini 3 (rule 19)", () => {
    const { tools, toolConfig, warnings } = use({ tools: [search, fn("f", CITY), code] }, MODELS.gemini25);
    assert.deepEqual(
      tools?.map((tool) => Object.keys(tool)),
      [["functionDeclarations"]],
    );
    assert.equal(toolConfig, undefined);
    assert.deepEqual(warnings, ["tools_dropped:tools[0]", "tools_dropped:tools[2]"]);
  });

  test("alone need no flag, also several of them", () => {
    assert.deepEqual(use({ tools: [search, code] }, MODELS.gemini25).tools, [
      { googleSearch: {} },
      { codeExecution: {} },
    ]);
    assert.equal(use({ tools: [search, code] }).toolConfig, undefined);
  });

  test("that the model does not have are left out", () => {
    assert.deepEqual(use({ tools: [code, search] }, MODELS.image), {
      tools: [{ googleSearch: {} }],
      toolConfig: undefined,
      mimeType: undefined,
      system: undefined,
      warnings: ["tools_dropped:tools[0]"],
    });
  });

  test("of file stores need upstream objects: they belong to no licence", () => {
    const tools: ToolInit[] = [
      { kind: { case: "fileSearch", value: { storeNames: ["fileSearchStores/x"], topK: 5, metadataFilter: "a=1" } } },
    ];
    assert.throws(() => use({ tools }), { reason: "UNSUPPORTED_PARAMETER", field: "tools[0].file_search" });
    assert.deepEqual(map({ messages: [user("Hi")], tools }, MODELS.newest, { upstreamObjects: true }).body.tools, [
      { fileSearch: { fileSearchStoreNames: ["fileSearchStores/x"], topK: 5, metadataFilter: "a=1" } },
    ]);
  });

  test("search a time range only between two ends", () => {
    const tools: ToolInit[] = [{ kind: { case: "googleSearch", value: { timeRange: { start: { seconds: 0n } } } } }];
    assert.throws(() => use({ tools }), {
      reason: "MISSING_REQUIRED_PARAMETER",
      field: "tools[0].google_search.time_range",
    });
  });

  test("include computer use where the model answers with nothing else", () => {
    const model = "gemini-2.5-computer-use-preview-10-2025";
    const computerUse: ToolInit = { kind: { case: "computerUse", value: {} } };
    assert.throws(() => use({ tools: [fn("f")] }, model), { reason: "MISSING_REQUIRED_PARAMETER", field: "tools" });
    assert.deepEqual(use({ tools: [computerUse, fn("f", CITY)] }, model).warnings, []);
    assert.equal(use({ tools: [computerUse], toolChoice: { mode: NONE } }, model).tools?.length, 1);
  });
});

describe("tool choice", () => {
  const two = [fn("f", CITY), fn("g", CITY)];

  const cases: [string, RequestInit["toolChoice"], ToolInit[], object | undefined, string[]][] = [
    ["absent leaves Gemini's AUTO", undefined, two, undefined, []],
    ["AUTO is Gemini's default", { mode: AUTO }, two, undefined, []],
    ["NONE is NONE", { mode: NONE }, two, { mode: "NONE" }, []],
    ["REQUIRED is ANY", { mode: REQUIRED }, two, { mode: "ANY" }, []],
    [
      "REQUIRED with names is ANY with names",
      { mode: REQUIRED, allowedNames: ["g"] },
      two,
      { mode: "ANY", allowedFunctionNames: ["g"] },
      [],
    ],
    [
      "AUTO with names is VALIDATED",
      { allowedNames: ["g"] },
      two,
      { mode: "VALIDATED", allowedFunctionNames: ["g"] },
      [],
    ],
    ["VALIDATED is VALIDATED", { mode: VALIDATED }, two, { mode: "VALIDATED" }, []],
    ["strict functions are VALIDATED", undefined, [fn("f", CITY, { strict: true })], { mode: "VALIDATED" }, []],
    ["NONE ignores names", { mode: NONE, allowedNames: ["x"] }, two, { mode: "NONE" }, []],
    ["REQUIRED without tools cannot be", { mode: REQUIRED }, [], undefined, ["tool_choice_adjusted:tool_choice"]],
    [
      "REQUIRED of Google's tools cannot be",
      { mode: REQUIRED },
      [code],
      undefined,
      ["tool_choice_adjusted:tool_choice"],
    ],
    [
      "a name of Google's tools cannot be demanded",
      { mode: REQUIRED, allowedNames: ["code_execution"] },
      [code, ...two],
      undefined,
      ["tool_choice_adjusted:tool_choice"],
    ],
  ];
  for (const [title, choice, tools, calling, warnings] of cases) {
    test(`${title} (2.8)`, () => {
      assert.deepEqual(modeOf(choice, tools), { calling, warnings });
    });
  }

  test("NONE leaves Google's tools out, which it would not switch off (rule 19)", () => {
    assert.deepEqual(
      use({ tools: [search, ...two], toolChoice: { mode: NONE } }).tools?.map((tool) => Object.keys(tool)),
      [["functionDeclarations"]],
    );
    assert.equal(use({ tools: [search], toolChoice: { mode: NONE } }).tools, undefined);
  });

  test("of a name that is no tool is refused", () => {
    assert.throws(() => modeOf({ mode: REQUIRED, allowedNames: ["f", "h"] }, two), {
      reason: "INVALID_VALUE",
      field: "tool_choice.allowed_names[1]",
    });
  });
});

describe("JSON output and tools (rule 18)", () => {
  const functions = [fn("f", CITY)];

  test("stand together from Gemini 3 on in mode AUTO", () => {
    const { mimeType, toolConfig, warnings } = use({ tools: functions, outputFormat: json });
    assert.deepEqual([mimeType, toolConfig, warnings], ["application/json", undefined, []]);
  });

  test("stand together from Gemini 3 on with all kinds of tools", () => {
    const { mimeType, toolConfig } = use({ tools: [search, ...functions], outputFormat: json });
    assert.deepEqual([mimeType, toolConfig], ["application/json", { includeServerSideToolInvocations: true }]);
  });

  test("leave strict functions AUTO, with a warning", () => {
    const { mimeType, toolConfig, warnings } = use({ tools: [fn("f", CITY, { strict: true })], outputFormat: json });
    assert.deepEqual([mimeType, toolConfig, warnings], ["application/json", undefined, ["tool_choice_adjusted:tools"]]);
  });

  test("put the form into the instructions when a call is demanded", () => {
    const { mimeType, toolConfig, system, warnings } = use({
      tools: functions,
      toolChoice: { mode: REQUIRED },
      outputFormat: json,
    });
    assert.deepEqual([mimeType, toolConfig], [undefined, { functionCallingConfig: { mode: "ANY" } }]);
    assert.match(system?.parts[0].text ?? "", /^Answer with a JSON value/);
    assert.deepEqual(warnings, ["json_with_tools:output_format"]);
  });

  test("put the form into the instructions before Gemini 3", () => {
    for (const tools of [functions, [search]]) {
      const { mimeType, warnings } = use({ tools, outputFormat: json }, MODELS.gemini25);
      assert.deepEqual([mimeType, warnings], [undefined, ["json_with_tools:output_format"]]);
    }
  });

  test("stand together when no tool may be used: then none is sent", () => {
    const { mimeType, tools, warnings } = use(
      { tools: functions, toolChoice: { mode: NONE }, outputFormat: json },
      MODELS.gemini25,
    );
    assert.deepEqual([mimeType, tools, warnings], ["application/json", undefined, []]);
  });
});

describe("retrieval", () => {
  const retrieval = { latLng: { latitude: 48.8, longitude: 2.3 }, languageCode: "fr" };

  test("goes up beside tools that search", () => {
    assert.deepEqual(use({ tools: [{ kind: { case: "googleMaps", value: {} } }], retrieval }).toolConfig, {
      retrievalConfig: retrieval,
    });
  });

  test("means nothing without", () => {
    assert.deepEqual(use({ tools: [fn("f")], retrieval }).warnings, ["parameter_ignored:retrieval"]);
  });
});
