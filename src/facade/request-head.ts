// The head of a request: what Node's parser lets pass and we do not.
import type { IncomingMessage } from "node:http";
import { Failure } from "../chat/failures.ts";

/** Two Host headers make proxies and us disagree on where a request goes. Throws INVALID_VALUE. */
export function refuseDoubledHost({ rawHeaders }: IncomingMessage): void {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  if (hosts > 1) throw new Failure("INVALID_VALUE", "The request has more than one Host header.", { field: "host" });
}
