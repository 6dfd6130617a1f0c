// The header x-gateway-warnings: `code:param, …`, short and plain enough for any proxy.

/** Most warnings in the header; all of them are in the body. */
const MAX_WARNINGS = 20;
/** Longest param in the header: params come from the caller's own keys. */
const MAX_PARAM_LENGTH = 100;

/** The header's value; undefined when there is nothing to warn of. Params are shown as they are given. */
export function warningsHeader(
  warnings: readonly { readonly code: string; readonly param: string }[],
): string | undefined {
  if (warnings.length === 0) return undefined;
  return warnings
    .slice(0, MAX_WARNINGS)
    .map(({ code, param }) => `${code}:${printable(param)}`)
    .join(", ");
}

/** Visible ASCII without the separators of the header: nothing of a request may start a header of its own. */
function printable(text: string): string {
  return text.slice(0, MAX_PARAM_LENGTH).replace(/[^!-~]|[,:]/g, "?");
}
