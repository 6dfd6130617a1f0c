// What the service is told of a gRPC call that goes past Connect.
import type { DescMethod } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext } from "@connectrpc/connect";
import { headerValuesKey } from "./call-context.ts";
import { rawHeaderValues } from "./gate.ts";

export class GrpcContext implements HandlerContext {
  readonly method: DescMethod;
  readonly signal: AbortSignal;
  readonly values = createContextValues();
  readonly requestMethod = "POST";
  readonly protocolName = "grpc";
  readonly requestHeader: Headers;
  readonly responseHeader = new Headers();
  readonly responseTrailer = new Headers();
  readonly #endMs: number | undefined;

  /** `timeoutMs` is what the caller said. */
  constructor(method: DescMethod, signal: AbortSignal, rawHeaders: readonly string[], timeoutMs: number | undefined) {
    this.method = method;
    this.signal = signal;
    this.values.set(headerValuesKey, rawHeaderValues(rawHeaders));
    this.requestHeader = toHeaders(rawHeaders);
    this.#endMs = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
  }

  get service(): HandlerContext["service"] {
    return this.method.parent;
  }

  get url(): string {
    return `http:///${this.method.parent.typeName}/${this.method.name}`;
  }

  /** Nothing else happens at this time: the deadline is the core's own timer (chat/deadline.ts). */
  timeoutMs(): number | undefined {
    return this.#endMs === undefined ? undefined : this.#endMs - performance.now();
  }
}

function toHeaders(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = [rawHeaders[index], rawHeaders[index + 1]];
    if (!name.startsWith(":")) headers.append(name, value);
  }
  return headers;
}
