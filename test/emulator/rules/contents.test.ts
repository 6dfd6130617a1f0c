// Contents: present, with valid roles, nothing empty.

import { ask, withFunctions } from "../client.ts";
import { testRefusals } from "./refusals.ts";

const call = {
  role: "model",
  parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "skip_thought_signature_validator" }],
};
const user = { role: "user", parts: [{ text: "Hi" }] };
const turns = (...contents: object[]) => ({ contents, ...withFunctions({ name: "f" }) });

await testRefusals([
  ["no contents", "gemini-3.8-flash", {}, /contents is not specified/],
  ["empty contents", "gemini-3.8-flash", { contents: [] }, /contents is not specified/],
  ["no parts", "gemini-3.8-flash", { contents: [{ role: "user", parts: [] }] }, /contents\.parts must not be empty/],
  ["an empty part", "gemini-3.8-flash", { contents: [{ parts: [{}] }] }, /must have one initialized field/],
  [
    "a bad role",
    "gemini-3.8-flash",
    { contents: [{ role: "system", parts: [{ text: "a" }] }] },
    /valid role: user, model/,
  ],
  ["no role in a longer talk", "gemini-3.8-flash", { contents: [user, { parts: [{ text: "a" }] }] }, /valid role/],
  [
    "a nameless call",
    "gemini-3.5-flash",
    turns(user, { role: "model", parts: [{ functionCall: {} }] }),
    /Name cannot be empty/,
  ],
  [
    "a nameless result",
    "gemini-3.5-flash",
    turns(user, call, { role: "user", parts: [{ functionResponse: {} }] }),
    /Name cannot/,
  ],
  ["a call of the user", "gemini-3.8-flash", turns({ ...call, role: "user" }), /only in turns of the role model/],
  [
    "media as system instruction",
    "gemini-3.8-flash",
    ask("Hi", { systemInstruction: { parts: [{ fileData: { fileUri: "x" } }] } }),
    /only supports text/,
  ],
  [
    "a system instruction to Gemma",
    "gemma-4-31b-it",
    ask("Hi", { systemInstruction: { parts: [{ text: "a" }] } }),
    /^Developer instruction is not enabled for models\/gemma-4-31b-it/,
  ],
]);
