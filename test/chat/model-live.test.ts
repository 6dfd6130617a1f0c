// The upstream's own list counts before the table of abilities, where it says something.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { liveProfileOf } from "../../src/chat/model-live.ts";
import { profileOf, resolveModel } from "../../src/chat/models.ts";
import type { UpstreamModel } from "../../src/chat/ports.ts";

function listed(id: string, more: Partial<UpstreamModel> = {}): UpstreamModel {
  const limits = { inputTokenLimit: 1_000_000, outputTokenLimit: 0 };
  return { id, displayName: "", description: "", ...limits, chats: true, thinking: true, ...more };
}

describe("a listed model", () => {
  test("without anything said has the abilities of the table", () => {
    assert.deepEqual(liveProfileOf("gemini-3.8-flash", listed("gemini-3.8-flash")), profileOf("gemini-3.8-flash"));
    assert.equal(liveProfileOf("gemini-3.8-flash", undefined), profileOf("gemini-3.8-flash"));
  });

  test("gives as many tokens as its list says, but for Gemini 4, which lists those of one call", () => {
    const limit = (id: string) => liveProfileOf(id, listed(id, { outputTokenLimit: 70_000 })).outputTokenLimit;
    assert.equal(limit("gemini-3.8-flash"), 70_000);
    assert.equal(limit("gemini-9.9-flash"), 1_048_576);
    assert.equal(limit("gemini-4-argon"), 1_048_576);
    assert.equal(limit("some-new-model"), 70_000);
  });

  test("takes temperatures as high as its list says", () => {
    assert.equal(
      liveProfileOf("gemini-2.5-flash", listed("gemini-2.5-flash", { maxTemperature: 1 })).maxTemperature,
      1,
    );
  });

  test("that nobody knows thinks only when its list says so; of a known one the table counts", () => {
    const thinkingOf = (id: string, thinking: boolean | undefined) =>
      liveProfileOf(id, listed(id, { thinking })).thinking.kind;
    assert.equal(thinkingOf("gemini-9-mini", undefined), "none");
    assert.equal(thinkingOf("gemini-9-mini", true), "level");
    assert.equal(thinkingOf("gemini-3.8-flash", undefined), "level");
    assert.equal(thinkingOf("gemini-2.5-flash-image", true), "none");
  });

  test("is what a request is planned for", () => {
    const known = new Map([["gemini-3.5-flash", listed("gemini-3.5-flash", { outputTokenLimit: 9_000 })]]);
    const { profile } = resolveModel("gemini-3.5-flash", { known, aliases: [], today: 0 }, () => {});
    assert.equal(profile.outputTokenLimit, 9_000);
  });
});
