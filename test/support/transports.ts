// Every way to reach the services, as Connect transports that send the test licence.
import { createContextValues, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport as createBrowserGrpcWebTransport } from "@connectrpc/connect-web";
import { MAX_ATTEMPTS } from "../../src/chat/retry.ts";
import { localCallKey } from "../../src/rpc/call-context.ts";
import { LICENCE, type TestGateway } from "./gateway.ts";

const licensed: Interceptor = (next) => (request) => {
  if (!request.header.has("authorization")) request.header.set("authorization", LICENCE);
  return next(request);
};

/** The local transport knows its caller from the facade; here the test is the facade. */
function local(transport: Transport): Transport {
  const call = {
    caller: { licenceId: "test", name: "test" },
    requestId: "request-local",
    deadlineMs: Number.POSITIVE_INFINITY,
    maxAttempts: MAX_ATTEMPTS,
  };
  return {
    unary: (method, signal, timeoutMs, header, input) =>
      transport.unary(method, signal, timeoutMs, header, input, createContextValues().set(localCallKey, call)),
    stream: (method, signal, timeoutMs, header, input) =>
      transport.stream(method, signal, timeoutMs, header, input, createContextValues().set(localCallKey, call)),
  };
}

/** Transports by name. `wire`: the bytes cross a socket, so licences and validation count. */
export function transportsOf({ app }: TestGateway): { name: string; wire: boolean; transport: Transport }[] {
  const interceptors = [licensed];
  const http2 = { baseUrl: `http://${app.grpc}`, interceptors };
  const http1 = { baseUrl: app.http, httpVersion: "1.1", interceptors } as const;
  return [
    { name: "local", wire: false, transport: local(app.transport) },
    { name: "gRPC over HTTP/2", wire: true, transport: createGrpcTransport(http2) },
    { name: "Connect over HTTP/2", wire: true, transport: createConnectTransport({ ...http2, httpVersion: "2" }) },
    { name: "Connect over HTTP/1.1", wire: true, transport: createConnectTransport(http1) },
    { name: "Connect with JSON", wire: true, transport: createConnectTransport({ ...http1, useBinaryFormat: false }) },
    { name: "gRPC-Web", wire: true, transport: createBrowserGrpcWebTransport(http1) },
  ];
}
