// What real clients send, and what Gemini gets for it: each body goes through the gateway to the emulator, which judges it as Google would.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HABITS } from "./requests/habits.ts";
import { HELLO, HELLO_ARRIVES, MODEL, type RequestCase } from "./requests/request-case.ts";
import { startRig, type Outcome, type Rig } from "./requests/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

for (const { name, cases } of HABITS) {
  describe(`a request of ${name}`, () => {
    for (const one of cases) test(one.title, () => judge(one));
  });
}

test("there are at least 150 of them, each with a title of its own", () => {
  const titles = HABITS.flatMap(({ name, cases }) => cases.map(({ title }) => `${name} ${title}`));
  assert.ok(titles.length >= 150, `${titles.length} cases`);
  assert.equal(new Set(titles).size, titles.length);
});

async function judge(one: RequestCase): Promise<void> {
  const body = { model: MODEL, messages: HELLO, ...one.body };
  const whole = await rig.ask(body, one.headers, one.query);
  hold(one, whole);
  // What a client asks for does not depend on how it wants the answer delivered.
  if (!("stream" in one.body)) hold(one, await rig.ask({ ...body, stream: true }, one.headers, one.query));
}

function hold(one: RequestCase, { status, text, warnings, arrivals }: Outcome): void {
  if (one.refused) {
    assert.equal(status, 400, text);
    const { param, code } = JSON.parse(text).error;
    assert.deepEqual({ param, code }, one.refused, text);
    assert.deepEqual(arrivals, []);
    return;
  }
  assert.equal(status, 200, text);
  const [arrival, ...others] = arrivals;
  assert.equal(others.length, one.foreignSignature ? 1 : 0, "calls upstream after the first");
  assert.equal(arrival?.status, one.foreignSignature ? 400 : 200);
  assert.deepEqual(arrival?.body, { contents: HELLO_ARRIVES, ...one.arrives });
  assert.equal(arrival?.model, one.calls ?? ("model" in one.body ? one.body.model : MODEL));
  assert.deepEqual(warnings, [
    ...(one.foreignSignature ? ["signature_invalid:messages"] : []),
    ...(one.warnings ?? []),
  ]);
}
