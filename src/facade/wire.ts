// Connect and gRPC-Web beside the facade on the same port: Fastify only finds the route and sets the CORS headers.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { takeOver } from "./take-over.ts";
import { askForBody } from "./upload.ts";

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The body of a request is left to Connect, which bounds it after decompression. */
export function addWireRoutes(app: FastifyInstance, handle: NodeHandler): void {
  for (const { typeName } of [ChatService, ModelService]) {
    app.all(`/${typeName}/*`, ({ raw }, reply) => {
      askForBody(raw, reply.raw);
      handle(raw, takeOver(reply));
    });
  }
}
