// The public interface on the contract, sentence by sentence: every name of its outline is there, and what a caller of gRPC may send passes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DescEnum, DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import {
  file_gemini_chat_v1_chat as chatFile,
  type ChatRequestSchema,
  ChatService,
  Role,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { file_gemini_chat_v1_models as modelsFile } from "../../src/gen/gemini/chat/v1/models_pb.ts";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { transportsOf } from "../support/transports.ts";
import { MODELS, startRig, type Rig } from "./audit/rig.ts";

const files = [chatFile, modelsFile];
const messages = new Map(files.flatMap(({ messages: all }) => all).map((message) => [message.name, message]));
const enums: DescEnum[] = files.flatMap(({ enums: all, messages: nested }) => [
  ...all,
  ...nested.flatMap((message) => message.nestedEnums),
]);

/** The outline with its shorthand written out: message, fields; `name(…)` is a oneof of that name. */
const OUTLINE = `
ChatRequest model messages tools tool_choice sampling thinking output_format modalities image speech media_resolution retrieval
  safety_settings cached_content service_tier labels conversation_key end_user store strict
Message role name parts
Part kind(text thought refusal media tool_call tool_result executable_code code_result server_tool_call server_tool_result native_part)
  signature in_thought speaker style
Media mime_type source(data uri) video resolution name
VideoOptions start end fps
ToolCall id name arguments
ToolResult tool_call_id name content is_error media
Tool kind(function code_execution google_search url_context google_maps file_search computer_use mcp_server)
FunctionTool name description parameters_json_schema response_json_schema strict
GoogleSearchTool search_types time_range
ToolChoice mode allowed_names
RetrievalOptions lat_lng language_code
Sampling temperature top_p top_k seed max_output_tokens candidate_count presence_penalty frequency_penalty stop_sequences
  response_logprobs top_logprobs
Thinking control(level budget_tokens) include_thoughts
OutputFormat kind(text json_object json_schema enum_choice)
JsonSchema name description schema strict
SpeechOptions voicing(voice multi_speaker) language_code format
SpeakerVoice speaker voice
ImageOptions aspect_ratio size
StreamChatResponse events
ChatEvent candidate part signature in_thought event(started text thought tool_call tool_result media executable_code code_result
  server_tool_call server_tool_result native_part citation grounding url_context logprobs safety_ratings finished usage warning)
Started response_id model model_version service_tier model_status warnings
MediaChunk mime_type source(data uri) name last
ExecutableCode id language code
CodeResult id outcome output
NativePart json
Citation part start_byte end_byte kind uri title license cited_text
Grounding queries image_queries search_entry_point_html chunks supports
UrlContext url status
Finished reason native_reason message block_reason
ChatResponse response_id model model_version candidates usage warnings service_tier model_status
Candidate parts citations grounding url_context logprobs safety_ratings finished
Usage prompt_tokens cached_tokens completion_tokens thought_tokens tool_use_prompt_tokens total_tokens modality_tokens service_tier
  traffic_type search_queries estimated
Warning code param message
CountTokensRequest chat_request
ListModelsRequest page_size page_token
ListModelsResponse models next_page_token
GetModelResponse model
Model id display_name aliases input_token_limit output_token_limit input_modalities output_modalities thinking tools sampling_honoured
  lifecycle prices
`;

function fieldOf(message: DescMessage, name: string): string | undefined {
  const field = message.fields.find((candidate) => candidate.name === name);
  return field && (field.oneof === undefined ? name : `${field.oneof.name}.${name}`);
}

describe("the outline", () => {
  for (const line of OUTLINE.trim().replaceAll(/\n +/g, " ").split("\n")) {
    const [name = ""] = line.split(" ");
    test(`${name} has every field under its name`, () => {
      const message = messages.get(name);
      assert.ok(message);
      const plain = line.slice(name.length).replaceAll(/(\w+)\(([^)]*)\)/g, (_, oneof: string, members: string) =>
        members
          .split(" ")
          .map((member) => `${oneof}.${member}`)
          .join(" "),
      );
      const wanted = plain.trim().split(" ");
      assert.deepEqual(
        wanted.map((field) => fieldOf(message, field.split(".").at(-1) ?? "")),
        wanted,
      );
    });
  }

  test("values of enums are named after their enum, and 0 is unspecified", () => {
    for (const { name, parent, values } of enums) {
      const prefix = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
      assert.equal(values[0]?.name, `${prefix}_UNSPECIFIED`, `${parent?.name ?? ""} ${name}`);
      for (const { name: value } of values) assert.ok(value.startsWith(`${prefix}_`), value);
    }
  });

  test("what differs from zero when it is absent is optional; prices are micro-dollars; words unknown to us have a place", () => {
    const presence = (message: string): string[] =>
      (messages.get(message)?.fields ?? []).filter(({ proto }) => proto.proto3Optional).map(({ name }) => name);
    assert.deepEqual(presence("Sampling"), [
      "temperature",
      "top_p",
      "top_k",
      "seed",
      "max_output_tokens",
      "candidate_count",
      "presence_penalty",
      "frequency_penalty",
      "top_logprobs",
    ]);
    assert.deepEqual([presence("Thinking"), presence("ChatRequest")], [["include_thoughts"], ["store"]]);
    assert.ok(messages.get("Price")?.fields.some(({ name }) => name.endsWith("_micro_usd")));
    const natives = [...messages.values()].flatMap(({ fields }) =>
      fields.filter(({ name }) => name.startsWith("native_")),
    );
    assert.deepEqual([...new Set(natives.map(({ name }) => name))].toSorted(), [
      "native_category",
      "native_json",
      "native_modality",
      "native_outcome",
      "native_part",
      "native_reason",
      "native_service_tier",
      "native_status",
    ]);
  });
});

let rig: Rig;
let chat: Client<typeof ChatService>;
before(async () => {
  rig = await startRig(MODELS, { REQUEST_BODY_MAX_BYTES: "100MiB" });
  const grpc = transportsOf(rig.gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  chat = createClient(ChatService, grpc.transport);
  await rig.ask({});
});
after(() => rig[Symbol.asyncDispose]());

type Request = MessageInitShape<typeof ChatRequestSchema>;
type Parts = NonNullable<NonNullable<Request["messages"]>[number]["parts"]>;

const said = (parts: Parts): NonNullable<Request["messages"]>[number] => ({ role: Role.USER, parts });
const text = (value: string): Parts[number] => ({ kind: { case: "text", value } });
const ask = (more: Request = {}, parts: Parts = [text("Hi")]): Request => ({
  model: "gemini-3.8-flash",
  messages: [said(parts)],
  ...more,
});
const png = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"), Buffer.alloc(4_000_000)]);
const media = (mimeType: string, data: Uint8Array): Parts[number] => ({
  kind: { case: "media", value: { mimeType, source: { case: "data", value: data } } },
});

describe("what a caller may send passes", () => {
  const rows: [title: string, request: Request][] = [
    ["a message without parts", ask({ messages: [said([]), said([text("Hi")])] })],
    ["a part without a kind", ask({}, [{}, text("Hi")])],
    ["a text of 8 MB", ask({}, [text("x".repeat(8_000_000))])],
    ["an image of 4 MB without a type", ask({}, [media("", png)])],
    [
      "enums that say nothing",
      ask({
        serviceTier: 0,
        mediaResolution: 0,
        toolChoice: { mode: 0 },
        speech: { format: 0 },
        thinking: { control: { case: "level", value: 0 } },
      }),
    ],
    [
      "messages that say nothing",
      ask({ sampling: {}, thinking: {}, outputFormat: {}, image: {}, speech: {}, retrieval: {}, toolChoice: {} }),
    ],
    [
      "zero where zero means something",
      ask({
        sampling: { temperature: 0, topP: 0, seed: 0, presencePenalty: 0, topLogprobs: 0 },
        thinking: { control: { case: "budgetTokens", value: 0 } },
      }),
    ],
    [
      "names with dots, colons and hyphens",
      ask({ tools: [{ kind: { case: "function", value: { name: "a.b:c-d_e" } } }] }),
    ],
    [
      "a call without id and arguments, and its result by name",
      ask({
        messages: [
          said([text("Hi")]),
          { role: Role.ASSISTANT, parts: [{ kind: { case: "toolCall", value: { name: "f" } } }] },
          { role: Role.TOOL, parts: [{ kind: { case: "toolResult", value: { name: "f" } } }] },
        ],
      }),
    ],
    ["labels, keys and a user", ask({ labels: { team: "x" }, conversationKey: "c", endUser: "u", store: false })],
    ["a model with its collection", ask({ model: "models/gemini-3.8-flash" })],
  ];
  for (const [title, request] of rows) {
    test(title, async () => {
      assert.equal((await chat.chat(request)).candidates[0]?.finished?.nativeReason, "STOP");
    });
  }
});

describe("what breaks a rule is INVALID_ARGUMENT with BadRequest and buf.validate.Violations", () => {
  const rows: [field: string, request: Request][] = [
    ["model", ask({ model: "" })],
    ["messages", { model: "gemini-3.8-flash" }],
    ["messages[0].role", ask({ messages: [{ parts: [text("Hi")] }] })],
    [
      "messages[0].parts[0].tool_call.name",
      ask({ messages: [{ role: Role.ASSISTANT, parts: [{ kind: { case: "toolCall", value: {} } }] }] }),
    ],
    ["messages[0].parts[0].media.video.fps", ask({}, [{ kind: { case: "media", value: { video: { fps: 25 } } } }])],
    ["sampling.temperature", ask({ sampling: { temperature: 2.1 } })],
    ["sampling.candidate_count", ask({ sampling: { candidateCount: 9 } })],
    ["tools[0].kind", ask({ tools: [{}] })],
    ["tools[0].function.name", ask({ tools: [{ kind: { case: "function", value: { name: "1 f" } } }] })],
    ["service_tier", ask({ serviceTier: 77 as never })],
    ["safety_settings[0].threshold", ask({ safetySettings: [{ category: 1 }] })],
    [
      "speech.multi_speaker.speakers",
      ask({ speech: { voicing: { case: "multiSpeaker", value: { speakers: [{ speaker: "a", voice: "Kore" }] } } } }),
    ],
    ["retrieval.lat_lng.latitude", ask({ retrieval: { latLng: { latitude: 91 } } })],
    ["output_format.enum_choice.values", ask({ outputFormat: { kind: { case: "enumChoice", value: {} } } })],
  ];
  for (const [field, request] of rows) {
    test(field, async () => {
      const calls: (() => Promise<unknown>)[] = [
        () => chat.chat(request),
        () => Array.fromAsync(chat.streamChat(request)),
        () => chat.countTokens({ chatRequest: request }),
      ];
      for (const [index, call] of calls.entries()) {
        const error = ConnectError.from(
          await call().then(
            () => undefined,
            (reason: unknown) => reason,
          ),
        );
        assert.equal(error.code, Code.InvalidArgument);
        const expected = index === 2 ? `chat_request.${field}` : field;
        assert.deepEqual(
          error.findDetails(BadRequestSchema)[0]?.fieldViolations.map((violation) => violation.field),
          [expected],
        );
        assert.ok(error.details.some((detail) => "type" in detail && detail.type === "buf.validate.Violations"));
      }
    });
  }
});

describe("response headers of ours are metadata too", () => {
  const headersOf = async (
    call: (options: { onHeader(headers: Headers): void; headers: Record<string, string> }) => Promise<unknown>,
  ): Promise<Headers> => {
    let seen = new Headers();
    await call({ headers: { "x-request-id": "request-12345" }, onHeader: (headers) => (seen = headers) });
    return seen;
  };
  const request = ask({ model: "gemini-3.8-flash-thinking", sampling: { temperature: 0.5 } });
  const calls: [name: string, call: Parameters<typeof headersOf>[0]][] = [
    ["Chat", (options) => chat.chat(request, options)],
    ["StreamChat", (options) => Array.fromAsync(chat.streamChat(request, options))],
    ["CountTokens", (options) => chat.countTokens({ chatRequest: request }, options)],
  ];
  for (const [name, call] of calls) {
    test(`of ${name}: the request id as it came, the model that is called, the warnings`, async () => {
      const headers = await headersOf(call);
      assert.deepEqual(
        ["x-request-id", "x-gateway-model", "x-gateway-warnings"].map((header) => headers.get(header)),
        ["request-12345", "gemini-3.8-flash", "sampling_ignored:sampling.temperature"],
      );
    });
  }

  test("strict refuses what would be a warning, before Gemini is called, naming the field", async () => {
    const before = rig.gemini.calls.length;
    const error = ConnectError.from(
      await chat.chat(ask({ strict: true, sampling: { temperature: 0.5 } })).catch((reason: unknown) => reason),
    );
    assert.deepEqual(
      [error.code, error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field],
      [Code.InvalidArgument, "sampling.temperature"],
    );
    assert.equal(rig.gemini.calls.length, before);
  });
});
