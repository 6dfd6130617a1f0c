// Goal: what a gRPC message takes while it is read is its bytes, in whatever pieces they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readMessage } from "../../src/rpc/grpc-request.ts";
import { ENVELOPE_BYTES } from "../../src/rpc/request-body.ts";

const MESSAGE_BYTES = 5_000;
/** The latest pieces may still be on their way. */
const ON_THEIR_WAY = 100;

test("a message that comes byte by byte is read whole, and keeps its bytes but not their pieces", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const pieces: WeakRef<Buffer>[] = [];
  let kept = 0;
  async function* send(): AsyncGenerator<Buffer> {
    const envelope = Buffer.alloc(ENVELOPE_BYTES);
    envelope.writeUInt32BE(MESSAGE_BYTES, 1);
    yield envelope;
    for (let at = 0; at < MESSAGE_BYTES; at++) {
      const piece = Buffer.of(at % 251);
      pieces.push(new WeakRef(piece));
      yield piece;
    }
    await setImmediate();
    collect();
    kept = pieces.filter((piece) => piece.deref() !== undefined).length;
  }
  const message = await readMessage(send(), MESSAGE_BYTES);
  const sent = Uint8Array.from({ length: MESSAGE_BYTES }, (_, at) => at % 251);
  assert.deepEqual(Buffer.from(message), Buffer.from(sent));
  assert.ok(kept < ON_THEIR_WAY, `${kept} pieces are kept`);
});
