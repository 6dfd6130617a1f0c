// Executed code and its output as text. The facade shows it in `content`, and the memory of signatures recognises an answer by it:
// both must agree to the letter, so it has one home.
import type { CodeResult, ExecutableCode } from "../gen/gemini/chat/v1/chat_pb.ts";

/** "\n```python\n<code>\n```\n" */
export function fenceCode(code: ExecutableCode): string {
  return `\n\`\`\`${code.language.toLowerCase()}\n${code.code}\n\`\`\`\n`;
}

/** "\n```output\n<output>\n```\n" */
export function fenceResult(result: CodeResult): string {
  return `\n\`\`\`output\n${result.output}\n\`\`\`\n`;
}
