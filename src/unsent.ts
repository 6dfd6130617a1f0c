// How much of its answers the kernel may hold unsent for each client of a server.
import type { Server } from "node:net";

/** Of Linux's `<netinet/in.h>` and `<linux/tcp.h>`. */
const IPPROTO_TCP = 6;
const TCP_NOTSENT_LOWAT = 25;

/**
 * Bytes. Without a limit Linux takes as much as the send buffer grows to, 4 MiB (`net.ipv4.tcp_wmem`): so much of each stream is made for
 * a client who does not read, and so late we see that it does not. What is on its way does not count, so that no network gets slower.
 */
export const UNSENT_MAX_BYTES = 131_072;

/**
 * Limits what the kernel takes from us for a client before it has sent it, for all connections that the listening server will accept:
 * Linux hands the option down. Node has no way to set it but a call of the C function. Throws where that cannot be called.
 */
export function limitUnsent(server: Server): void {
  const fd = (server as Server & { readonly _handle?: { readonly fd?: number } | null })._handle?.fd;
  if (fd === undefined) throw new Error("the listening socket has no file descriptor");
  using library = loadFfi().dlopen(null, {
    setsockopt: { arguments: ["i32", "i32", "i32", "buffer", "u32"], return: "i32" },
  });
  const value = Buffer.from(Int32Array.of(UNSENT_MAX_BYTES).buffer);
  const result = library.functions.setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, value, value.length);
  if (result !== 0) throw new Error("setsockopt refused TCP_NOTSENT_LOWAT");
}

/** Without the line on stderr that Node writes when this module is loaded: one call with fixed types risks nothing of what it warns of. */
function loadFfi(): typeof import("node:ffi") {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:ffi");
  } finally {
    process.emitWarning = emitWarning;
  }
}
