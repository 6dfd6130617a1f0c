// Goal: Gemini gets the picture a person would see first, and no gif, however made, costs more than it may.
// Method: gifs made here, whose pixels are known, through the real thread; another library reads the PNG.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decode } from "fast-png";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { firstFrameAsPng } from "../../src/media/gif.ts";
import { createMediaWorker } from "../../src/media/worker.ts";
import { makeExtension, makeGif, type Rgb } from "./gif-maker.ts";

const worker = createMediaWorker();
after(() => worker.close());
const options = { worker, signal: new AbortController().signal, field: "messages[0].parts[1]" };

const RED: Rgb = [255, 0, 0];
const GREEN: Rgb = [0, 255, 0];
const BLUE: Rgb = [0, 0, 255];
const palette = [RED, GREEN, BLUE];
const CLEAR = "-";

/** The picture as text, a letter per pixel and a line per row. */
async function pictureOf(gif: Uint8Array): Promise<string[]> {
  const png = decode(await firstFrameAsPng(gif, options));
  assert.deepEqual([png.channels, png.depth], [4, 8]);
  const letters = new Map<string, string>([
    ["255,0,0,255", "r"],
    ["0,255,0,255", "g"],
    ["0,0,255,255", "b"],
    ["0,0,0,0", CLEAR],
  ]);
  return Array.from({ length: png.height }, (_, row) =>
    Array.from({ length: png.width }, (__, column) => {
      const start = 4 * (row * png.width + column);
      return letters.get(png.data.slice(start, start + 4).join(",")) ?? "?";
    }).join(""),
  );
}

async function refusalOf(gif: Uint8Array): Promise<Failure> {
  const error = await firstFrameAsPng(gif, options).then(
    () => assert.fail("it was read"),
    (reason: unknown) => reason,
  );
  assert(error instanceof Failure);
  assert.deepEqual([error.reason, error.field], ["UNSUPPORTED_VALUE", options.field]);
  return error;
}

const TWO_BY_TWO = { width: 2, height: 2, pixels: [0, 1, 2, 0] };

describe("the first frame", () => {
  test("is the picture, whatever follows it", async () => {
    const later = { width: 2, height: 2, pixels: [1, 1, 1, 1] };
    const gif = makeGif({ width: 2, height: 2, palette }, [TWO_BY_TWO, later]);
    assert.deepEqual(await pictureOf(gif), ["rg", "br"]);
    assert.deepEqual(await pictureOf(gif.subarray(0, -9)), ["rg", "br"]);
  });

  test("may be interlaced", async () => {
    const pixels = Array.from({ length: 3 * 13 }, (_, index) => Math.floor(index / 3) % 3);
    const gif = makeGif({ width: 3, height: 13, palette }, [{ width: 3, height: 13, pixels, interlaced: true }]);
    assert.deepEqual(
      await pictureOf(gif),
      Array.from({ length: 13 }, (_, row) => ["rrr", "ggg", "bbb"][row % 3]),
    );
  });

  test("keeps its transparent pixels, and the background colour is not painted", async () => {
    const frame = { ...TWO_BY_TWO, transparent: 1 };
    assert.deepEqual(await pictureOf(makeGif({ width: 2, height: 2, palette, background: 2 }, [frame])), ["r-", "br"]);
  });

  test("may have its own colours", async () => {
    const own = { ...TWO_BY_TWO, palette: [BLUE, RED, GREEN] };
    assert.deepEqual(await pictureOf(makeGif({ width: 2, height: 2, palette }, [own])), ["br", "gb"]);
    assert.deepEqual(await pictureOf(makeGif({ width: 2, height: 2 }, [own])), ["br", "gb"]);
  });

  test("stands on its place of the canvas", async () => {
    const frame = { ...TWO_BY_TWO, left: 1, top: 2 };
    assert.deepEqual(await pictureOf(makeGif({ width: 4, height: 5, palette }, [frame])), [
      "----",
      "----",
      "-rg-",
      "-br-",
      "----",
    ]);
  });

  test("that is larger than the canvas is shown wholly", async () => {
    for (const canvas of [
      { width: 0, height: 0, palette },
      { width: 3, height: 1, palette },
    ]) {
      assert.deepEqual(
        (await pictureOf(makeGif(canvas, [TWO_BY_TWO]))).map((row) => row.slice(0, 2)),
        ["rg", "br"],
      );
    }
  });

  test("is found behind notes and profiles, though they hold what looks like a picture", async () => {
    const picture = makeGif({ width: 2, height: 2, palette }, [{ ...TWO_BY_TWO, pixels: [1, 1, 1, 1] }]);
    const profile = Buffer.concat([Buffer.alloc(3), picture.subarray(13 + 768)]).subarray(0, 255);
    const between = Buffer.concat([
      makeExtension(0xff, Buffer.from("ICCRGBG1012", "latin1"), profile),
      makeExtension(0xfe, Buffer.from("a note\0, and more\0")),
      makeExtension(0xff, Buffer.from("NETSCAPE2.0", "latin1"), Buffer.of(1, 0, 0)),
      makeExtension(0xf9, Buffer.of(1)),
      makeExtension(0x77, Buffer.from("unknown")),
    ]);
    assert.deepEqual(await pictureOf(makeGif({ width: 2, height: 2, palette }, [TWO_BY_TWO], between)), ["rg", "br"]);
  });

  test("is read out of the middle of other bytes", async () => {
    const gif = makeGif({ width: 2, height: 2, palette }, [TWO_BY_TWO]);
    const view = Buffer.concat([Buffer.alloc(7, 9), gif, Buffer.alloc(5)]).subarray(7, 7 + gif.length);
    assert.deepEqual(await pictureOf(view), ["rg", "br"]);
  });

  test("of any size and pixels comes out as it was made", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 1000 }),
        async (width, height, interlaced, seed) => {
          const pixels = Array.from({ length: width * height }, (_, index) => (index * index + seed * index) % 3);
          const gif = makeGif({ width, height, palette }, [{ width, height, pixels, interlaced }]);
          const rows = Array.from({ length: height }, (_, row) =>
            pixels
              .slice(row * width, (row + 1) * width)
              .map((pixel) => "rgb"[pixel])
              .join(""),
          );
          assert.deepEqual(await pictureOf(gif), rows);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("a gif is refused", () => {
  const gif = makeGif({ width: 2, height: 2, palette }, [TWO_BY_TWO]);

  test("that ends before its first picture does, wherever it was cut", async () => {
    for (let length = 6; length < gif.length - 1; length += 1) {
      assert.match((await refusalOf(gif.subarray(0, length))).message, /it ends before its first picture does/);
    }
  });

  test("that has no picture, or is none", async () => {
    assert.match((await refusalOf(makeGif({ width: 2, height: 2, palette }, []))).message, /it has no picture/);
    assert.match((await refusalOf(Buffer.from("GIF98a".padEnd(40, "\0")))).message, /it does not begin as one/);
    assert.match((await refusalOf(Buffer.alloc(0))).message, /cannot be read/);
  });

  test("whose blocks are damaged", async () => {
    const damaged = Buffer.from(gif);
    damaged.writeUInt8(0x99, 13 + 768);
    assert.match((await refusalOf(damaged)).message, /it is damaged/);
    const longCodes = Buffer.from(gif);
    longCodes.writeUInt8(31, 13 + 768 + 10);
    assert.match((await refusalOf(longCodes)).message, /its picture is damaged/);
  });

  test("whose canvas is larger than may be decoded; the limit is named, and nothing is decoded", async () => {
    for (const [width, height] of [
      [4097, 2048],
      [65_535, 65_535],
    ] as const) {
      const { message } = await refusalOf(makeGif({ width, height, palette }, [TWO_BY_TWO]));
      assert.match(message, new RegExp(`${width} x ${height} pixels, and 8388608 are the most`));
    }
    await refusalOf(makeGif({ width: 2, height: 2, palette }, [{ ...TWO_BY_TWO, left: 65_535 }]));
  });

  test("at any damage with a Failure, or it is read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(gif.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(gif);
        damaged.writeUInt8(byte, at);
        await firstFrameAsPng(damaged, options).then(
          (png) => assert.ok(decode(png).width > 0),
          (error: unknown) => assert.equal((error as Failure).reason, "UNSUPPORTED_VALUE"),
        );
      }),
      { numRuns: 150 },
    );
  });
});

test("a caller who has left gets the reason", async () => {
  const reason = new Error("left");
  const gif = makeGif({ width: 2, height: 2, palette }, [TWO_BY_TWO]);
  await assert.rejects(firstFrameAsPng(gif, { ...options, signal: AbortSignal.abort(reason) }), reason);
});

test("the event loop goes on while a large gif is decoded", async () => {
  const pixels = Array<number>(1000 * 1000).fill(1);
  const gif = makeGif({ width: 1000, height: 1000, palette }, [{ width: 1000, height: 1000, pixels }]);
  let ticks = 0;
  const ticker = setInterval(() => (ticks += 1), 1);
  const png = await firstFrameAsPng(gif, options);
  clearInterval(ticker);
  assert.equal(decode(png).width, 1000);
  assert.ok(ticks >= 5, `${ticks} ticks`);
});
