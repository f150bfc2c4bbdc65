/** A log sink that keeps lines, so that tests can look at them and the terminal stays quiet. */
import { bindInstance, LogSink, type LogRecord } from '@justscale/core'

export function keptLog(): {
  readonly lines: LogRecord[]
  readonly sink: ReturnType<typeof bindInstance<typeof LogSink>>
} {
  const lines: LogRecord[] = []
  class Kept extends LogSink {
    readonly level = 'debug' as const
    write(line: LogRecord): void {
      lines.push(line)
    }
  }
  return { lines, sink: bindInstance(LogSink, new Kept()) }
}
