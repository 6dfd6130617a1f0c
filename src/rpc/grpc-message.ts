// `grpc-message` in the form of gRPC's specification, which Connect escapes beyond: grpc-js would show the escapes to its callers.
import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/** Escapes of space to tilde, but for the percent sign: the specification leaves these characters as they are. */
const NEEDLESS_ESCAPES = /%(?:2[0-46-9A-F]|[3-6][0-9A-F]|7[0-9A-E])/g;

/**
 * Lets the response send `grpc-message` with the necessary escapes only. Connect 2.2 writes it with `encodeURIComponent`; grpc-js 1.14
 * reads it with `decodeURI`, which leaves `%3A` and `%2C`: "Invalid request%3A …".
 */
export function sendPlainGrpcMessage(response: ServerResponse | Http2ServerResponse): void {
  const addTrailers = response.addTrailers.bind(response);
  response.addTrailers = (trailers: Parameters<Http2ServerResponse["addTrailers"]>[0]) => {
    const message = trailers["grpc-message"];
    if (typeof message !== "string") addTrailers(trailers);
    else addTrailers({ ...trailers, "grpc-message": unescapeNeedless(message) });
  };
}

function unescapeNeedless(message: string): string {
  return message.replaceAll(NEEDLESS_ESCAPES, (escape) => decodeURIComponent(escape));
}
