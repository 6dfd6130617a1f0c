// Goal: one decision on licences for all transports: which header counts, and that every refusal looks the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { admit, readLicence, type HeaderValues } from "../../src/chat/licence.ts";
import type { Licences } from "../../src/chat/ports.ts";

const headers =
  (entries: Record<string, string | string[]>): HeaderValues =>
  (name) =>
    [entries[name] ?? []].flat();

const licences: Licences = {
  resolve: async (licence) => (licence === "good-licence-0001" ? { licenceId: "id-1", name: "test" } : undefined),
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

test("a known licence gives its caller", async () => {
  assert.deepEqual(await admit(headers({ authorization: "Bearer good-licence-0001" }), licences), {
    licenceId: "id-1",
    name: "test",
  });
});

test("every refusal is the same, whatever its cause", async () => {
  const bad = ["", "Bearer", "Bearer  x", "unknown", "x".repeat(16_384)];
  const refusals = await Promise.all(
    [headers({}), ...bad.map((value) => headers({ authorization: value }))].map((header) =>
      admit(header, licences).then(
        () => assert.fail("admitted"),
        (error: unknown) => error as Failure,
      ),
    ),
  );
  assert.deepEqual(new Set(refusals.map(({ reason, message }) => `${reason} ${message}`)).size, 1);
  assert.equal(refusals[0]?.reason, "INVALID_API_KEY");
});

test("no header bytes make anything but a refusal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (value) => {
      await assert.rejects(admit(headers({ authorization: value }), licences), { reason: "INVALID_API_KEY" });
    }),
  );
});
