// Hosts of media that misbehave, by name: what a fetch of a caller's URL may meet.
import { gzipSync } from "node:zlib";
import type { Socket } from "node:net";
import { answer, type Behaviour } from "../media/raw-host.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const OK = ["200 OK", "content-type: image/png"] as const;

/** Writes these bytes one by one, for as long as somebody is there. */
function drip(socket: Socket, text: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ""), everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** As fast as it is taken, without end. */
function pour(socket: Socket): void {
  const block = Buffer.alloc(65_536, 1);
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", more);
  more();
}

/** A picture, from a host that does as it should. */
export const goodHost: Behaviour = answer([...OK, `content-length: ${PNG.length}`], PNG);

/** Hosts none of whose answers is media that we take. */
export const MEDIA_FAULTS: Readonly<Record<string, Behaviour>> = {
  "a redirect to the cloud's metadata": answer(["302 Found", "location: http://169.254.169.254/latest/meta-data"]),
  "a redirect to this machine, disguised": answer(["302 Found", "location: http://0x7f.1:22/"]),
  "a redirect to another scheme": answer(["302 Found", "location: file:///etc/passwd"]),
  "a redirect to itself": answer(["307 Temporary Redirect", "location: /again"]),
  "a redirect to nowhere": answer(["302 Found"]),
  "a length that is too large": answer([...OK, "content-length: 5000"], PNG),
  "a length beyond every limit": answer([...OK, "content-length: 99999999999"], PNG),
  "two lengths": answer([...OK, "content-length: 68", "content-length: 5"], PNG),
  "a body without end": (socket) => {
    socket.write(`HTTP/1.1 ${OK.join("\r\n")}\r\n\r\n`);
    pour(socket);
  },
  "a gzip bomb": answer([...OK, "content-encoding: gzip"], gzipSync(Buffer.alloc(10_000_000))),
  "a page for a picture": answer([...OK], "<html><script>1</script></html>"),
  "a drawing with scripts": answer(["200 OK", "content-type: image/svg+xml"], "<svg onload='x()'/>"),
  "nothing at all": answer([...OK, "content-length: 0"]),
  "an error": answer(["500 No", "content-type: image/png"], PNG),
  "no HTTP": (socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
  "a head without end": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    drip(socket, "x: y\r\n", 1);
  },
  silence: () => undefined,
  "silence in its body": (socket) => void socket.write(`HTTP/1.1 ${OK.join("\r\n")}\r\ncontent-length: 68\r\n\r\nx`),
  "a body that drips": (socket) => {
    socket.write(`HTTP/1.1 ${OK.join("\r\n")}\r\ncontent-length: 100000\r\n\r\n`);
    drip(socket, "x", 50);
  },
  "a reset": (socket) => void socket.resetAndDestroy(),
};
