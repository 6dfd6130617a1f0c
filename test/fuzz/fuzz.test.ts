// Goal: what once broke something never does again, and a few fresh inputs of each kind hold; `npm run fuzz` tries many.
import { describe, test } from "node:test";
import fc from "fast-check";
import { keptOf, TARGETS } from "./targets.ts";

for (const { id, title, inputs, runs, open } of TARGETS) {
  describe(`${id}: ${title}`, () => {
    for (const [name, { broke, input }] of keptOf(id)) {
      test(`${name}: ${broke}`, async () => {
        await using opened = await open();
        await opened.check(input);
      });
    }

    test(`${id}: fresh inputs`, async () => {
      await using opened = await open();
      await fc.assert(
        fc.asyncProperty(inputs, async (input) => {
          await opened.check(input);
        }),
        { numRuns: runs },
      );
    });
  });
}
