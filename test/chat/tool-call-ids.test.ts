// Goal: ids that every client keeps, that bring Gemini's own id back, and that other gateways' ids are understood.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { geminiCallId, mintToolCallId, signatureInForeignId } from "../../src/chat/tool-call-ids.ts";

test("an id without one of Gemini's is call_ and twelve random characters", () => {
  assert.match(mintToolCallId(""), /^call_[A-Za-z0-9]{12}$/);
  assert.notEqual(mintToolCallId(""), mintToolCallId(""));
});

test("Gemini's id comes back out of ours", () => {
  for (const id of ["spt7zdfl", "call_54402", "a-b_c"]) assert.equal(geminiCallId(mintToolCallId(id)), id);
});

test("whatever Gemini's id is, ours has at most 64 characters that every client accepts", () => {
  fc.assert(
    fc.property(fc.string(), (id) => {
      const ours = mintToolCallId(id);
      assert.match(ours, /^[A-Za-z0-9_-]{1,64}$/);
      assert.ok(["", id].includes(geminiCallId(ours)));
    }),
  );
});

test("Gemini's id comes back also when a gateway between appended a signature", () => {
  const ours = mintToolCallId("spt7zdfl");
  for (const mark of ["__thought__", "_ts_"]) {
    assert.equal(geminiCallId(`${ours}${mark}QUJD`), "spt7zdfl");
    assert.equal(geminiCallId(`${mintToolCallId("")}${mark}QUJD`), "");
  }
});

test("an id of Gemini's that looks like a signature in an id is not taken over", () => {
  for (const id of ["a_ts_QUJD", "ts_QUJD", "a__thought__QUJD"]) {
    const ours = mintToolCallId(id);
    assert.equal(geminiCallId(ours), "");
    assert.equal(signatureInForeignId(ours), undefined);
  }
});

test("an id of another origin holds none of Gemini's", () => {
  for (const id of ["", "call_1", "toolu_01A", "function-call-123", "call_abc__thought__AAAA"])
    assert.equal(geminiCallId(id), "");
});

test("signatures in LiteLLM's and Bifrost's ids are read, whichever alphabet", () => {
  const bytes = Buffer.from([251, 255, 190, 1, 2, 3]);
  const base64 = bytes.toString("base64");
  assert.equal(signatureInForeignId(`call_1__thought__${base64}`), base64);
  assert.equal(signatureInForeignId(`call_1_ts_${bytes.toString("base64url")}`), base64);
});

test("a cut or broken signature in an id is no signature", () => {
  for (const id of ["call_1", "call_1__thought__", "call_1__thought__A", "call_1__thought__a*b", "__thought__AAAA"]) {
    assert.equal(signatureInForeignId(id), undefined, id);
  }
});
