// Base64 of callers is checked strictly, stays text, and costs no more than a look at it.
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isStandardBase64, splitDataUrl, toMimeType, toStandardBase64 } from "../../src/chat/base64.ts";

describe("base64", () => {
  it("in bytes is accepted when it is standard and padded, wherever in megabytes it is not", () => {
    const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    const letters = fc.string({ unit: fc.constantFrom(..."ABab01+/=-_ \nŁ*é"), maxLength: 12 });
    const long = fc.tuple(letters, fc.constantFrom(0, 16_384, 49_152), letters);
    fc.assert(
      fc.property(long, ([before, groups, after]) => {
        const text = `${before}${"QUJD".repeat(groups)}${after}`;
        assert.equal(isStandardBase64(Buffer.from(text)), standard.test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("accepts exactly what is base64 after padding, URL-safe letters and line breaks are made standard", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."ABab01+/=-_ \nŁ*é") });
    const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    fc.assert(
      fc.property(letters, (text) => {
        const plain = text.replace(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
        const padded = plain + "=".repeat([0, 0, 2, 1][plain.length % 4] ?? 0);
        const valid = plain !== "" && plain.length % 4 !== 1 && standard.test(padded);
        assert.equal(toStandardBase64(text), valid ? padded : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps standard text as the same string", () => {
    const text = Buffer.from("any bytes").toString("base64");
    assert.equal(toStandardBase64(text), text);
  });

  it("finds one wrong letter in 28 MB, wherever it is, well within a second", () => {
    const text = Buffer.alloc(21_000_000, 7).toString("base64");
    const start = performance.now();
    assert.equal(toStandardBase64(text), text);
    for (const at of [0, 1_048_575, 1_048_576, 14_000_001, text.length - 1]) {
      assert.equal(toStandardBase64(`${text.slice(0, at)}*${text.slice(at + 1)}`), undefined, `at ${at}`);
      assert.equal(toStandardBase64(`${text.slice(0, at)}Ł${text.slice(at + 1)}`), undefined, `Ł at ${at}`);
    }
    assert(performance.now() - start < 5000);
  });
});

describe("data URLs", () => {
  it("are cut at the comma", () => {
    assert.deepEqual(splitDataUrl("data:image/PNG;base64,QUJD"), { mimeType: "image/png", base64: true, data: "QUJD" });
    assert.deepEqual(splitDataUrl("DATA:audio/L16;rate=24000;BASE64,QQ"), {
      mimeType: "audio/l16",
      base64: true,
      data: "QQ",
    });
    assert.deepEqual(splitDataUrl("data:;base64,"), { mimeType: "", base64: true, data: "" });
    assert.deepEqual(splitDataUrl("data:,a,b"), { mimeType: "", base64: false, data: "a,b" });
  });
  it("are not looked for beyond a header's length", () => {
    assert.equal(splitDataUrl(`data:${"x".repeat(600)},QQ==`), undefined);
    assert.equal(splitDataUrl("https://example.com/data:,"), undefined);
    assert.equal(splitDataUrl("data:image/png;base64"), undefined);
  });
  it("may hold a hundred thousand commas", () => {
    assert.equal(splitDataUrl(`data:text/plain,${",".repeat(100_000)}`)?.data.length, 100_000);
  });
  it("name no type that is none", () => {
    assert.equal(toMimeType("Image/SVG+xml; charset=utf-8"), "image/svg+xml");
    for (const text of ["", "png", "a/b/c", "image/png\r\nx: y", "<b>/c", `${"a".repeat(600)}/b`])
      assert.equal(toMimeType(text), "");
  });
});
