// Connect and gRPC-Web beside the facade on the same port: Fastify only finds the route and sets the CORS headers.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

export async function addWireRoutes(app: FastifyInstance, handle: NodeHandler): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The body stays unread: it belongs to Connect, which bounds it after decompression.
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    for (const { typeName } of [ChatService, ModelService]) {
      scope.all(`/${typeName}/*`, (request, reply) => {
        reply.hijack();
        for (const [name, value] of Object.entries(reply.getHeaders())) {
          if (value !== undefined) reply.raw.setHeader(name, value);
        }
        handle(request.raw, reply.raw);
      });
    }
  });
}
