// The door of the wire transports: gives each call its request id and lets in only accepted licences, before a body is read.
import type { HandlerContext } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import { admit, type HeaderValues } from "../chat/licence.ts";
import type { Licences } from "../chat/ports.ts";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { callerKey, chooseRequestId, headerValuesKey, requestIdKey } from "./call-context.ts";
import { toConnectError } from "./errors.ts";

/** Services behind a licence; health and reflection stay open. */
const LICENSED: ReadonlySet<string> = new Set([ChatService.typeName, ModelService.typeName]);

export interface GateOptions {
  readonly licences: Licences;
  /** Told of calls that are not let in. */
  readonly onRefused: (requestId: string, failure: Failure) => void;
}

/** Connect's `requestGate`: runs before a byte of the body is read. */
export function createRequestGate({ licences, onRefused }: GateOptions): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    if (!LICENSED.has(context.service.typeName)) return;
    const header: HeaderValues = context.values.get(headerValuesKey) ?? ((name) => headerOf(context, name));
    const requestId = chooseRequestId(header("x-request-id")[0]);
    context.values.set(requestIdKey, requestId);
    context.responseHeader.set("x-request-id", requestId);
    try {
      context.values.set(callerKey, admit(header, licences));
    } catch (error) {
      const failure = Failure.from(error);
      onRefused(requestId, failure);
      throw toConnectError(failure);
    }
  };
}

function headerOf(context: HandlerContext, name: string): readonly string[] {
  const value = context.requestHeader.get(name);
  return value === null ? [] : [value];
}

/** All values of a header of a Node request. Node keeps only the first of two `Authorization` headers, hence the raw list. */
export function rawHeaderValues(rawHeaders: readonly string[]): HeaderValues {
  return (name) => {
    const values: string[] = [];
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const value = rawHeaders[index + 1];
      if (value !== undefined && rawHeaders[index]?.toLowerCase() === name) values.push(value);
    }
    return values;
  };
}
