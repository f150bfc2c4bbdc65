/** The logger of one component in one app: adds the cell (request, command, step of a process) and hands the line to the sink. */
import { isSpanContextValid, trace } from '@opentelemetry/api'
import type { Cell } from '../cell/cell.ts'
import { currentCell } from '../cell/current-cell.ts'
import { logFields } from './log-fields.ts'
import { Logger, type LogFields, type LogLevel } from './logger.ts'
import { isWritten, type LogSink } from './sink.ts'

export class AppLogger extends Logger {
  readonly #app: string
  readonly #component: string
  readonly #sink: () => LogSink
  readonly #fields: LogFields

  constructor(app: string, component: string, sink: () => LogSink, fields: LogFields = {}) {
    super()
    this.#app = app
    this.#component = component
    this.#sink = sink
    this.#fields = fields
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warning', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields)
  }

  with(fields: LogFields): Logger {
    return new AppLogger(this.#app, this.#component, this.#sink, { ...this.#fields, ...fields })
  }

  #write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const sink = this.#sink()
    if (!isWritten(level, sink.level)) return
    const cell = currentCell()
    const properties = {
      ...(cell && { cell: cell.name, ...(cell.caller && { requestId: cell.caller.requestId }) }),
      ...traceFields(cell),
      ...logFields(this.#fields, fields),
    }
    sink.write({
      category: [this.#app, this.#component],
      level,
      message: [message],
      rawMessage: message,
      timestamp: Date.now(),
      properties,
    })
  }
}

/** The trace that the line belongs to: of the active span when tracing is on, else the caller's. */
function traceFields(cell: Cell | undefined): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext()
  if (span !== undefined && isSpanContextValid(span)) return { trace: span.traceId, span: span.spanId }
  const named = cell?.caller?.trace
  return named === undefined ? {} : { trace: named }
}
