// The one message of a gRPC request. What is refused has Connect's codes and words.
import { Code, ConnectError } from "@connectrpc/connect";
import { BytePile } from "../chat/byte-pile.ts";
import { ENVELOPE_BYTES } from "./request-body.ts";

const COMPRESSED_FLAG = 1;
const NOTHING = Buffer.alloc(0);

/**
 * The bytes of the message, once the client has said all. Rejects as soon as it is clear that there is not exactly one, uncompressed and
 * of at most `maxBytes`; nothing more is read then.
 */
export async function readMessage(pieces: AsyncIterable<Buffer>, maxBytes: number): Promise<Uint8Array> {
  const pile = new BytePile();
  let head = NOTHING;
  let endBytes: number | undefined;
  for await (const piece of pieces) {
    pile.add(piece);
    if (head.length < ENVELOPE_BYTES) head = Buffer.concat([head, piece.subarray(0, ENVELOPE_BYTES - head.length)]);
    if (head.length === ENVELOPE_BYTES) endBytes ??= ENVELOPE_BYTES + readLength(head, maxBytes);
    if (endBytes !== undefined && pile.size > endBytes) {
      throw new ConnectError("protocol error: received extra input message", Code.Unimplemented);
    }
  }
  if (pile.size === 0) throw new ConnectError("protocol error: missing input message", Code.Unimplemented);
  if (pile.size !== endBytes) throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
  return pile.whole().subarray(ENVELOPE_BYTES);
}

function readLength(envelope: Buffer, maxBytes: number): number {
  const length = envelope.readUInt32BE(1);
  if (length > maxBytes) {
    throw new ConnectError(
      `message size ${length} is larger than configured readMaxBytes ${maxBytes}`,
      Code.ResourceExhausted,
    );
  }
  if ((envelope.readUInt8(0) & COMPRESSED_FLAG) !== 0) {
    throw new ConnectError("received compressed envelope, but do not know how to decompress", Code.Internal);
  }
  return length;
}
