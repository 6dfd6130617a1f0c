// The head of a request: what Node's parser lets pass and we do not, and what of a body is read.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Failure } from "../chat/failures.ts";

/** A host name or address and a port, and no more: nothing that a URL could be read into. */
const HOST = /^[\w.~%!$&'()*+,;=:[\]-]*$/;

/** What is no request at all, be it Node's parser that says so or we. */
export function invalidRequest(): Failure {
  return new Failure("INVALID_VALUE", "The request is not valid HTTP/1.1.");
}

/** Where proxies in front of us may read a request otherwise than we do, it is refused with INVALID_VALUE, and its connection must end. */
export function checkHead({ rawHeaders, httpVersion }: IncomingMessage): Failure | undefined {
  // Node's parser takes 2.0 as well, and gives out a request line without a version before it finds fault with what follows.
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return invalidRequest();
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

/** The only expectation there is, is that for a 100 (RFC 9110, 10.1.1); HTTP/1.0 has none. Gives EXPECTATION_FAILED. */
export function checkExpectation({ headers, httpVersion }: IncomingMessage): Failure | undefined {
  const { expect } = headers;
  if (expect === undefined || httpVersion === "1.0" || expect.toLowerCase() === "100-continue") return undefined;
  return new Failure("EXPECTATION_FAILED", "Unsupported Expect: the only expectation met is '100-continue'.");
}

/**
 * Only JSON is read, and the type is judged here alone: parsers and validators that each judge it have let requests slip between. Gives
 * UNSUPPORTED_MEDIA_TYPE.
 */
export function checkBodyHeaders(headers: IncomingHttpHeaders): Failure | undefined {
  const { "content-type": type, "content-encoding": encoding = "identity" } = headers;
  if (!isJson(type)) {
    return new Failure("UNSUPPORTED_MEDIA_TYPE", "Unsupported Content-Type: expected 'application/json' in UTF-8.");
  }
  if (encoding.toLowerCase() === "identity") return undefined;
  return new Failure(
    "UNSUPPORTED_MEDIA_TYPE",
    "Unsupported Content-Encoding: only 'identity' is read, no compression.",
  );
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === "application/json") return true;
  const [type, ...parameters] = contentType.split(";").map((piece) => piece.trim().toLowerCase());
  const charsets = parameters.filter((parameter) => parameter.startsWith("charset="));
  return type === "application/json" && charsets.every((charset) => /^charset="?utf-?8"?$/.test(charset));
}

function refuse(field: string, message: string): Failure {
  return new Failure("INVALID_VALUE", message, { field });
}
