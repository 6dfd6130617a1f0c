// What to say where no route is: the path is unknown, or it is known under another method.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";

/** Longest part of a path that is repeated to its sender. */
const SHOWN_PATH_LENGTH = 200;

/** Watches the routes that are added from now on; gives the failure for a request that meets none, and sets `allow`. */
export function createNotFound(app: FastifyInstance): (request: FastifyRequest, reply: FastifyReply) => Failure {
  const methods = new Map<string, string[]>();
  app.addHook("onRoute", ({ url, method }) => {
    // "*" is the preflight route of the CORS plugin.
    if (url !== "*") methods.set(url, [...(methods.get(url) ?? []), method].flat());
  });
  return (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const shown = path.slice(0, SHOWN_PATH_LENGTH);
    const allowed = methods.get(path) ?? methods.get(path.replace(/[^/]+$/, "*"));
    if (allowed) {
      reply.header("allow", allowed.join(", "));
      return new Failure("METHOD_NOT_SUPPORTED", `The method ${request.method} is not supported for ${shown}.`);
    }
    return new Failure("NOT_FOUND", `Unknown path: ${request.method} ${shown}. The API is under /gemini/v1.`);
  };
}
