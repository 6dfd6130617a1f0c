// Takes a response from Fastify for code that writes to the socket itself.
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** Node's response with all headers that were set on the reply; Fastify touches it no more. */
export function takeOver(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}
