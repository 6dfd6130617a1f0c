// Goal: one decision on licences for all transports: which header counts, and that every refusal looks the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { admit, readLicence, unauthenticated, type HeaderValues } from "../../src/chat/licence.ts";
import type { Licences } from "../../src/chat/ports.ts";

const headers =
  (entries: Record<string, string | string[]>): HeaderValues =>
  (name) =>
    [entries[name] ?? []].flat();

const licences: Licences = {
  resolve: (licence) => (licence === "good-licence-0001" ? { licenceId: "id-1", name: "test" } : undefined),
};

test("Authorization counts with and without Bearer, in any case", () => {
  for (const value of ["good", "Bearer good", "bearer good", "BEARER   good", " good "]) {
    assert.equal(readLicence(headers({ authorization: value })), "good", value);
  }
});

test("Authorization comes before x-goog-api-key, and that before x-api-key", () => {
  assert.equal(readLicence(headers({ "x-api-key": "c", "x-goog-api-key": "b", authorization: "a" })), "a");
  assert.equal(readLicence(headers({ "x-api-key": "c", "x-goog-api-key": "b" })), "b");
  assert.equal(readLicence(headers({ "x-api-key": "c" })), "c");
});

test("an empty Authorization does not hide a later header", () => {
  assert.equal(readLicence(headers({ authorization: "Bearer ", "x-api-key": "c" })), "c");
});

test("two differing Authorization values are refused, two equal ones are not", () => {
  assert.throws(
    () => readLicence(headers({ authorization: ["a", "b"] })),
    (error) => error instanceof Failure && error.reason === "AMBIGUOUS_AUTHORIZATION",
  );
  assert.equal(readLicence(headers({ authorization: ["a", "a"] })), "a");
});

test("a known licence gives its caller", () => {
  assert.deepEqual(admit(headers({ authorization: "Bearer good-licence-0001" }), licences), {
    licenceId: "id-1",
    name: "test",
  });
});

test("every refusal is the same, whatever its cause", () => {
  const { message } = unauthenticated();
  for (const value of [[], "", "Bearer", "Bearer  x", "unknown", "x".repeat(16_384)]) {
    const refused = { reason: "INVALID_API_KEY", message };
    assert.throws(() => admit(headers({ authorization: value }), licences), refused);
  }
});

test("no header bytes make anything but a refusal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      assert.throws(() => admit(headers({ authorization: value }), licences), { reason: "INVALID_API_KEY" });
    }),
  );
});
