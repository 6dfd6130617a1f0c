// Tools: what goes together and what a declaration must look like (rules 18, 19 and 20 of the wire reference).

import { ask, WEATHER, withFunctions } from "../client.ts";
import { testRefusals } from "./refusals.ts";

const json = { generationConfig: { responseMimeType: "application/json" } };
const mode = (word: string) => ({ toolConfig: { functionCallingConfig: { mode: word } } });
const builtIn = { codeExecution: {} };

await testRefusals([
  [
    "JSON and functions before Gemini 3",
    "gemini-2.5-flash",
    ask("Hi", { ...json, ...withFunctions(WEATHER) }),
    /^Function calling with a response mime type: 'application\/json' is unsupported/,
  ],
  [
    "JSON and functions with mode ANY",
    "gemini-3.8-flash",
    ask("Hi", { ...json, ...withFunctions(WEATHER), ...mode("ANY") }),
    /mode ANY and a response mime type/,
  ],
  [
    "JSON and functions with mode VALIDATED",
    "gemini-3.8-flash",
    ask("Hi", { ...json, ...withFunctions(WEATHER), ...mode("VALIDATED") }),
    /mode VALIDATED/,
  ],
  [
    "functions beside code execution on 2.5",
    "gemini-2.5-flash",
    ask("Hi", { tools: [builtIn, { functionDeclarations: [WEATHER] }] }),
    /^Tool use with function calling is unsupported/,
  ],
  [
    "functions beside code execution without the flag",
    "gemini-3.8-flash",
    ask("Hi", { tools: [builtIn, { functionDeclarations: [WEATHER] }] }),
    /include_server_side_tool_invocations/,
  ],
  [
    "a calling config without functions",
    "gemini-3.8-flash",
    ask("Hi", mode("AUTO")),
    /^Function calling config is set without function_declarations\.$/,
  ],
  [
    "an allowed name nobody declared",
    "gemini-3.8-flash",
    ask("Hi", {
      ...withFunctions(WEATHER),
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["g"] } },
    }),
    /allowed_function_names contains g/,
  ],
  ["a bad function name", "gemini-3.8-flash", ask("Hi", withFunctions({ name: "1 f" })), /Invalid function name/],
  [
    "a function declared twice",
    "gemini-3.8-flash",
    ask("Hi", withFunctions({ name: "f" }, { name: "f" })),
    /^Duplicate function declaration found: f/,
  ],
  [
    "both kinds of schema",
    "gemini-3.8-flash",
    ask("Hi", withFunctions({ name: "f", parameters: {}, parametersJsonSchema: {} })),
    /must not both be set/,
  ],
  [
    "functions for nano-banana",
    "gemini-nano-banana-2.1",
    ask("Hi", withFunctions(WEATHER)),
    /^Function calling is not enabled/,
  ],
  ["code execution for Gemma", "gemma-4-31b-it", ask("Hi", { tools: [builtIn] }), /codeExecution is not enabled/],
  [
    "search retrieval",
    "gemini-3.8-flash",
    ask("Hi", { tools: [{ googleSearchRetrieval: {} }] }),
    /Please use google_search tool instead/,
  ],
  [
    "the computer-use model without its tool",
    "gemini-2.5-computer-use-preview-10-2025",
    ask("Hi"),
    /requires the use of the Computer Use tool/,
  ],
]);
