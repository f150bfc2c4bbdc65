/** An error as a program prints it before it ends. */

/** An error of ours, of whatever room: it has a stable code, and says what is wrong and what to do. */
interface KnownError extends Error {
  readonly code: string
  readonly hint?: string
}

/**
 * Known errors without their stack, which says nothing more; where the cause at the bottom is unknown, that one whole, unless it
 * is the refusal of the operating system that a known error tells already.
 */
export function failureText(error: unknown): string {
  const chain: unknown[] = []
  for (let at = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) chain.push(at)
  const root = chain.at(-1)
  const known = chain.filter(isKnown)
  if (known.length === 0) return typeof root === 'string' ? root : Bun.inspect(root)
  const lines = withoutRepeats(known.flatMap(linesOf))
  return isKnown(root) || isRefusal(root) ? lines.join('\n') : [...lines, Bun.inspect(root)].join('\n')
}

function isKnown(error: unknown): error is KnownError {
  if (!(error instanceof Error) || !('code' in error)) return false
  const code = String(error.code)
  return /^[A-Z]+_[A-Z_]+$/.test(code) && !code.startsWith('ERR_')
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

/** A command that was called wrongly needs no code to look up. */
function linesOf({ message, hint, code }: KnownError): string[] {
  return [message, ...(hint === undefined ? [] : [hint]), ...(code === 'CORE_COMMAND' ? [] : [`(${code})`])]
}

/** Errors often quote their cause. */
function withoutRepeats(lines: readonly string[]): string[] {
  return lines.filter((line, index) => !lines.slice(0, index).some((earlier) => earlier.includes(line)))
}
