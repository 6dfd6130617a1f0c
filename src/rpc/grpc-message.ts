// `grpc-message` in the form of gRPC's specification, which Connect escapes beyond: grpc-js would show the escapes to its callers.

/** Escapes of space to tilde, but for the percent sign: the specification leaves these characters as they are. */
const NEEDLESS_ESCAPES = /%(?:2[0-46-9A-F]|[3-6][0-9A-F]|7[0-9A-E])/g;

/**
 * The message with the necessary escapes only. Connect 2.2 writes it with `encodeURIComponent`; grpc-js 1.14 reads it with `decodeURI`,
 * which leaves `%3A` and `%2C`: "Invalid request%3A …".
 */
export function toPlainGrpcMessage(escaped: string): string {
  return escaped.replaceAll(NEEDLESS_ESCAPES, (escape) => decodeURIComponent(escape));
}
