// Every error that Google is known to send becomes one row of our catalogue, with no secret in its text.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { FAILURES, type Failure, type FailureReason } from "../../src/chat/failures.ts";
import { untilQuotaReset } from "../../src/gemini/errors/day-quota.ts";
import { failureOfAnswer, failureOfError } from "../../src/gemini/errors.ts";
import { createRedactor } from "../../src/gemini/redact.ts";
import {
  consumerSuspended,
  dailyQuotaExceeded,
  geminiError,
  geminiErrors,
  modelNotFound,
  quotaExceeded,
  type GeminiError,
} from "../support/faulty-gemini.ts";
import { assertUntilPacificMidnight } from "../support/pacific-midnight.ts";
import { CATALOGUE, CLASSIC_KEY } from "./error-wordings.ts";
import { recordings } from "./recorded.ts";

const SECRET = "AQ.configured-key-1234567890";
const redact = createRedactor([SECRET]);

function failure({ httpStatus, body }: GeminiError, retryAfter?: string): Failure {
  return failureOfAnswer(httpStatus, JSON.stringify(body), retryAfter, redact);
}

function withText(httpStatus: number, status: string, message: string): GeminiError {
  return geminiError(httpStatus, status, message);
}

suite("the catalogue of wordings", () => {
  test("every known wording is the row it should be, with its field", () => {
    for (const [httpStatus, status, message, reason, field] of CATALOGUE) {
      const told = failure(withText(httpStatus, status, message));
      assert.equal(told.reason, reason, message);
      assert.equal(told.field, field, message);
    }
  });

  test("the same error as an event of a stream is the same row, also without its code", () => {
    for (const [code, status, message, reason] of CATALOGUE) {
      assert.equal(failureOfError({ error: { code, message, status } }, redact).reason, reason, message);
      if (code !== 413) assert.equal(failureOfError({ error: { message, status } }, redact).reason, reason, message);
    }
  });

  test("reasons of ErrorInfo decide before wordings", () => {
    const reasons: readonly (readonly [string, FailureReason])[] = [
      ["API_KEY_INVALID", "UPSTREAM_KEY_INVALID"],
      ["API_KEY_SERVICE_BLOCKED", "UPSTREAM_KEY_INVALID"],
      ["API_KEY_HTTP_REFERRER_BLOCKED", "UPSTREAM_KEY_INVALID"],
      ["API_KEY_IP_ADDRESS_BLOCKED", "UPSTREAM_KEY_INVALID"],
      ["CONSUMER_SUSPENDED", "UPSTREAM_PROJECT_UNUSABLE"],
      ["CONSUMER_INVALID", "UPSTREAM_PROJECT_UNUSABLE"],
      ["SERVICE_DISABLED", "UPSTREAM_PROJECT_UNUSABLE"],
      ["BILLING_DISABLED", "UPSTREAM_PROJECT_UNUSABLE"],
      ["USER_PROJECT_DENIED", "UPSTREAM_PROJECT_UNUSABLE"],
      ["LOCATION_POLICY_VIOLATED", "UPSTREAM_REGION"],
    ];
    for (const [reason, expected] of reasons) {
      const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" }];
      assert.equal(failure(geminiError(403, "PERMISSION_DENIED", "models/x", details)).reason, expected, reason);
      assert.equal(failure(geminiError(400, "INVALID_ARGUMENT", "?", details)).reason, expected, reason);
    }
  });

  test("a caller cannot make an error look like one of a key by what it writes", () => {
    const texts = [
      "API key not valid",
      "has been suspended",
      "User location is not supported",
      "Your API key was reported as leaked",
    ];
    for (const text of texts) {
      const told = failure(withText(400, "INVALID_ARGUMENT", `Invalid value at 'contents[0].role', "${text}"`));
      assert.equal(told.reason, "UPSTREAM_INVALID_ARGUMENT", text);
    }
  });

  test("the recorded errors are what their status and text say", () => {
    const expected: Readonly<Record<number, readonly FailureReason[]>> = {
      400: ["UPSTREAM_INVALID_ARGUMENT", "UPSTREAM_KEY_INVALID", "UPSTREAM_REGION", "CONTEXT_LENGTH_EXCEEDED"],
      401: ["UPSTREAM_KEY_INVALID"],
      403: ["UPSTREAM_PROJECT_UNUSABLE", "UPSTREAM_KEY_INVALID"],
      404: ["MODEL_NOT_FOUND", "NOT_FOUND", "UPSTREAM_ERROR"],
      429: ["RATE_LIMIT_EXCEEDED", "INSUFFICIENT_QUOTA"],
      500: ["UPSTREAM_ERROR"],
      503: ["OVERLOADED"],
    };
    const errors = recordings().filter(({ response }) => response.status !== 200);
    assert.ok(errors.length > 25, `${errors.length} errors`);
    for (const { id, response } of errors) {
      const body = response.body_text ?? JSON.stringify(response.body);
      const told = failureOfAnswer(response.status, body, undefined, redact);
      assert.ok(expected[response.status]?.includes(told.reason), `${id}: ${told.reason}`);
      assert.doesNotMatch(told.message, /<html|\b\d{12}\b|test-project-id/, id);
    }
  });

  test("a message that a front end left in its debug detail is found there", () => {
    const recording = recordings().find(({ id }) => id === "firebase-nomodel-streaming-failure-http-error-400-0");
    assert.ok(recording);
    const told = failureOfAnswer(400, JSON.stringify(recording.response.body), undefined, redact);
    assert.equal(told.reason, "UPSTREAM_REGION");
  });
});

suite("shapes of bodies", () => {
  const { body } = geminiErrors.overloaded;

  test("an object, an array and JSON inside the message are read alike", () => {
    const nested = { error: { code: 503, message: JSON.stringify(body), status: "Service Unavailable" } };
    for (const shape of [body, [body], nested, [nested]]) {
      const told = failureOfAnswer(503, JSON.stringify(shape), undefined, redact);
      assert.deepEqual([told.reason, told.message], ["OVERLOADED", "The model is overloaded. Please try again later."]);
    }
  });

  test("HTML, nothing and cut JSON go by the status, and none of it is relayed", () => {
    const expected: readonly (readonly [number, FailureReason])[] = [
      [302, "UPSTREAM_INVALID_RESPONSE"],
      [400, "UPSTREAM_INVALID_ARGUMENT"],
      [404, "UPSTREAM_ERROR"],
      [413, "PAYLOAD_TOO_LARGE"],
      [429, "RATE_LIMIT_EXCEEDED"],
      [502, "UPSTREAM_ERROR"],
      [503, "OVERLOADED"],
      [504, "UPSTREAM_TIMEOUT"],
    ];
    for (const [status, reason] of expected) {
      for (const text of [
        "<!DOCTYPE html><title>Error</title>",
        "",
        '{"error": {"code": 4',
        "null",
        "[]",
        '"x"',
        "7",
      ]) {
        const told = failureOfAnswer(status, text, undefined, redact);
        assert.equal(told.reason, reason, `${status} ${text}`);
        assert.doesNotMatch(told.message, /html|Error<|"error"/);
        assert.ok(told.message.length > 0);
      }
    }
  });

  test("an event that is no error of Google's is an invalid answer", () => {
    for (const value of [undefined, null, 1, "x", [], {}, { error: 5 }, [{ candidates: [] }]]) {
      assert.equal(failureOfError(value, redact).reason, "UPSTREAM_INVALID_RESPONSE");
    }
  });

  test("whatever the body, there is a failure of the catalogue", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 599 }),
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"error":${json}}`),
        ),
        (status, text) => {
          const told = failureOfAnswer(status, text, undefined, redact);
          assert.ok(Object.hasOwn(FAILURES, told.reason));
        },
      ),
    );
  });
});

suite("quotas and waits", () => {
  test("the wait of RetryInfo is told in every form of it", () => {
    const waits: readonly (readonly [string, number | undefined])[] = [
      ["26s", 26_000],
      ["34.07s", 34_070],
      ["0.9s", 900],
      ["900ms", 900],
      ["1m5s", 65_000],
      ["junk", 60_000],
      ["-5s", 60_000],
    ];
    for (const [delay, expected] of waits) {
      const told = failure(quotaExceeded(delay));
      assert.deepEqual([told.reason, told.retryAfterMs], ["RATE_LIMIT_EXCEEDED", expected], delay);
    }
  });

  test("without RetryInfo the message tells, then the header, then a usual wait", () => {
    const text = "You exceeded your current quota. Please retry in 44.09s.";
    assert.equal(failure(withText(429, "RESOURCE_EXHAUSTED", text)).retryAfterMs, 44_090);
    assert.equal(failure(withText(429, "RESOURCE_EXHAUSTED", "Please retry in 812.5ms.")).retryAfterMs, 813);
    assert.equal(failure(geminiErrors.sharedCapacity, "7").retryAfterMs, 7_000);
    assert.equal(failure(geminiErrors.sharedCapacity, "Wed, 21 Oct 2026 07:28:00 GMT").retryAfterMs, 5_000);
    assert.equal(failure(geminiErrors.sharedCapacity).retryAfterMs, 5_000);
    assert.equal(failure(quotaExceeded()).retryAfterMs, 60_000);
    assert.equal(failure(geminiErrors.overloaded, "3").retryAfterMs, 3_000);
  });

  test("a quota of the day and a wait of more than five minutes are used-up quotas: those of the day until midnight Pacific time", () => {
    const day = failure(dailyQuotaExceeded("34s"));
    assert.deepEqual([day.reason, day.row.callerMayRetry], ["INSUFFICIENT_QUOTA", false]);
    assertUntilPacificMidnight((day.retryAfterMs ?? Number.NaN) / 1_000);
    const long = failure(quotaExceeded("86400s"));
    assert.deepEqual([long.reason, long.retryAfterMs], ["INSUFFICIENT_QUOTA", 86_400_000]);
    assert.equal(failure(quotaExceeded("300s")).reason, "RATE_LIMIT_EXCEEDED");
  });
});

suite("the next midnight Pacific time", () => {
  const HOUR_MS = 3_600_000;
  for (const [title, now, hours] of [
    ["in winter", "2026-01-15T12:00:00-08:00", 12],
    ["in summer", "2026-07-15T23:00:00-07:00", 1],
    ["at midnight itself", "2026-07-15T00:00:00-07:00", 24],
    ["on the day that is an hour short", "2026-03-08T00:00:00-08:00", 23],
    ["on the day that is an hour long", "2026-11-01T00:00:00-07:00", 25],
  ] as const) {
    test(`KY-7: ${title}, is ${hours} hours away`, () => {
      assert.equal(untilQuotaReset(Date.parse(now)), hours * HOUR_MS);
    });
  }
});

suite("texts", () => {
  test("no key, project or configured secret is told, neither to the caller nor to the log", () => {
    const holder = `Penalty api_key:${CLASSIC_KEY} and ${SECRET}, see https://x?key=abcdef and projects/my-project-1, project 123456789012.`;
    for (const error of [
      consumerSuspended(CLASSIC_KEY),
      withText(400, "INVALID_ARGUMENT", holder),
      withText(500, "INTERNAL", holder),
      geminiErrors.serviceDisabled,
    ]) {
      const told = failure(error);
      for (const text of [told.message, String(told.cause)]) {
        for (const secret of [CLASSIC_KEY, SECRET, "abcdef", "my-project-1", "123456789012"])
          assert.ok(!text.includes(secret), text);
      }
    }
  });

  test("the caller reads Google's words where the request is to blame", () => {
    assert.equal(
      failure(geminiErrors.unknownField).message,
      "Invalid JSON payload received. Unknown name \"x\" at 'generation_config': Cannot find field.",
    );
    assert.match(failure(modelNotFound("x")).message, /^models\/x is not found/);
  });

  test("troubles with our keys are told in our own words, and the log has the reason", () => {
    for (const error of [geminiErrors.apiKeyInvalid, consumerSuspended(CLASSIC_KEY), geminiErrors.serviceDisabled]) {
      const told = failure(error);
      assert.match(told.message, /^Google refused this gateway's/);
      assert.equal(told.row.httpStatus, 503);
    }
    assert.match(String(failure(geminiErrors.apiKeyInvalid).cause), /^HTTP 400 INVALID_ARGUMENT API_KEY_INVALID: /);
  });

  test("a too long prompt is told in the words that clients look for", () => {
    assert.match(
      failure(geminiErrors.contextTooLong).message,
      /^This model's maximum context length is 1048576 tokens\. /,
    );
    const newer = withText(
      400,
      "INVALID_ARGUMENT",
      "The input token count exceeds the maximum number of tokens allowed (1048576).",
    );
    assert.match(failure(newer).message, /maximum context length is 1048576 tokens/);
  });

  test("line ends, control characters and endless texts do not pass", () => {
    const told = failure(
      withText(400, "INVALID_ARGUMENT", `a\r\nset-cookie: x\u0000\u001b[31m\u2028b${"x".repeat(100_000)}`),
    );
    assert.doesNotMatch(told.message, /[\p{Cc}\u2028]/u);
    assert.ok(told.message.length < 1_100);
  });

  test("redacting leaves ordinary words alone", () => {
    const text =
      "Invalid value at 'tools[0].function_declarations[0].name'. The monkey=banana project is fine, a project before another.";
    assert.equal(redact(text), text);
  });
});
