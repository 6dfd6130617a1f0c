// Who asks: decided by the core's one function before the body is read, and kept with the request.
import type { FastifyInstance, FastifyRequest } from "fastify";
import { readLicence, unauthenticated, type HeaderValues } from "../chat/licence.ts";
import type { Caller } from "../chat/ports.ts";
import { rawHeaderValues } from "../rpc/gate.ts";
import type { EdgeCall } from "./edge-call.ts";

/** Admits a request by its headers. */
export type Admission = (header: HeaderValues) => Pick<EdgeCall, "caller" | "passedLicence">;

/** In front of a remote service we cannot judge a licence, only see that there is one: the service judges it. */
export const passOn: Admission = (header) => {
  const licence = readLicence(header);
  if (licence === undefined) throw unauthenticated();
  const caller: Caller = { licenceId: "remote", name: "remote" };
  return { caller, passedLicence: licence };
};

declare module "fastify" {
  interface FastifyRequest {
    edgeCall: EdgeCall | undefined;
  }
}

/** Puts all routes that are added to `scope` behind a licence. */
export function requireLicence(scope: FastifyInstance, admission: Admission): void {
  scope.decorateRequest("edgeCall", undefined);
  scope.addHook("onRequest", (request, _reply, done) => {
    const { caller, passedLicence } = admission(rawHeaderValues(request.raw.rawHeaders));
    request.edgeCall = { requestId: request.id, caller, passedLicence };
    done();
  });
}

export function edgeCallOf({ edgeCall }: FastifyRequest): EdgeCall {
  if (!edgeCall) throw new Error("a route behind a licence was reached without one");
  return edgeCall;
}
