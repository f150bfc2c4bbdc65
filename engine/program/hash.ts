/** Identity of a program: SHA-256, in hex, of its canonical text (JSON with sorted keys). Same on every machine. */
import type { Program } from './program.ts'

export function programHash(program: Program): string {
  return textHash(programText(program))
}

/** The hash of a program by its text. */
export function textHash(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}

/** The text that is hashed and stored. */
export function programText(program: Program): string {
  return JSON.stringify(program, (_key, value: unknown) => (isRecord(value) ? sorted(value) : value))
}

/** The inverse of `programText`. Throws when the text is of another instruction set. */
export function parseProgram(text: string): Program {
  const program = JSON.parse(text) as Program
  if (program.isa !== 1) throw new Error(`Program of instruction set ${String(program.isa)}; this engine runs 1`)
  return program
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, value[key]]))
}
