// Who asks: decided by the core's one function before the body is read, and kept with the request.
import type { FastifyReply, FastifyRequest } from "fastify";
import { readLicence, unauthenticated, type HeaderValues } from "../chat/licence.ts";
import type { Caller } from "../chat/ports.ts";
import { rawHeaderValues } from "../rpc/gate.ts";
import type { EdgeCall } from "./edge-call.ts";

/** Admits a request by its headers. */
export type Admission = (header: HeaderValues) => Promise<Pick<EdgeCall, "caller" | "passedLicence">>;

/** In front of a remote service we cannot judge a licence, only see that there is one: the service judges it. */
export const passOn: Admission = async (header) => {
  const licence = readLicence(header);
  if (licence === undefined) throw unauthenticated();
  const caller: Caller = { licenceId: "remote", name: "remote" };
  return { caller, passedLicence: licence };
};

const calls = new WeakMap<FastifyRequest, EdgeCall>();

/** Fastify's onRequest for everything behind a licence. */
export function identify(admission: Admission) {
  return async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    const admitted = await admission(rawHeaderValues(request.raw.rawHeaders));
    calls.set(request, { requestId: request.id, ...admitted });
  };
}

export function edgeCallOf(request: FastifyRequest): EdgeCall {
  const call = calls.get(request);
  if (!call) throw new Error("a route behind a licence was reached without one");
  return call;
}
