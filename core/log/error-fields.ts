/** Errors among log fields, as data: name, message, code, hint, stack and the chain of causes. */

export function errorFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? errorData(value) : value]),
  )
}

function errorData(error: Error): Record<string, unknown> {
  return {
    name: error.name,
    message: error.message,
    ...('code' in error && { code: error.code }),
    ...('hint' in error && error.hint !== undefined && { hint: error.hint }),
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: errorData(error.cause) }),
    ...(error instanceof AggregateError && {
      errors: error.errors.map((inner) => (inner instanceof Error ? errorData(inner) : inner)),
    }),
  }
}
