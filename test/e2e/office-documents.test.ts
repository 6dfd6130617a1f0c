// Office files reach the one model that reads them; for all others they are refused before the call.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../support/gateway.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

function body(model: string, base64: string): object {
  const file = { filename: "a.docx", file_data: `data:${DOCX};base64,${base64}` };
  return {
    model,
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Sum it up." },
          { type: "file", file },
        ],
      },
    ],
  };
}

const ARCHIVE = Buffer.from("PK\u0003\u0004 and so on").toString("base64");

test("Hydrogen reads an Office file", async () => {
  await using gateway = await startGateway();
  const response = await gateway.post(body("gemini-4-hydrogen", ARCHIVE));
  assert.equal(response.status, 200, await response.text());
});

test("other models refuse it with the parameter that holds it", async () => {
  await using gateway = await startGateway();
  const response = await gateway.post(body("gemini-4-argon", ARCHIVE));
  const { error } = (await response.json()) as { error: { param: string; code: string } };
  assert.deepEqual(
    [response.status, error.param, error.code],
    [400, "messages[0].content[1].file.file_data", "unsupported_value"],
  );
});

test("what is called an Office file and is none is refused", async () => {
  await using gateway = await startGateway();
  const response = await gateway.post(body("gemini-4-hydrogen", Buffer.from("plain text").toString("base64")));
  assert.equal(response.status, 400);
});
