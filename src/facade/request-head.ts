// The head of a request: what Node's parser lets pass and we do not.
import type { IncomingMessage } from "node:http";
import { Failure } from "../chat/failures.ts";

/** Without exactly one Host header proxies and we may disagree on where a request goes: then INVALID_VALUE. */
export function checkHost({ rawHeaders, httpVersion }: IncomingMessage): Failure | undefined {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  if (hosts === 1 || (hosts === 0 && httpVersion === "1.0")) return undefined;
  return new Failure("INVALID_VALUE", "The request must have one Host header.", { field: "host" });
}
