/**
 * `createTestKit`: an app under test. Starts it, catches its log lines, and stops it at the end of `await using`. Fakes go
 * in through the builder, `.override(bindInstance(Mailer, fake))`: no module is mocked.
 */
import type { AppBuilder } from '../app/builder-type.ts'
import type { Application } from '../app/application.ts'
import { bindInstance } from '../container/bind.ts'
import type { InstanceOf } from '../container/token.ts'
import type { LogLevel } from '../log/logger.ts'
import { LogSink, type LogRecord } from '../log/sink.ts'

export interface TestKit<Provided> extends AsyncDisposable {
  readonly app: Application<Provided>
  /** What was logged, from `debug` on, oldest first. */
  readonly logs: readonly LogLine[]
  resolve<Token extends Provided>(token: Token): Promise<InstanceOf<Token>>
  /** Runs `body` in the app, in a cell of its own; what it wrote is committed when it resolves. */
  run<Result>(body: () => Result): Promise<Awaited<Result>>
}

export interface LogLine {
  readonly level: LogLevel
  /** Who wrote it. */
  readonly component: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Builds and starts the app. Rejects with what `build` or `start` fail with. */
export async function createTestKit<Provided, Late>(
  builder: AppBuilder<Provided, Late> & Complete<Provided>,
): Promise<TestKit<Provided>> {
  const sink = new CollectingSink()
  const app = (builder.override(bindInstance(LogSink, sink) as never) as Complete<Provided>).build()
  await app.start()
  return {
    app,
    logs: sink.lines,
    resolve: (token) => app.resolve(token),
    run: (body) => app.run(body, { name: 'test' }),
    [Symbol.asyncDispose]: () => app.stop(),
  }
}

/** A builder that nothing is missing in. */
interface Complete<Provided> {
  readonly build: () => Application<Provided>
}

class CollectingSink extends LogSink {
  readonly level: LogLevel = 'debug'
  readonly lines: LogLine[] = []

  write(record: LogRecord): void {
    this.lines.push({
      level: record.level as LogLevel,
      component: record.category.at(-1) ?? '',
      message: record.message.join(''),
      fields: record.properties,
    })
  }
}
