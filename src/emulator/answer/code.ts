// "Runs" Python for the codeExecution tool: a few kinds of question are really computed, the rest count characters.

import { toCallId } from "../random.ts";
import { numberTrigger } from "../triggers.ts";
import { countTokens } from "../tokens.ts";
import { encodePng } from "../png.ts";
import { paintChart } from "../picture.ts";
import type { AnswerContext, AnswerPart, Draft } from "./answer.ts";
import { textPart } from "./text-part.ts";

/** A prompt that nothing can be computed from is counted up to here. */
const COUNTED_LENGTH = 500;

interface Run {
  readonly code: string;
  readonly output: string;
  readonly answer: string;
}

const WANTS_CHART = /\b(plot|chart|graph|histogram|matplotlib)\b|图表|绘图|画图/i;

const CHART_TOKENS = 258;

/** Text, the code, its result, a plot when asked for one, and text again: the recorded order. */
export async function runCode(context: AnswerContext): Promise<Draft> {
  const { prompt, model, requestBytes, triggers } = context;
  const run = runPrompt(prompt.text);
  // From Gemini 3 on code and result share an id; 2.x has none.
  const id = model.generation >= 3 ? { id: toCallId(requestBytes) } : {};
  const code: AnswerPart = {
    kind: "code",
    wire: { executableCode: { language: "PYTHON", code: run.code, ...id } },
    tokens: countTokens(run.code),
  };
  const results = Array.from({ length: numberTrigger(triggers, "code-results") ?? 1 }, (_, index): AnswerPart => {
    const output = index === 0 ? run.output : `result ${index + 1}\n`;
    return { kind: "toolResult", wire: { codeExecutionResult: { outcome: "OUTCOME_OK", output, ...id } }, tokens: 0 };
  });
  const chart = WANTS_CHART.test(prompt.text) ? [await chartPart()] : [];
  return {
    parts: [textPart("I will run code for this.\n\n"), code, ...results, ...chart, textPart(run.answer)],
    toolUseTokens: countTokens(run.code) + countTokens(run.output),
  };
}

function runPrompt(text: string): Run {
  const primes = /first\s+(\d{1,4})\s+prime/i.exec(text)?.[1] ?? /前\s*(\d{1,4})\s*个(?:质数|素数)/.exec(text)?.[1];
  if (primes !== undefined) return sumPrimes(Number(primes));
  const expression = /-?\d+(?:\s*[-+*]\s*-?\d+)+/.exec(text)?.[0];
  return expression === undefined ? countCharacters(text) : calculate(expression);
}

function sumPrimes(count: number): Run {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  const total = primes.reduce((sum, prime) => sum + prime, 0);
  const code = [
    "def first_primes(count):",
    "    primes = []",
    "    candidate = 2",
    "    while len(primes) < count:",
    "        if all(candidate % prime for prime in primes):",
    "            primes.append(candidate)",
    "        candidate += 1",
    "    return primes",
    "",
    `primes = first_primes(${count})`,
    "print(len(primes), sum(primes))",
    "",
  ].join("\n");
  return { code, output: `${count} ${total}\n`, answer: `The sum of the first ${count} prime numbers is ${total}.` };
}

/** Whole numbers with +, - and *; BigInt, since Python's integers do not overflow. */
function calculate(expression: string): Run {
  const terms = expression.replaceAll(/\s+/g, "").match(/(?<![\d])-?\d+|[-+*]/g) ?? [];
  const value = sumOfProducts(terms);
  return {
    code: `result = ${expression}\nprint(result)\n`,
    output: `${value}\n`,
    answer: `${expression} = ${value}.`,
  };
}

function sumOfProducts(terms: readonly string[]): bigint {
  let total = 0n;
  let product = BigInt(terms[0] ?? "0");
  for (let index = 1; index + 1 < terms.length; index += 2) {
    const operand = BigInt(terms[index + 1] ?? "0");
    if (terms[index] === "*") {
      product *= operand;
    } else {
      total += product;
      product = terms[index] === "-" ? -operand : operand;
    }
  }
  return total + product;
}

function countCharacters(prompt: string): Run {
  const text = prompt.slice(0, COUNTED_LENGTH).toWellFormed();
  const quoted = JSON.stringify(text);
  const length = [...text].length;
  return {
    code: `text = ${quoted}\nprint(len(text))\n`,
    output: `${length}\n`,
    answer: `The request has ${length} characters: ${text}`,
  };
}

async function chartPart(): Promise<AnswerPart> {
  const png = await encodePng(paintChart());
  return {
    kind: "image",
    wire: { inlineData: { mimeType: "image/png", data: png.toString("base64") } },
    tokens: CHART_TOKENS,
  };
}
