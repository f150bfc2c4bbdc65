/** Where log lines go. Without a binding: coloured lines in a terminal, JSON lines elsewhere, warnings only under tests. */
import { getAnsiColorFormatter, getConsoleSink, getJsonLinesFormatter, type LogRecord } from '@logtape/logtape'
import { defineToken } from '../service/define-token.ts'
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

  constructor(level: LogLevel, terminal: boolean) {
    super()
    this.level = level
    this.#sink = getConsoleSink({ formatter: terminal ? getAnsiColorFormatter() : getJsonLinesFormatter() })
  }

  write(record: LogRecord): void {
    this.#sink(record)
  }
}

/** The sink of an app that binds none. `LOG_LEVEL` overrides the level. */
export function defaultLogSink(environment: Readonly<Record<string, string | undefined>>, terminal: boolean): LogSink {
  const named = levels.find((level) => level === environment['LOG_LEVEL'])
  return new ConsoleLogSink(named ?? (environment['NODE_ENV'] === 'test' ? 'warning' : 'info'), terminal)
}
