// Goal: a status message reaches callers as it was written, also those of grpc-js, which does not undo every escape.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toPlainGrpcMessage } from "../../src/rpc/grpc-message.ts";

/** What grpc-js 1.14 does with the trailer. */
const readByGrpcJs = (trailer: string): string => decodeURI(trailer);

test("any message is read back by grpc-js as it was, and only what must be is escaped", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (message) => {
      const trailer = toPlainGrpcMessage(encodeURIComponent(message));
      assert.match(trailer, /^(?:[\x20-\x24\x26-\x7e]|%[0-9A-F]{2})*$/);
      assert.equal(readByGrpcJs(trailer), message);
      assert.equal(decodeURIComponent(trailer), message);
    }),
  );
  assert.equal(
    toPlainGrpcMessage(encodeURIComponent("Invalid request: a, b/c? 100 %")),
    "Invalid request: a, b/c? 100 %25",
  );
});
