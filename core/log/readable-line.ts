/**
 * Log lines for people: `12:04:05.123 INFO  http  GET /orders  status=200 milliseconds=1.2`, with an error's stack indented
 * below. A message cannot forge a line of its own: control characters in it are escaped.
 */
import type { LogRecord } from '@logtape/logtape'
import type { LogLevel } from './logger.ts'

const names: Readonly<Record<string, string>> = { debug: 'DEBUG', info: 'INFO', warning: 'WARN', error: 'ERROR' }
const colours: Readonly<Record<string, string>> = {
  debug: '\x1b[90m',
  info: '\x1b[32m',
  warning: '\x1b[33m',
  error: '\x1b[31m',
}
const grey = '\x1b[90m'
const plain = '\x1b[0m'

/** Characters that a field's value is cut at. */
const FIELD_LIMIT = 200

export function readableLine(record: LogRecord, coloured: boolean): string {
  const paint = (colour: string, text: string) => (coloured ? `${colour}${text}${plain}` : text)
  const errors: string[] = []
  const fields: string[] = []
  for (const [name, value] of Object.entries(record.properties)) {
    if (isErrorData(value)) errors.push(...errorLines(name, value))
    else if (value !== undefined) fields.push(`${name}=${fieldText(value)}`)
  }
  const level = record.level as LogLevel
  const head = [
    paint(grey, timeText(record.timestamp)),
    paint(colours[level] ?? '', (names[level] ?? level).padEnd(5)),
    paint(grey, record.category.slice(1).join('.') || record.category.join('.')),
    oneLine(record.message.join('')),
    ...(fields.length > 0 ? [paint(grey, fields.join(' '))] : []),
  ].join('  ')
  return [head, ...errors.map((line) => `    ${line}`)].join('\n')
}

interface ErrorData {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly hint?: unknown
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

function isErrorData(value: unknown): value is ErrorData {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value && 'stack' in value
}

function errorLines(label: string, error: ErrorData): string[] {
  const stack = error.stack?.includes(error.message)
    ? error.stack
    : `${error.name}: ${error.message}\n${error.stack ?? ''}`
  const [first = '', ...rest] = stack.trimEnd().split('\n')
  const causes = [
    ...(isErrorData(error.cause) ? errorLines('cause', error.cause) : []),
    ...(error.errors ?? []).flatMap((inner, index) => (isErrorData(inner) ? errorLines(`[${index}]`, inner) : [])),
  ]
  return [
    `${label}: ${printable(first)}`,
    ...rest.map((line) => `  ${printable(line.trim())}`),
    ...(typeof error.hint === 'string' ? [`  hint: ${oneLine(error.hint)}`] : []),
    ...causes.map((line) => `  ${line}`),
  ]
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : (safeJson(value) ?? String(value))
  return text.length > FIELD_LIMIT ? `${text.slice(0, FIELD_LIMIT)}...` : text
}

/** JSON, also of what JSON has no word for. */
function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
  } catch {
    return Bun.inspect(value, { compact: true, depth: 2 }).replaceAll(/\s+/g, ' ')
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '')
}

function timeText(timestamp: number): string {
  const time = new Date(timestamp)
  const part = (value: number, width: number) => String(value).padStart(width, '0')
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => part(value, 2)).join(':')
  return `${clock}.${part(time.getMilliseconds(), 3)}`
}
