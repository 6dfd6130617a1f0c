// Goal: a URI is read as what Google would read it as, and everything else is fetched. Method: a table.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planUri } from "../../src/media/source-uri.ts";

const WATCH = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const FILE = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";

describe("a link to a film on YouTube becomes its watch form", () => {
  for (const uri of [
    WATCH,
    "http://youtube.com/watch?v=dQw4w9WgXcQ&t=10s&list=x",
    "https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ",
    "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
    "https://youtu.be/dQw4w9WgXcQ?si=abc",
    "https://www.youtube.com/shorts/dQw4w9WgXcQ",
    "https://www.youtube.com/embed/dQw4w9WgXcQ?start=1",
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
    "https://www.youtube.com/live/dQw4w9WgXcQ",
    "https://www.youtube.com/v/dQw4w9WgXcQ",
    "https://WWW.YouTube.com./watch?v=dQw4w9WgXcQ",
  ]) {
    test(uri, () => assert.deepEqual(planUri(uri), { kind: "youtube", uri: WATCH }));
  }
});

describe("an object of a Google project is known", () => {
  for (const [uri, full] of [
    ["files/abc-123", FILE],
    [FILE, FILE],
    [`${FILE}?key=x#y`, FILE],
    ["http://generativelanguage.googleapis.com./v1beta/files/abc-123", FILE],
    ["gs://bucket/a b.mp4", "gs://bucket/a b.mp4"],
    ["GS://bucket/x", "GS://bucket/x"],
  ] as const) {
    test(uri, () => assert.deepEqual(planUri(uri), { kind: "object", uri: full }));
  }
});

describe("anything else is to be fetched", () => {
  for (const uri of [
    "https://example.com/watch?v=dQw4w9WgXcQ",
    "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
    "https://www.youtube.com/watch?v=short",
    "https://www.youtube.com/@channel",
    "https://youtu.be/",
    "https://generativelanguage.googleapis.com/v1beta/models",
    "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media",
    "https://generativelanguage.googleapis.com.evil.example/v1beta/files/abc",
    "files/../models",
    "ftp://example.com/a",
    "",
    "not a url",
  ]) {
    test(uri || "the empty string", () => assert.deepEqual(planUri(uri), { kind: "web", uri }));
  }
});
