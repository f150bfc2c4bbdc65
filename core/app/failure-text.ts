/** An error as a program prints it before it ends. */

/** An error of ours, of whatever room: it has a stable code, and says what is wrong and what to do. */
interface KnownError extends Error {
  readonly code: string
  readonly hint?: string
}

/** Known errors without their stack, which says nothing more; where the cause at the bottom is unknown, that one whole. */
export function failureText(error: unknown): string {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) chain.push(at)
  const root = chain.at(-1)
  const known = chain.filter(isKnown)
  if (!isKnown(root)) return [...known.map((at) => at.message), Bun.inspect(root)].join('\n')
  return known.flatMap(linesOf).join('\n')
}

function isKnown(error: unknown): error is KnownError {
  return error instanceof Error && 'code' in error && /^[A-Z]+_[A-Z_]+$/.test(String(error.code)) && !isSystem(error)
}

/** `ERR_...` of the runtime. */
function isSystem(error: { readonly code: unknown }): boolean {
  return String(error.code).startsWith('ERR_')
}

/** A command that was called wrongly needs no code to look up. */
function linesOf({ message, hint, code }: KnownError): string[] {
  return [message, ...(hint === undefined ? [] : [hint]), ...(code === 'CORE_COMMAND' ? [] : [`(${code})`])]
}
