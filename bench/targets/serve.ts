// What both HTTP references share: a node:http server, the licence's comparison, whole bodies.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createUpstream, type OpenAiRequest, type Upstream } from "./upstream.ts";

/** Serves `answer` on a free port with the licence and upstream of the environment, and says so. */
export function serve(
  answer: (request: OpenAiRequest, response: ServerResponse, upstream: Upstream) => Promise<void>,
): void {
  const expected = `Bearer ${process.env["LICENCE"]}`;
  const upstream = createUpstream();
  const server = createServer((incoming, response) => {
    if (incoming.headers.authorization !== expected) {
      response.writeHead(401).end();
      return;
    }
    readBody(incoming)
      .then((body) => answer(JSON.parse(body.toString("utf8")) as OpenAiRequest, response, upstream))
      .catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
  });
  server.listen(0, "127.0.0.1", () => console.log(`listening 127.0.0.1:${(server.address() as AddressInfo).port}`));
}

function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const pieces: Buffer[] = [];
  incoming.on("data", (piece: Buffer) => pieces.push(piece));
  incoming.on("end", () => resolve(Buffer.concat(pieces)));
  incoming.on("error", reject);
  return promise;
}
