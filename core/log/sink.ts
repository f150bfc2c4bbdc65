/**
 * Where log lines go. Without a binding: the console, as lines for people in development and tests (coloured in a terminal)
 * and as JSON lines in every other environment; warnings only under tests.
 */
import { getConsoleSink, getJsonLinesFormatter, type LogRecord } from '@logtape/logtape'
import { environmentName } from '../config/environment-name.ts'
import { defineToken } from '../service/define-token.ts'
import { readableLine } from './readable-line.ts'
import type { LogLevel } from './logger.ts'

export type { LogRecord } from '@logtape/logtape'

export abstract class LogSink extends defineToken('LogSink') {
  /** The least important level that is written. */
  abstract readonly level: LogLevel
  abstract write(record: LogRecord): void
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

export function isWritten(level: LogLevel, least: LogLevel): boolean {
  return levels.indexOf(level) >= levels.indexOf(least)
}

class ConsoleLogSink extends LogSink {
  readonly level: LogLevel
  readonly #sink: (record: LogRecord) => void

  constructor(level: LogLevel, formatter: (record: LogRecord) => string) {
    super()
    this.level = level
    this.#sink = getConsoleSink({ formatter })
  }

  write(record: LogRecord): void {
    this.#sink(record)
  }
}

/** The sink of an app that binds none. `LOG_LEVEL` overrides the level. */
export function defaultLogSink(environment: Readonly<Record<string, string | undefined>>, terminal: boolean): LogSink {
  const named = levels.find((level) => level === environment['LOG_LEVEL'])
  const level = named ?? (environment['NODE_ENV'] === 'test' ? 'warning' : 'info')
  return new ConsoleLogSink(level, lineFormatter(environment, terminal))
}

/** Lines for people in the environments `development` and `test`; JSON lines elsewhere. */
export function lineFormatter(
  environment: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): (record: LogRecord) => string {
  const name = environmentName(environment)
  return name === 'development' || name === 'test'
    ? (record) => readableLine(record, terminal)
    : getJsonLinesFormatter()
}
