// The picture that every client shows to the model.
import { encodePng } from "../../src/emulator/png.ts";

/** 48×32 pixels, and what the model says of them. */
export const PICTURE: Buffer = await encodePng({
  width: 48,
  height: 32,
  palette: [0xff0000, 0x0000ff],
  pixels: new Uint8Array(48 * 32).map((_, index) => index % 2),
});
export const PICTURE_URL = `data:image/png;base64,${PICTURE.toString("base64")}`;
export const PICTURE_SEEN = /image\/png, \d+ bytes, 48×32 pixels/;
