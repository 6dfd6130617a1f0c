// What every error answer of the facade must be: OpenAI's four keys, a request id, and no more said than meant.
import assert from "node:assert/strict";

export interface ExpectedError {
  readonly status: number;
  readonly code: string | null;
  readonly param?: string | null;
  readonly type?: string;
  readonly message?: RegExp;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers | Readonly<Record<string, string>>;
}

/** Checks an error answer against what is expected of it. */
export function assertError(answer: Answer, body: string, expected: ExpectedError): void {
  assert.equal(answer.status, expected.status, body);
  const header = (name: string): string | null =>
    answer.headers instanceof Headers ? answer.headers.get(name) : (answer.headers[name] ?? null);
  assert.match(header("x-request-id") ?? "", /^[A-Za-z0-9._-]{8,64}$/);
  assert.match(header("content-type") ?? "", /^application\/json/);
  const { error, ...others } = JSON.parse(body) as { error: Record<string, unknown> };
  assert.deepEqual(others, {});
  assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"]);
  assert.equal(error["code"], expected.code);
  assert.equal(error["param"], expected.param ?? null);
  assert.equal(error["type"], expected.type ?? (expected.status >= 500 ? "server_error" : "invalid_request_error"));
  assert.match(String(error["message"]), expected.message ?? /\S/);
}

export async function assertErrorOf(response: Response, expected: ExpectedError): Promise<void> {
  assertError(response, await response.text(), expected);
}
