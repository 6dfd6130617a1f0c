// What others write into a model id finds its own place, and ids that could be listed are left alone.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read, refusalOf, requestOf, warningsOf } from "../reading.ts";

describe("a model id", () => {
  for (const [given, called] of [
    ["google/gemini-3.8-flash", "gemini-3.8-flash"],
    ["gemini/gemini-3.8-flash", "gemini-3.8-flash"],
    ["gemini-2.5-flash-[thinking]", "gemini-2.5-flash-thinking"],
    ["gemini-2.5-flash(8192)", "gemini-2.5-flash-thinking-8192"],
    ["gemini-2.5-flash(0)", "gemini-2.5-flash-thinking-0"],
    ["gemini-2.5-flash(high)", "gemini-2.5-flash-high"],
    ["gemini-2.5-flash(auto)", "gemini-2.5-flash-thinking"],
    ["gemini-2.5-flash(-1)", "gemini-2.5-flash-thinking"],
    ["gemini-2.5-flash(none)", "gemini-2.5-flash-nothinking"],
    ["gemini-2.5-flash:thinking", "gemini-2.5-flash-thinking"],
    ["gemini-2.5-flash-search", "gemini-2.5-flash-search"],
    ["gemini-2.5-flash-image", "gemini-2.5-flash-image"],
    ["models/gemini-3.8-flash", "models/gemini-3.8-flash"],
    ["tunedModels/mine-high", "tunedModels/mine-high"],
  ] as const) {
    it(`written as ${given} is ${called}, and the answer repeats it as it was written`, () => {
      const { request, delivery, warnings } = read({ model: given });
      assert.deepEqual([request.model, delivery.model, warnings], [called, given, []]);
    });
  }
  it("with the seed's group of keys is the model without it, and that is said", () => {
    for (const model of [
      "gemini-2.5-flash-thinking|[free]",
      "gemini-2.5-flash-[thinking]|[plus,pro]",
      "gemini-2.5-flash|[free]-thinking",
    ]) {
      assert.equal(requestOf({ model }).model, "gemini-2.5-flash-thinking");
      assert.deepEqual(warningsOf({ model }), ["parameter_ignored:model"]);
    }
  });
  it("with a search behind a colon has Google's search, once", () => {
    for (const model of ["gemini-3.8-flash:search", "gemini-3.8-flash:online"]) {
      const { request } = read({ model, tools: [{ googleSearch: {} }] });
      assert.deepEqual(
        [request.model, request.tools.map(({ kind }) => kind.case)],
        ["gemini-3.8-flash", ["googleSearch"]],
      );
      assert.equal(requestOf({ model }).tools.length, 1);
    }
  });
  it("with anything else is refused", () => {
    for (const model of ["a(b)", "a(99999999)", "a:free", "a|b", "a|[b", "a-[b c]", "", "(high)", ":search"]) {
      assert.deepEqual([refusalOf({ model }).reason, refusalOf({ model }).field], ["INVALID_VALUE", "model"], model);
    }
  });
});
