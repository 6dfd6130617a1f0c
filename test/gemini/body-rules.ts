// The rules of the wire that a request body must keep, said once more and independently of the code that keeps them.
import assert from "node:assert/strict";
import type { GenerateContentRequest, WireContent, WirePart } from "../../src/gemini/wire-request.ts";

const DATA_FIELDS = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
  "audioTranscription",
];

/** Asserts rules 11 to 23 for the body of a request to a model. */
export function assertKeepsRules(body: GenerateContentRequest, model: string): void {
  const traits = traitsOf(model);
  checkShape(body.contents);
  checkTurns(body.contents);
  if (traits.gemini3) checkSignatures(body.contents);
  checkEnd(body.contents, traits);
  checkSampling(body, traits);
  checkThinking(body, traits, model);
  checkTools(body, traits);
  if (/^gemma-|-tts/.test(model)) assert.equal(body.systemInstruction, undefined, "rule 23: no systemInstruction");
}

interface Traits {
  readonly gemini3: boolean;
  /** 3.6-flash, 3.5-flash-lite and newer. */
  readonly strict: boolean;
}

function traitsOf(model: string): Traits {
  const gemini3 = !/^(gemma|lyria|gemini-1|gemini-2|gemini-robotics-er-1)/.test(model);
  const relaxed = /^gemini-3-|^gemini-3\.[1-4]|^gemini-3\.5-flash$|^gemini-3\.5-pro|^nano-banana-pro/.test(model);
  return { gemini3, strict: gemini3 && !relaxed };
}

const kindsOf = (part: WirePart) => Object.keys(part).filter((key) => DATA_FIELDS.includes(key));
const callsOf = ({ parts }: WireContent) => parts.filter((part) => part.functionCall);
const resultsOf = ({ parts }: WireContent) => parts.filter((part) => part.functionResponse);

function checkShape(contents: readonly WireContent[]): void {
  assert.ok(contents.length > 0, "contents is not specified");
  for (const { role, parts } of contents) {
    assert.ok(role === "user" || role === "model", "a valid role");
    assert.ok(parts.length > 0, "no turn without parts");
    for (const part of parts)
      assert.equal(kindsOf(part).length, 1, `exactly one data field: ${Object.keys(part).join()}`);
  }
}

function checkTurns(contents: readonly WireContent[]): void {
  for (const [index, turn] of contents.entries()) {
    for (const { functionResponse } of resultsOf(turn)) checkResponse(functionResponse?.response);
    if (turn.role === "model" && resultsOf(turn).length > 0) continue;
    if (callsOf(turn).length > 0) {
      assert.equal(turn.role, "model");
      assert.equal(contents[index - 1]?.role, "user", "calls come right after a user turn");
      const next = contents[index + 1];
      assert.equal(next && resultsOf(next).length, callsOf(turn).length, "rule 22: as many results as calls");
      assert.deepEqual(
        next && resultsOf(next).map((part) => part.functionResponse?.name),
        callsOf(turn).map((part) => part.functionCall?.name),
        "results in the order of the calls",
      );
    }
    if (resultsOf(turn).length > 0) {
      assert.equal(resultsOf(turn).length, turn.parts.length, "rule 22: nothing else mixed in");
      assert.ok(
        callsOf(contents[index - 1] ?? { role: "user", parts: [] }).length > 0,
        "results come right after calls",
      );
    }
  }
}

function checkResponse(response: unknown): void {
  assert.ok(typeof response === "object" && response !== null && !Array.isArray(response), "rule 21: an object");
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    assert.ok(!Object.hasOwn(value, "$ref"), "rule 21: no key $ref");
    Object.values(value).forEach(visit);
  };
  visit(response);
}

function checkSignatures(contents: readonly WireContent[]): void {
  const start = contents.findLastIndex((turn) => turn.role === "user" && resultsOf(turn).length === 0);
  for (const turn of contents.slice(start + 1)) {
    const [first] = callsOf(turn);
    if (turn.role === "model" && first)
      assert.ok(first.thoughtSignature, "rule 11: the first call of a step is signed");
  }
}

function checkEnd(contents: readonly WireContent[], { strict }: Traits): void {
  if (strict) assert.equal(contents.at(-1)?.role, "user", "rule 12: no trailing model turn");
}

function checkSampling({ generationConfig = {} }: GenerateContentRequest, { strict }: Traits): void {
  const { temperature, topP, topK, stopSequences = [] } = generationConfig;
  if (strict) assert.deepEqual([temperature, topP, topK], [undefined, undefined, undefined], "rule 13: no sampling");
  assert.ok(!("candidateCount" in generationConfig), "rule 14: no candidateCount");
  assert.ok(stopSequences.length <= 5, "at most five stop sequences");
}

function checkThinking({ generationConfig }: GenerateContentRequest, { gemini3 }: Traits, model: string): void {
  const { thinkingLevel: level, thinkingBudget: budget } = generationConfig?.thinkingConfig ?? {};
  assert.ok(level === undefined || budget === undefined, "rule 16: a level or a budget");
  if (model.startsWith("gemini-2")) {
    assert.equal(level, undefined, "rule 16: no level on 2.5");
    const { presencePenalty, frequencyPenalty } = generationConfig ?? {};
    assert.deepEqual([presencePenalty, frequencyPenalty], [undefined, undefined], "rule 15: no penalties on 2.5");
  }
  if (model.startsWith("gemini-4")) assert.equal(budget, undefined, "rule 16: no budget on Gemini 4");
  if (/^gemini-(3\.[78]-flash$|3\.1-pro|4|flash-latest|pro-latest)/.test(model))
    assert.notEqual(level, "minimal", "rule 16: no minimal");
  if (gemini3 || model === "gemini-2.5-pro") assert.notEqual(budget, 0, "rule 17: thinking cannot be off");
}

function checkTools({ tools = [], toolConfig, generationConfig }: GenerateContentRequest, { gemini3 }: Traits): void {
  const functions = tools.flatMap((tool) => tool.functionDeclarations ?? []);
  const builtIns = tools.filter((tool) => tool.functionDeclarations === undefined && tool.computerUse === undefined);
  const { mode = "AUTO", allowedFunctionNames = [] } = toolConfig?.functionCallingConfig ?? {};
  if (functions.length === 0)
    assert.equal(toolConfig?.functionCallingConfig, undefined, "no calling config without functions");
  if (allowedFunctionNames.length > 0)
    assert.ok(mode === "ANY" || mode === "VALIDATED", "names only with ANY and VALIDATED");
  if (generationConfig?.responseMimeType === "application/json" && functions.length > 0) {
    assert.ok(gemini3 && mode === "AUTO", "rule 18: JSON beside functions only from Gemini 3 on and with AUTO");
  }
  if (builtIns.length > 0) assert.notEqual(mode, "NONE", "rule 19: NONE leaves built-in tools out");
  if (builtIns.length > 0 && functions.length > 0) {
    assert.ok(
      gemini3 && toolConfig?.includeServerSideToolInvocations,
      "rule 19: both only from Gemini 3 on, with the flag",
    );
  }
  for (const declaration of functions) assert.ok(!("parameters" in declaration), "rule 20: parametersJsonSchema");
}
