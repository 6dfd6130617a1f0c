// Goal: a profile is summed by who wrote the code, without idle time and without the time before the load.
import assert from "node:assert/strict";
import { test } from "node:test";
import { functionCells, placeCells, toShares, type CpuProfile } from "../../bench/profile.ts";

const urls = [
  "file:///app/src/gemini/events/parts.ts",
  "file:///app/node_modules/undici/lib/core/tree.js",
  "file:///app/node_modules/@connectrpc/connect/dist/esm/index.js",
  "node:internal/streams/writable",
  "",
  "file:///app/src/app.ts",
];

function profileOf(samples: number[]): CpuProfile {
  return {
    nodes: [
      ...urls.map((url, id) => ({ id, callFrame: { functionName: `f${id}`, url, lineNumber: 9 } })),
      { id: 90, callFrame: { functionName: "(idle)", url: "", lineNumber: -1 } },
      { id: 91, callFrame: { functionName: "(garbage collector)", url: "", lineNumber: -1 } },
    ],
    samples,
    timeDeltas: samples.map(() => 1_000),
  };
}

test("each place is named by its package, its folder or Node", () => {
  const { places } = toShares(profileOf([0, 1, 2, 3, 4, 5, 91, 90]), 0);
  const names = ["src/gemini", "undici", "@connectrpc/connect", "Node's modules", "V8 and native", "src"];
  assert.deepEqual(new Set(places.map(([place]) => place)), new Set([...names, "(garbage collector)"]));
});

test("shares are of the busy time after what is skipped, the largest first", () => {
  const { places, functions } = toShares(profileOf([1, 1, 1, 0, 0, 0, 1, 90, 90]), 4);
  assert.deepEqual(places, [
    ["src/gemini", 0.75],
    ["undici", 0.25],
  ]);
  assert.equal(functions[0]?.[0], "f0 src/gemini parts.ts:10");
});

test("tables have a column for each profile, nothing where a place was not seen", () => {
  const one = toShares(profileOf([0, 0, 90]), 0);
  const other = toShares(profileOf([0, 1, 90]), 0);
  assert.deepEqual(
    placeCells([
      ["one", one],
      ["other", other],
    ]),
    [
      ["where", "one", "other"],
      ["src/gemini", "100.0 %", "50.0 %"],
      ["undici", "0.0 %", "50.0 %"],
    ],
  );
  assert.deepEqual(functionCells(one)[1], ["f0 src/gemini parts.ts:10", "100.0 %"]);
});
