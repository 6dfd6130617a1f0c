// The head of a request: what Node's parser lets pass and we do not.
import type { IncomingMessage } from "node:http";
import { Failure } from "../chat/failures.ts";

/** A host name or address and a port, and no more: nothing that a URL could be read into. */
const HOST = /^[\w.~%!$&'()*+,;=:[\]-]*$/;

/** Where proxies in front of us may read a request otherwise than we do, it is refused with INVALID_VALUE, and its connection must end. */
export function checkHead({ rawHeaders, httpVersion }: IncomingMessage): Failure | undefined {
  // Node's parser gives out a request line without a version before it finds fault with what follows.
  if (httpVersion === "0.9") return new Failure("INVALID_VALUE", "The request is not valid HTTP/1.1.");
  let hosts = 0;
  let type: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    // Lengths tell most names apart, without a copy in lower case.
    if (name.length === 4 && name.toLowerCase() === "host") {
      hosts++;
      if (!HOST.test(value)) return refuse("host", "The Host header is malformed.");
    } else if (name.length === 12 && name.toLowerCase() === "content-type") {
      // Node keeps the first of several.
      if (type !== undefined && type !== value) return refuse("content-type", "There are two Content-Type headers.");
      type = value;
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      // Node takes any list that ends with chunked, and gives the body without undoing the rest of it.
      if (value.toLowerCase() !== "chunked" || httpVersion === "1.0") {
        return refuse("transfer-encoding", "The only Transfer-Encoding accepted is chunked.");
      }
    }
  }
  if (hosts === 1 || (hosts === 0 && httpVersion === "1.0")) return undefined;
  return refuse("host", "The request must have one Host header.");
}

function refuse(field: string, message: string): Failure {
  return new Failure("INVALID_VALUE", message, { field });
}
