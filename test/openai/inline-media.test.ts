// Answers come back as history with their images inside the text; they become media again, and not a letter of the text is lost.
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitInlineMedia } from "../../src/openai/inline-media.ts";
import { placeOf } from "./reading.ts";

const short = (text: string): string[] =>
  splitInlineMedia(text).map((piece) => (typeof piece === "string" ? piece : `<${piece.mimeType} ${placeOf(piece)}>`));

describe("media inside text", () => {
  it("is cut out, and the text around it kept to the letter", () => {
    assert.deepEqual(short("before \n![image](data:image/png;base64,QUJD)\n after"), [
      "before \n",
      "<image/png QUJD>",
      "\n after",
    ]);
  });
  it("may be several, side by side, and sound", () => {
    assert.deepEqual(
      short("![a](data:image/png;base64,QUJD)![](data:image/webp;base64,QQ==)[audio](data:audio/wav;base64,Qg==)"),
      ["<image/png QUJD>", "<image/webp QQ==>", "<audio/wav Qg==>"],
    );
  });
  for (const text of [
    "no link at all",
    "![x](https://example.com/a.png)",
    "![x](data:image/png;base64,QU*D)",
    "![x](data:image/png;base64,)",
    "![x](data:text/plain,hello)",
    "![x](data:image/png;base64,QUJD",
    "](data:image/png;base64,QUJD)",
    "[a\nb](data:image/png;base64,QUJD)",
    "[x](data:[y](data:)",
  ]) {
    it(`leaves ${JSON.stringify(text)} as it is`, () => assert.deepEqual(short(text), [text]));
  }
  it("takes the inner of two nested beginnings", () => {
    assert.deepEqual(short("[x](data:![y](data:image/png;base64,QUJD)"), ["[x](data:", "<image/png QUJD>"]);
  });
  it("gives nothing for empty text", () => assert.deepEqual(short(""), []));

  it("can be put together again into the very text", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "(",
      ")",
      "!",
      "![i](data:image/png;base64,QUJD)",
      "](data:",
      "data:image/png;base64,",
      "QUJD",
      "\n",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("");
        const back = splitInlineMedia(text).map((found) =>
          typeof found === "string" ? found : `](data:${found.mimeType};base64,${placeOf(found)})`,
        );
        assert.equal(back.join("").length <= text.length, true);
        assert.equal(splitInlineMedia(text).filter((found) => found === "").length, 0);
        // All that is missing are labels.
        const labels = text.length - back.join("").length;
        assert(labels >= 0);
        assert.equal(back.join("").replaceAll(/[![\]xi]/g, ""), text.replaceAll(/[![\]xi]/g, ""));
      }),
      { numRuns: 2000 },
    );
  });
  it("is linear in the text, however often a link seems to begin", () => {
    const start = performance.now();
    splitInlineMedia(`${"](data:".repeat(300_000)})`);
    splitInlineMedia(`${"[".repeat(2_000_000)}](data:a/b;base64,${"A".repeat(4_000_000)}*)`);
    splitInlineMedia("[x](data:a/b;base64,".repeat(200_000));
    assert(performance.now() - start < 5000);
  });
});
