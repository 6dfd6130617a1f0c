// Goal: a broken-off answer goes on towards the limit that the caller set, never without one and never for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { goesOn } from "../../src/chat/hops.ts";

const situation = { hops: 1, tokens: 10, allTokens: 10, maxOutputTokens: 100 };

test("it goes on while the limit of the caller is not reached", () => {
  assert.equal(goesOn(situation), true);
  assert.equal(goesOn({ ...situation, allTokens: 99 }), true);
  assert.equal(goesOn({ ...situation, allTokens: 100 }), false);
  assert.equal(goesOn({ ...situation, allTokens: 101 }), false);
});

test("without a limit of the caller one call is all", () => {
  assert.equal(goesOn({ ...situation, maxOutputTokens: undefined }), false);
});

test("a call that brought nothing is not followed by another", () => {
  assert.equal(goesOn({ ...situation, tokens: 0 }), false);
});

test("whatever the upstream tells, it ends", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(3)), fc.nat(), (tokensOfCalls, maxOutputTokens) => {
      let allTokens = 0;
      for (let hops = 1; hops < 100; hops++) {
        const tokens = tokensOfCalls.next().value ?? 0;
        allTokens += tokens;
        if (!goesOn({ hops, tokens, allTokens, maxOutputTokens })) return true;
      }
      return false;
    }),
  );
});
