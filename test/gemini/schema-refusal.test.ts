// Refusals of schemas, and errors that name a place in the body: what they are, which field of the request they are about, and how they are told.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { profileOf } from "../../src/chat/models.ts";
import { failureOfAnswer } from "../../src/gemini/errors.ts";
import type { SentRequest } from "../../src/gemini/prepared.ts";
import { createRedactor } from "../../src/gemini/redact.ts";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assistant, call, media, type RequestInit, result, SIGNATURE, system, tool, user } from "./mapping.ts";

const CITY = '{"type":"object","properties":{"city":{"type":"string"}}}';
const SMALL = '{"type":"object"}';

function fn(name: string, parametersJsonSchema: string): NonNullable<RequestInit["tools"]>[number] {
  return { kind: { case: "function", value: { name, parametersJsonSchema } } };
}

const TOOLS = [{ kind: { case: "googleSearch" as const, value: {} } }, fn("time", SMALL), fn("weather", CITY)];
const FORMAT = { kind: { case: "jsonSchema" as const, value: { name: "n", schema: CITY } } };

function sent(request: RequestInit, schemas: SentRequest["schemas"] = "json"): SentRequest {
  return { request: create(ChatRequestSchema, request), model: profileOf("gemini-3.8-flash"), schemas };
}

function refuse(message: string, to: SentRequest, fields: string[] = []) {
  const violations = fields.map((field) => ({ field, description: message }));
  const details = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }];
  const body = JSON.stringify({ error: { code: 400, message, status: "INVALID_ARGUMENT", details } });
  return failureOfAnswer(400, body, undefined, createRedactor([]), to);
}

const BARE = "Request contains an invalid argument.";
const STATES = "The specified schema produces a constraint that has too many states for serving. Typical causes …";
const DEPTH = "A schema in GenerationConfig in the request exceeds the maximum allowed nesting depth.";

suite("a refusal of a schema", () => {
  test("by its place names the function, the place inside and the field", () => {
    const message =
      "Invalid JSON payload received. Unknown name \"x\" at 'tools[1].function_declarations[1].parameters.properties[0].value': Cannot find field.";
    const path = "tools[1].function_declarations[1].parameters.properties[0].value";
    for (const failure of [refuse(message, sent({ tools: TOOLS })), refuse(message, sent({ tools: TOOLS }), [path])]) {
      assert.equal(failure.reason, "SCHEMA_REJECTED");
      assert.equal(failure.field, "tools[2].function.parameters_json_schema");
      assert.match(failure.message, /the schema of the parameters of weather at properties\[0\]\.value: Invalid JSON/);
    }
  });

  test("in Google's other spelling does so, too", () => {
    const message =
      "* GenerateContentRequest.tools[0].functionDeclarations[0].parameters.properties[a].items: missing field.\n";
    const failure = refuse(message, sent({ tools: TOOLS }, "plain"));
    assert.equal(failure.field, "tools[1].function.parameters_json_schema");
    assert.match(failure.message, /the parameters of time at properties\[a\]\.items/);
    const answer = refuse(
      "* GenerateContentRequest.generation_config.response_schema.items: missing field.",
      sent({ outputFormat: FORMAT }),
    );
    assert.equal(answer.field, "output_format.json_schema.schema");
    assert.match(answer.message, /the schema of the output format at items/);
  });

  test("without a place names all that may be at fault, the largest first", () => {
    const failure = refuse(BARE, sent({ tools: TOOLS, outputFormat: FORMAT }));
    assert.equal(failure.reason, "SCHEMA_REJECTED");
    assert.equal(failure.field, "tools");
    assert.match(failure.message, /does not say why.*output format.*largest first: weather, time\): Request contains/);
    assert.equal(refuse(STATES, sent({ tools: TOOLS })).reason, "SCHEMA_REJECTED");
    assert.equal(refuse(DEPTH, sent({ tools: TOOLS, outputFormat: FORMAT })).field, "output_format.json_schema.schema");
    assert.equal(refuse(BARE, sent({ outputFormat: FORMAT })).field, "output_format.json_schema.schema");
  });

  test("is none when no schema was sent, or when the error is about something else", () => {
    assert.equal(refuse(BARE, sent({ tools: TOOLS }, "none")).reason, "UPSTREAM_INVALID_ARGUMENT");
    for (const message of [
      "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"hot\"",
      "Unsupported MIME type: image/gif",
      "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
      "Invalid value at 'tools[0].function_declarations[0].name' (TYPE_STRING), 1",
    ]) {
      assert.equal(refuse(message, sent({ tools: TOOLS })).reason, "UPSTREAM_INVALID_ARGUMENT", message);
    }
    assert.equal(
      refuse("API key not valid. Please pass a valid API key.", sent({ tools: TOOLS })).reason,
      "UPSTREAM_KEY_INVALID",
    );
    assert.equal(refuse("Corrupted thought signature.", sent({ tools: TOOLS })).reason, "THOUGHT_SIGNATURE_INVALID");
  });
});

suite("a place in the body", () => {
  const messages = [
    system("S"),
    user("Hi", media("image/png", "AAAA")),
    assistant("Wait.", call("a", "time", "{}", SIGNATURE)),
    tool(result("a", "1")),
    user("And?"),
  ];
  const cases: [string, string][] = [
    ["contents[0].parts[1].inline_data.data", "messages[1].parts[1]"],
    ["contents[1].parts[1].function_call.args", "messages[2].parts[1].tool_call"],
    ["contents[2].parts[0].function_response.response", "messages[3].parts[0].tool_result"],
    ["contents[3].parts[0]", "messages[4].parts[0]"],
    ["contents[9].parts[0]", "messages"],
    ["contents", "messages"],
    ["tools[1].function_declarations[1].name", "tools[2].function.name"],
    ["tools[0].google_search", "tools"],
    ["generation_config.max_output_tokens", "sampling.max_output_tokens"],
    ["tool_config.function_calling_config.allowed_function_names[0]", "tool_choice.allowed_names"],
  ];
  test("of media is found by its type", () => {
    const failure = refuse("Unsupported MIME type: image/png", sent({ messages, tools: TOOLS }));
    assert.equal(failure.field, "messages[1].parts[1].media");
    assert.equal(refuse("Unsupported MIME type: image/gif", sent({ messages })).field, "messages");
  });

  for (const [path, field] of cases) {
    test(`${path} is ${field}`, () => {
      assert.equal(refuse(`Invalid value at '${path}' (TYPE_X), 1`, sent({ messages, tools: TOOLS })).field, field);
    });
  }
});
