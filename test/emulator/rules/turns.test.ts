// Turns: calls, results and the last turn (rules 12, 21 and 22 of the wire reference).

import { withFunctions } from "../client.ts";
import { testRefusals } from "./refusals.ts";

const call = {
  role: "model",
  parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "skip_thought_signature_validator" }],
};
const result = { functionResponse: { name: "f", response: { output: 1 } } };
const user = { role: "user", parts: [{ text: "Hi" }] };
const turns = (...contents: object[]) => ({ contents, ...withFunctions({ name: "f" }) });

await testRefusals([
  [
    "a trailing model turn on 3.8-flash",
    "gemini-3.8-flash",
    { contents: [user, { role: "model", parts: [{ text: "So" }] }] },
    /^Requests ending with a model turn are not supported\.$/,
  ],
  [
    "a trailing model turn on 3.6-flash",
    "gemini-3.6-flash",
    { contents: [user, { role: "model", parts: [{ text: "So" }] }] },
    /ending with a model turn/,
  ],
  [
    "a trailing model turn on 3.5-flash-lite",
    "gemini-3.5-flash-lite",
    { contents: [user, { role: "model", parts: [{ text: "So" }] }] },
    /ending with a model turn/,
  ],
  ["a trailing call on 4-argon", "gemini-4-argon", turns(user, call), /ending with a model turn/],
  [
    "a call first",
    "gemini-2.5-flash",
    turns(call, { role: "user", parts: [result] }),
    /^Please ensure that function call turn comes immediately after a user turn/,
  ],
  [
    "a result without a call",
    "gemini-2.5-flash",
    turns(user, { role: "user", parts: [result] }),
    /^Please ensure that function response turn comes immediately after/,
  ],
  [
    "too few results",
    "gemini-3.5-flash",
    turns(
      user,
      { role: "model", parts: [...call.parts, { functionCall: { name: "f" } }] },
      { role: "user", parts: [result] },
    ),
    /^Please ensure that the number of function response parts is equal/,
  ],
  [
    "too many results",
    "gemini-3.5-flash",
    turns(user, call, { role: "user", parts: [result, result] }),
    /number of function response parts/,
  ],
  ["a call left unanswered", "gemini-3.5-flash", turns(user, call, user), /number of function response parts/],
  [
    "results over two turns",
    "gemini-2.5-flash",
    turns(
      user,
      { role: "model", parts: [...call.parts, ...call.parts] },
      { role: "user", parts: [result] },
      { role: "user", parts: [result] },
    ),
    /number of function response parts/,
  ],
  [
    "text among results",
    "gemini-3.5-flash",
    turns(user, call, { role: "user", parts: [result, { text: "a" }] }),
    /number of function response parts/,
  ],
  [
    "a $ref that names no part",
    "gemini-3.5-flash",
    turns(user, call, {
      role: "user",
      parts: [{ functionResponse: { name: "f", response: { a: [{ $ref: "x.png" }] } } }],
    }),
    /\$ref "x\.png" does not name a part/,
  ],
]);
