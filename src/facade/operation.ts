// Routes for those who operate the gateway, and short hints for those who try its URLs in a browser. No licence is needed here.
import type { FastifyInstance } from "fastify";

export interface OperationOptions {
  /** Answers at once from what is known: undefined when new requests should come here, else why not. */
  readonly readiness: () => string | undefined;
  /** Undefined where the metrics are on a port of their own. */
  readonly metrics: (() => Promise<{ readonly text: string; readonly contentType: string }>) | undefined;
}

export function addOperationRoutes(app: FastifyInstance, { readiness, metrics }: OperationOptions): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const reason = readiness();
    return reason === undefined ? { status: "ready" } : reply.code(503).send({ status: "not ready", reason });
  });
  if (metrics) {
    app.get("/metrics", async (_request, reply) => {
      const { text, contentType } = await metrics();
      return reply.type(contentType).send(text);
    });
  }
  app.get("/openapi.json", async () => {
    // Asked for rarely, and large.
    const { openApiDocument } = await import("../openai/openapi.ts");
    return openApiDocument();
  });
  app.get("/", async () => HINT);
  app.get("/gemini/v1", async () => HINT);
}

const HINT = {
  name: "gemini-gateway",
  description: "OpenAI-compatible access to Google's Gemini API. Base URL of an OpenAI SDK: <this host>/gemini/v1",
  endpoints: ["POST /gemini/v1/chat/completions", "GET /gemini/v1/models", "GET /gemini/v1/models/{id}"],
  documentation: "/openapi.json",
};
