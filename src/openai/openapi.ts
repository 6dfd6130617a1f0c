// The OpenAPI 3.1 description of the HTTP facade. The request is the very shape that requests are held against.
import { FAILURES } from "../chat/failures.ts";
import { ANSWER_SCHEMAS } from "./openapi/answers.ts";
import { HEADERS } from "./openapi/headers.ts";
import { withNotes } from "./openapi/notes.ts";
import { QUERY } from "./openapi/query.ts";
import { ChatCompletionBody } from "./schema.ts";
import { Type } from "./shape.ts";

/** Version of the HTTP surface, which is also in its path. */
const API_VERSION = "1";

/** The document, as plain JSON. Pure; made anew on each call. */
export function openApiDocument(): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "gemini-gateway",
      version: API_VERSION,
      description:
        "OpenAI's chat completions in front of Google's Gemini. Unknown fields are tolerated and reported in `x-gateway-warnings`, " +
        "spellings of other gateways are understood.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ licence: [] }, { bearer: [] }, { googleKey: [] }, { apiKey: [] }],
    paths: { ...chatPaths(), ...modelPaths(), ...operationPaths() },
    components: {
      schemas: { ChatCompletionRequest: withNotes(ChatCompletionBody, ""), ...ANSWER_SCHEMAS },
      securitySchemes: {
        licence: { type: "apiKey", in: "header", name: "Authorization", description: "The raw licence." },
        bearer: { type: "http", scheme: "bearer", description: "The licence as a bearer token." },
        googleKey: { type: "apiKey", in: "header", name: "x-goog-api-key" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
      },
    },
  };
}

function chatPaths(): object {
  const events =
    "Server-sent events: `data:` with a ChatCompletionChunk each, at last `data: [DONE]`; after a failure one `error` and no `[DONE]`.";
  return {
    "/gemini/v1/chat/completions": {
      post: {
        operationId: "createChatCompletion",
        summary: "One turn of a conversation, whole or as a stream",
        parameters: [...HEADERS.request, ...QUERY],
        requestBody: { required: true, content: jsonOf("ChatCompletionRequest") },
        responses: {
          200: {
            description: "The answer.",
            headers: HEADERS.answer,
            content: {
              ...jsonOf("ChatCompletion"),
              "text/event-stream": { schema: Type.String({ description: events }) },
            },
          },
          ...failures(),
        },
      },
    },
  };
}

function modelPaths(): object {
  const id = {
    name: "id",
    in: "path",
    required: true,
    schema: Type.String(),
    description: "May hold an alias or a suffix.",
  };
  return {
    "/gemini/v1/models": {
      get: {
        operationId: "listModels",
        summary: "Models that can chat",
        responses: { 200: answer("The list.", "ModelList"), ...failures() },
      },
    },
    "/gemini/v1/models/{id}": {
      get: {
        operationId: "getModel",
        summary: "One model",
        parameters: [id],
        responses: { 200: answer("The model.", "Model"), ...failures() },
      },
    },
  };
}

/** Paths that need no licence. */
function operationPaths(): object {
  const get = (operationId: string, summary: string, responses: object): object => ({
    get: { operationId, summary, security: [], responses },
  });
  const text = { content: { "text/plain": { schema: Type.String() } } };
  return {
    "/healthz": get("getHealth", "Whether the process lives", { 200: { description: "It does." } }),
    "/readyz": get("getReadiness", "Whether requests are welcome", {
      200: { description: "They are." },
      503: { description: "Draining, no store, or no usable Gemini key." },
    }),
    "/metrics": get("getMetrics", "Metrics for Prometheus, where they are served on this port", {
      200: { description: "Metrics.", ...text },
    }),
    "/openapi.json": get("getOpenApi", "This document", { 200: { description: "OpenAPI 3.1.", content: jsonOf() } }),
    "/": get("getRoot", "Where everything is", { 200: { description: "A hint.", content: jsonOf() } }),
    "/gemini/v1": get("getBase", "Where everything is", { 200: { description: "A hint.", content: jsonOf() } }),
  };
}

function jsonOf(name?: string): object {
  return {
    "application/json": { schema: name === undefined ? Type.Object({}) : { $ref: `#/components/schemas/${name}` } },
  };
}

function answer(description: string, name: string): object {
  return { description, headers: HEADERS.common, content: jsonOf(name) };
}

/** One entry for each HTTP status of the catalogue, with the codes that come with it. */
function failures(): object {
  const byStatus = Map.groupBy(Object.entries(FAILURES), ([, row]) => row.httpStatus);
  return Object.fromEntries(
    [...byStatus]
      // 499 is for logs: its caller has left.
      .filter(([status]) => status !== 499)
      .map(([status, rows]) => {
        const codes = rows.map(([, row]) => `\`${row.openaiCode}\``).join(", ");
        return [status, { description: `\`code\`: ${codes}.`, headers: HEADERS.failure, content: jsonOf("Error") }];
      }),
  );
}
