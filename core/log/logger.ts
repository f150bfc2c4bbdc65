/**
 * `Logger`: structured logs. Every component that injects it gets one named after itself. Lines carry the app and the
 * cell they were written in (a request, a command, a step of a process). Bind `LogSink` to send them elsewhere.
 */
import { defineToken } from '../service/define-token.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
/** What a line tells besides its message. Entities are written as `Order(0192...)`, secret fields never. */
export type LogFields = Readonly<Record<string, unknown>>

/** The app's log, with the name of the component that injects it. `LOG_LEVEL` (default `info`) says what is written. */
export abstract class Logger extends defineToken('Logger') {
  abstract debug(message: string, fields?: LogFields): void
  abstract info(message: string, fields?: LogFields): void
  abstract warn(message: string, fields?: LogFields): void
  /** An `Error` under any name is written with its stack, code, hint and causes. */
  abstract error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  abstract with(fields: LogFields): Logger
}
