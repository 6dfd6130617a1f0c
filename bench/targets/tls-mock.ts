// The mock over TLS, HTTP/2 or HTTP/1.1 as the client chooses: takes large bodies and answers each with the same text.

import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { benchText, partsChunk, toUnaryJson, usageOf } from "../../test/support/faulty-gemini.ts";

const BODY_MIN_BYTES = 5 * 1_048_576;
const ANSWER = toUnaryJson(partsChunk([{ text: benchText(200) }], { finishReason: "STOP", usage: usageOf(9, 50) }));
const TOO_SMALL = toUnaryJson({ error: { code: 400, message: "the body is too small", status: "INVALID_ARGUMENT" } });

const pem = {
  key: readFileSync(process.env["KEY_FILE"] ?? ""),
  cert: readFileSync(process.env["CERTIFICATE_FILE"] ?? ""),
};
const server = createSecureServer({ ...pem, allowHTTP1: true }, (request, response) => {
  let bytes = 0;
  request.on("data", (piece: Buffer) => (bytes += piece.length));
  request.on("end", () => {
    const isUpload = request.method === "POST";
    response.writeHead(isUpload && bytes < BODY_MIN_BYTES ? 400 : 200, { "content-type": "application/json" });
    if (isUpload) response.end(bytes < BODY_MIN_BYTES ? TOO_SMALL : ANSWER);
    else response.end('{"models":[]}');
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listening 127.0.0.1:${(server.address() as AddressInfo).port}`));
