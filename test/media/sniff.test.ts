// Goal: the bytes decide the type; what was said only decides where bytes cannot. Method: heads of real files, and
// bytes that try to pass for something else.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { describeMediaType, mediaTypes, normalizeMediaType } from "../../src/media/media-types.ts";
import { detectMediaType } from "../../src/media/sniff.ts";
import { sampleHeads } from "./sample-heads.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const typeOf = (bytes: Uint8Array, said?: string) => detectMediaType(bytes, said)?.mimeType;
const isoMedia = (...brands: string[]) => {
  const box = latin1(`\0\0\0\0ftyp${brands[0]}\0\0\0\0${brands.slice(1).join("")}`);
  box.writeUInt32BE(box.length);
  return box;
};

describe("a real file", () => {
  for (const [file, mimeType, head] of sampleHeads) {
    test(`${file} is ${mimeType}, whatever was said`, () => {
      const bytes = Buffer.from(head, "base64");
      for (const said of [undefined, "", "application/octet-stream"]) {
        assert.deepEqual(detectMediaType(bytes, said), { mimeType, corrected: false });
      }
      assert.deepEqual(detectMediaType(bytes, "image/x-other"), { mimeType, corrected: true });
      assert.deepEqual(detectMediaType(bytes, "text/plain"), { mimeType, corrected: true });
      assert.deepEqual(detectMediaType(bytes, `${mimeType.toUpperCase()}; codecs=x`), { mimeType, corrected: false });
    });
  }
});

describe("a container", () => {
  test("of pictures is told by its brands", () => {
    assert.equal(typeOf(isoMedia("heic", "mif1")), "image/heic");
    assert.equal(typeOf(isoMedia("mif1", "mif1", "heic")), "image/heic");
    assert.equal(typeOf(isoMedia("mif1", "mif1", "avif")), "image/avif");
    assert.equal(typeOf(isoMedia("mif1", "mif1")), "image/heif");
    assert.equal(typeOf(isoMedia("msf1")), "image/heif");
  });

  test("of sound or film is told by its tracks, and without them by what was said", () => {
    const general = isoMedia("isom", "mp41");
    assert.equal(typeOf(general), "video/mp4");
    assert.equal(typeOf(general, "audio/mp4"), "audio/mp4");
    assert.equal(typeOf(general, "audio/x-m4a"), "audio/mp4");
    assert.equal(typeOf(Buffer.concat([general, latin1("moov..hdlr..vide")]), "audio/mp4"), "video/mp4");
    assert.equal(typeOf(Buffer.concat([general, latin1("moov..hdlr..soun")])), "audio/mp4");
    assert.equal(typeOf(isoMedia("M4A ")), "audio/mp4");
    assert.equal(typeOf(isoMedia("qt  ")), "video/quicktime");
    assert.equal(typeOf(isoMedia("3gp5")), "video/3gpp");
    assert.equal(typeOf(isoMedia("3g2a")), "video/3gpp");
    const webm = latin1("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm");
    assert.equal(typeOf(webm), "video/webm");
    assert.equal(typeOf(webm, "audio/webm;codecs=opus"), "audio/webm");
    assert.equal(typeOf(Buffer.concat([webm, latin1("V_VP9 A_OPUS")]), "audio/webm"), "video/webm");
  });

  test("that is cut short is no error", () => {
    for (const [, , head] of sampleHeads) {
      const bytes = Buffer.from(head, "base64");
      for (let length = 0; length < Math.min(bytes.length, 48); length += 1)
        detectMediaType(bytes.subarray(0, length), "text/plain");
    }
  });

  test("of QuickTime before ftyp, RIFF of another form and FORM of another kind", () => {
    assert.equal(typeOf(latin1("\0\0\x12\x34moov\0\0\0\x6c")), "video/quicktime");
    assert.equal(typeOf(latin1("\0\0\0\x08wide\0\0\0\x6cmdat")), "video/quicktime");
    assert.equal(typeOf(latin1("RIFF\0\0\0\0RMID")), undefined);
    assert.equal(typeOf(latin1("FORM\0\0\0\0ILBM")), undefined);
  });
});

describe("text", () => {
  test("goes by what was said", () => {
    for (const [said, mimeType] of [
      ["text/plain; charset=utf-8", "text/plain"],
      ["text/csv", "text/csv"],
      ["text/html", "text/html"],
      ["TEXT/X-Python", "text/x-python"],
      ["application/json", "application/json"],
      ["application/xml", "text/xml"],
      ["application/javascript", "text/javascript"],
    ] as const) {
      assert.deepEqual(detectMediaType(Buffer.from("héllo, 你好\r\n\tx"), said), { mimeType, corrected: false });
    }
    assert.equal(typeOf(latin1("\xff\xfeh\0i\0"), "text/plain"), "text/plain", "UTF-16");
    assert.equal(typeOf(latin1("gr\xfc\xdfe"), "text/csv"), "text/csv", "Latin-1");
  });

  test("is nothing when a picture was said, or nothing at all", () => {
    for (const text of ["<html><body>x</body></html>", '<svg xmlns="http://www.w3.org/2000/svg"/>', "hello", "{}"]) {
      for (const said of [undefined, "", "image/png", "image/svg+xml", "application/octet-stream", "application/zip"]) {
        assert.equal(typeOf(Buffer.from(text), said), undefined, `${text} as ${said}`);
      }
    }
  });

  test("that begins like a picture, a sound or a film stays text", () => {
    for (const text of [
      "BM is a brand",
      "ID3 tags are old",
      "The moov box",
      "FORM 27b",
      "RIFF on a guitar",
      "II*",
      "G\n",
    ]) {
      assert.equal(typeOf(Buffer.from(text), "text/plain"), "text/plain", text);
    }
  });

  test("with control characters is none", () => {
    for (const bytes of ["a\0b", "\x01", "a\x7fb\x02"]) assert.equal(typeOf(latin1(bytes), "text/plain"), undefined);
    assert.equal(typeOf(Buffer.alloc(0), "text/plain"), undefined);
  });

  test("formats with a signature go by it", () => {
    assert.equal(typeOf(latin1("{\\rtf1 x}"), "application/msword"), "text/rtf");
    assert.equal(typeOf(latin1("%PDF-1.7\n")), "application/pdf");
    assert.equal(typeOf(latin1("junk\n%PDF-1.7\n"), "application/pdf"), "application/pdf");
    assert.equal(typeOf(latin1("<html>%PDF-1.7\n"), "image/png"), undefined);
  });
});

test("an archive that is called an office file is one", () => {
  const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  assert.equal(typeOf(latin1("PK\x03\x04x"), docx), docx);
  assert.equal(typeOf(latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1x"), "application/msword"), "application/msword");
  assert.equal(typeOf(latin1("PK\x03\x04x"), "application/zip"), undefined);
  assert.equal(typeOf(latin1("plain"), docx), undefined);
});

test("programs, archives and office files are no media", () => {
  for (const magic of [
    "PK\x03\x04",
    "\x7fELF",
    "MZ\x90\0",
    "\xca\xfe\xba\xbe",
    "\xd0\xcf\x11\xe0",
    "Rar!",
    "\x1f\x8b\x08",
  ]) {
    assert.equal(typeOf(latin1(magic), "image/png"), undefined);
  }
});

test("any bytes and any name give a type or none, never an error", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.constantFrom(undefined, "text/plain", "audio/mp4", "x"),
      (bytes, said) => {
        const found = detectMediaType(bytes, said);
        if (found !== undefined) assert.ok(describeMediaType(found.mimeType), found.mimeType);
      },
    ),
    { numRuns: 2000 },
  );
});

describe("the names", () => {
  test("are normalised to those Gemini takes", () => {
    for (const [name, normal] of [
      ["image/jpg", "image/jpeg"],
      ["Audio/MPEG", "audio/mp3"],
      ["audio/x-wav; rate=1", "audio/wav"],
      ["audio/wave", "audio/wav"],
      ["video/mov", "video/quicktime"],
      ["video/x-msvideo", "video/avi"],
      ["image/unheard-of", "image/unheard-of"],
    ] as const) {
      assert.equal(normalizeMediaType(name), normal);
    }
    for (const name of [undefined, "", "application/octet-stream", " ; x"])
      assert.equal(normalizeMediaType(name), undefined);
  });

  test("of all recognised types are their own normal form and have a kind", () => {
    for (const [mimeType, { kind }] of mediaTypes) {
      assert.equal(normalizeMediaType(mimeType), mimeType);
      assert.ok(["image", "audio", "video", "document", "text"].includes(kind));
    }
    assert.equal(describeMediaType("text/anything")?.kind, "text");
    assert.equal(describeMediaType("image/svg+xml"), undefined);
    assert.equal(describeMediaType("image/tiff")?.isAccepted, false);
  });
});
