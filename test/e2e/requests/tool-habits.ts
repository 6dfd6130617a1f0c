// Functions and Google's tools, as clients declare, choose, call and answer them.
import { model, says, text, user, type RequestHabit } from "./request-case.ts";

const PARAMETERS = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = (more: object = {}): object => ({
  type: "function",
  function: { name: "weather", description: "Weather.", parameters: PARAMETERS, ...more },
});
const WEATHER = { name: "weather", description: "Weather.", parametersJsonSchema: PARAMETERS };
const declares = (...functionDeclarations: object[]): object => ({ tools: [{ functionDeclarations }] });
const mode = (functionCallingConfig: object): object => ({ toolConfig: { functionCallingConfig } });
const BYPASS = "skip_thought_signature_validator";
const called = (id: string, name = "weather", args = '{"city":"Boston"}', more: object = {}): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
  ...more,
});
const conversation = (calls: readonly object[], results: readonly object[], content: string | null = null): object => ({
  tools: [weather()],
  messages: [user("Weather?"), { role: "assistant", content, tool_calls: calls }, ...results],
});
const result = (id: string, content: unknown, more: object = {}): object => ({
  role: "tool",
  tool_call_id: id,
  content,
  ...more,
});
const functionCall = (args: object, name = "weather"): object => ({ functionCall: { name, args } });
const functionResponse = (response: object, name = "weather"): object => ({ functionResponse: { name, response } });
const BOSTON = { city: "Boston" };
/** The conversation above, whose call has this result; `turn` where the call is not the usual one. */
const answered = (response: object, ...turn: readonly object[]): object => ({
  contents: [
    says(text("Weather?")),
    model(...(turn.length > 0 ? turn : [{ ...functionCall(BOSTON), thoughtSignature: BYPASS }])),
    says(functionResponse(response)),
  ],
  ...declares(WEATHER),
});
const bypassed = ["signature_bypassed:messages[1].tool_calls[0]"];

export const TOOL_HABITS: RequestHabit = {
  name: "a client with tools",
  cases: [
    { title: "that declares a function", body: { tools: [weather()] }, arrives: declares(WEATHER) },
    {
      title: "that declares a strict function",
      body: { tools: [weather({ strict: true })] },
      arrives: { ...declares(WEATHER), ...mode({ mode: "VALIDATED" }) },
    },
    {
      title: "that declares a function without parameters",
      body: { tools: [{ type: "function", function: { name: "now" } }] },
      arrives: declares({ name: "now", description: "" }),
    },
    {
      title: "that declares a function with empty parameters",
      body: {
        tools: [{ type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } }],
      },
      arrives: declares({ name: "now", description: "" }),
    },
    {
      title: "that declares two functions",
      body: { tools: [weather(), { type: "function", function: { name: "now", description: "Time." } }] },
      arrives: declares(WEATHER, { name: "now", description: "Time." }),
    },
    {
      title: "of the AI SDK, with $schema and additionalProperties",
      body: {
        tools: [
          weather({
            parameters: {
              $schema: "http://json-schema.org/draft-07/schema#",
              ...PARAMETERS,
              additionalProperties: false,
            },
          }),
        ],
      },
      arrives: declares({ ...WEATHER, parametersJsonSchema: { ...PARAMETERS, additionalProperties: false } }),
    },
    {
      title: "whose schema has pattern, format, const and propertyNames",
      body: {
        tools: [
          weather({
            parameters: {
              type: "object",
              properties: { a: { type: "string", pattern: "^a", format: "email" }, b: { const: 1 } },
              propertyNames: { pattern: "^[ab]$" },
            },
          }),
        ],
      },
      arrives: declares({
        ...WEATHER,
        parametersJsonSchema: {
          type: "object",
          properties: { a: { type: "string", pattern: "^a", format: "email" }, b: { const: 1 } },
          propertyNames: { pattern: "^[ab]$" },
        },
      }),
    },
    {
      title: "whose schema has a reference",
      body: {
        tools: [
          weather({
            parameters: { type: "object", properties: { at: { $ref: "#/$defs/At" } }, $defs: { At: PARAMETERS } },
          }),
        ],
      },
      arrives: declares({
        ...WEATHER,
        parametersJsonSchema: { type: "object", properties: { at: { $ref: "#/$defs/At" } }, $defs: { At: PARAMETERS } },
      }),
    },
    {
      title: "that declares a function twice",
      body: { tools: [weather(), weather()] },
      refused: { param: "tools[1].function.name", code: "invalid_value" },
    },
    {
      title: "that chooses none",
      body: { tools: [weather()], tool_choice: "none" },
      arrives: { ...declares(WEATHER), ...mode({ mode: "NONE" }) },
    },
    { title: "that chooses auto", body: { tools: [weather()], tool_choice: "auto" }, arrives: declares(WEATHER) },
    {
      title: "that requires a call",
      body: { tools: [weather()], tool_choice: "required" },
      arrives: { ...declares(WEATHER), ...mode({ mode: "ANY" }) },
    },
    {
      title: "that requires one function",
      body: { tools: [weather()], tool_choice: { type: "function", function: { name: "weather" } } },
      arrives: { ...declares(WEATHER), ...mode({ mode: "ANY", allowedFunctionNames: ["weather"] }) },
    },
    {
      title: "that allows some functions",
      body: {
        tools: [weather(), { type: "function", function: { name: "now" } }],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "now" } }] },
        },
      },
      arrives: {
        ...declares(WEATHER, { name: "now", description: "" }),
        ...mode({ mode: "ANY", allowedFunctionNames: ["now"] }),
      },
    },
    {
      title: "that chooses a function it does not declare",
      body: { tools: [weather()], tool_choice: { type: "function", function: { name: "lost" } } },
      refused: { param: "tool_choice.function.name", code: "invalid_value" },
    },
    {
      title: "that wants one call at a time",
      body: { tools: [weather()], parallel_tool_calls: false },
      arrives: declares(WEATHER),
      warnings: ["parallel_tool_calls_ignored:parallel_tool_calls"],
    },
    {
      title: "of 2023, with functions",
      body: {
        functions: [{ name: "weather", description: "Weather.", parameters: PARAMETERS }],
        function_call: "auto",
      },
      arrives: declares(WEATHER),
    },
    {
      title: "of 2023, with a function's result",
      body: {
        functions: [{ name: "weather", description: "Weather.", parameters: PARAMETERS }],
        messages: [
          user("Weather?"),
          { role: "assistant", content: null, function_call: { name: "weather", arguments: '{"city":"Boston"}' } },
          { role: "function", name: "weather", content: '{"t":9}' },
        ],
      },
      arrives: answered({ t: 9 }),
      warnings: ["signature_bypassed:messages[1].function_call"],
    },
    {
      title: "with a custom tool",
      body: { tools: [{ type: "custom", custom: { name: "shell", description: "Runs it." } }] },
      arrives: declares({
        name: "shell",
        description: "Runs it.",
        parametersJsonSchema: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
      }),
    },
    {
      title: "of new-api, with Google's tools as functions",
      body: {
        tools: ["googleSearch", "codeExecution", "urlContext"].map((name) => ({
          type: "function",
          function: { name },
        })),
      },
      arrives: { tools: [{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }] },
    },
    {
      title: "of LiteLLM, with Google's tools as keys",
      body: { tools: [{ codeExecution: {} }, { google_search: {} }] },
      arrives: { tools: [{ codeExecution: {} }, { googleSearch: {} }] },
    },
    {
      title: "of LiteLLM, with maps and a place",
      body: { tools: [{ googleMaps: { latitude: 48.8, longitude: 2.3, languageCode: "fr" } }] },
      arrives: {
        tools: [{ googleMaps: {} }],
        toolConfig: { retrievalConfig: { latLng: { latitude: 48.8, longitude: 2.3 }, languageCode: "fr" } },
      },
    },
    {
      title: "of the Responses API, with web_search_preview",
      body: { tools: [{ type: "web_search_preview_2025_03_11" }] },
      arrives: { tools: [{ googleSearch: {} }] },
    },
    {
      title: "with web_search_options",
      body: { web_search_options: { search_context_size: "high" } },
      arrives: { tools: [{ googleSearch: {} }] },
      warnings: ["search_options_ignored:web_search_options.search_context_size"],
    },
    {
      title: "with a search beside functions",
      body: { tools: [weather(), { type: "google_search" }] },
      arrives: {
        tools: [{ googleSearch: {} }, { functionDeclarations: [WEATHER] }],
        toolConfig: { includeServerSideToolInvocations: true },
      },
    },
    {
      title: "with a search beside functions on 2.5, which cannot",
      body: { model: "gemini-2.5-flash-lite", tools: [weather(), { type: "google_search" }] },
      arrives: declares(WEATHER),
      warnings: ["tools_dropped:tools[1]"],
    },
    {
      title: "that sends a result back",
      body: conversation([called("call_1")], [result("call_1", '{"t":9}')]),
      arrives: answered({ t: 9 }),
      warnings: bypassed,
    },
    {
      title: "that sends plain text as a result",
      body: conversation([called("call_1")], [result("call_1", "Sunny")]),
      arrives: answered({ output: "Sunny" }),
      warnings: bypassed,
    },
    {
      title: "that sends a result in parts",
      body: conversation(
        [called("call_1")],
        [
          result("call_1", [
            { type: "text", text: "Sun" },
            { type: "text", text: "ny" },
          ]),
        ],
      ),
      arrives: answered({ output: "Sun\nny" }),
      warnings: bypassed,
    },
    {
      title: "that sends results in another order",
      body: conversation(
        [called("call_1"), called("call_2", "weather", '{"city":"Oslo"}')],
        [result("call_2", "Rain"), result("call_1", "Sun")],
      ),
      arrives: {
        contents: [
          says(text("Weather?")),
          model({ ...functionCall(BOSTON), thoughtSignature: BYPASS }, functionCall({ city: "Oslo" })),
          says(functionResponse({ output: "Sun" }), functionResponse({ output: "Rain" })),
        ],
        ...declares(WEATHER),
      },
      warnings: bypassed,
    },
    {
      title: "that keeps extra_content",
      body: {
        model: "gemini-2.5-flash-lite",
        ...conversation(
          [
            called("call_1", "weather", '{"city":"Boston"}', {
              extra_content: { google: { thought_signature: "c2lnbmVk" } },
            }),
          ],
          [result("call_1", "Sun")],
        ),
      },
      arrives: answered({ output: "Sun" }, { ...functionCall(BOSTON), thoughtSignature: "c2lnbmVk" }),
      foreignSignature: true,
    },
    {
      title: "that calls with no arguments at all",
      body: conversation([called("call_1", "weather", "")], [result("call_1", "Sun")]),
      arrives: answered({ output: "Sun" }, { ...functionCall({}), thoughtSignature: BYPASS }),
      warnings: bypassed,
    },
    {
      title: "that has text before its calls",
      body: conversation([called("call_1")], [result("call_1", "Sun")], "I look."),
      arrives: answered({ output: "Sun" }, text("I look."), { ...functionCall(BOSTON), thoughtSignature: BYPASS }),
      warnings: bypassed,
    },
    {
      title: "that has an empty text before its calls",
      body: conversation([called("call_1")], [result("call_1", "Sun")], ""),
      arrives: answered({ output: "Sun" }),
      warnings: bypassed,
    },
    {
      title: "that forgets a result",
      body: conversation([called("call_1")], []),
      arrives: answered({ error: "no result" }),
      warnings: ["tool_result_missing:messages[1].tool_calls[0]", ...bypassed],
    },
    {
      title: "whose result holds a $ref",
      body: conversation([called("call_1")], [result("call_1", '{"$ref":"x"}')]),
      arrives: answered({ output: '{"$ref":"x"}' }),
      warnings: bypassed,
    },
    {
      title: "whose arguments are no JSON",
      body: conversation([called("call_1", "weather", "{oops")], [result("call_1", "Sun")]),
      arrives: answered({ output: "Sun" }, { ...functionCall({}), thoughtSignature: BYPASS }),
      warnings: ["arguments_invalid:messages[1].tool_calls[0].function.arguments", ...bypassed],
    },
    {
      title: "whose arguments are an object, as some write them",
      body: conversation(
        [{ id: "call_1", type: "function", function: { name: "weather", arguments: BOSTON } }],
        [result("call_1", "Sun")],
      ),
      arrives: answered({ output: "Sun" }),
      warnings: bypassed,
    },
    {
      title: "of two steps in one turn",
      body: {
        tools: [weather()],
        messages: [
          user("Weather?"),
          { role: "assistant", content: null, tool_calls: [called("call_1")] },
          result("call_1", "Sun"),
          { role: "assistant", content: null, tool_calls: [called("call_2", "weather", '{"city":"Oslo"}')] },
          result("call_2", "Rain"),
        ],
      },
      arrives: {
        contents: [
          says(text("Weather?")),
          model({ ...functionCall(BOSTON), thoughtSignature: BYPASS }),
          says(functionResponse({ output: "Sun" })),
          model({ ...functionCall({ city: "Oslo" }), thoughtSignature: BYPASS }),
          says(functionResponse({ output: "Rain" })),
        ],
        ...declares(WEATHER),
      },
      warnings: [...bypassed, "signature_bypassed:messages[3].tool_calls[0]"],
    },
    {
      title: "that asks on after the result, which ends the turn",
      body: {
        tools: [weather()],
        messages: [
          user("Weather?"),
          { role: "assistant", content: null, tool_calls: [called("call_1")] },
          result("call_1", "Sun"),
          { role: "assistant", content: "Sunny." },
          user("Sure?"),
        ],
      },
      arrives: {
        contents: [
          says(text("Weather?")),
          model(functionCall(BOSTON)),
          says(functionResponse({ output: "Sun" })),
          model(text("Sunny.")),
          says(text("Sure?")),
        ],
        ...declares(WEATHER),
      },
    },
    {
      title: "for a speech model, which has no functions",
      body: { model: "gemini-3.8-flash-tts", tools: [weather()] },
      arrives: { generationConfig: { responseModalities: ["AUDIO"] } },
      warnings: ["tools_dropped:tools"],
    },
  ],
};
