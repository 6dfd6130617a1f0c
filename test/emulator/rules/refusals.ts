// Registers one test per refused request: what it is, for which model, and the text of Google's error.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startTestEmulator } from "../client.ts";

export type Refusal = readonly [what: string, model: string, body: object, text: RegExp];

export async function testRefusals(rows: readonly Refusal[]): Promise<void> {
  const emulator = await startTestEmulator();
  after(() => emulator[Symbol.asyncDispose]());
  for (const [what, model, body, text] of rows) {
    test(`refuses ${what}`, async () => {
      const { status, json: answer } = await emulator.generate(model, body);
      assert.ok([400, 403].includes(status), `status ${status}`);
      assert.equal(answer.error.status, status === 400 ? "INVALID_ARGUMENT" : "PERMISSION_DENIED");
      assert.match(answer.error.message, text);
    });
  }
}
