// The first bytes of a data source, at the price of those bytes only.
import { base64OfData, decodeBase64, type DataSource } from "../chat/bytes.ts";

/** Up to `count` bytes from the start. Text that only passes through is not decoded for it, and bytes are not encoded. */
export function dataHead(source: DataSource, count: number): Buffer {
  // A source that holds base64 text decodes all of it in its getter; plain bytes are a property of their own.
  const head = Object.hasOwn(source, "value")
    ? source.value.subarray(0, count)
    : decodeBase64(base64OfData(source).slice(0, Math.ceil(count / 3) * 4)).subarray(0, count);
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength);
}
