/** `/healthz`: the process lives. `/readyz`: it wants requests. `/metrics`: what it did, and what features add to that. */
import { runInApp, type Application, type Logger, type MetricsText } from '@justscale/core'
import type { ServerPage } from './http-handler.ts'
import type { Metrics } from './metrics.ts'

export interface Monitored {
  readonly app: Application<unknown>
  readonly logger: Logger
  /** Asked in this order. */
  readonly sources: readonly MetricsText[]
  ready(): boolean
  metrics(): Metrics
}

export function monitoringPages(monitored: Monitored): readonly ServerPage[] {
  return [
    { path: '/healthz', answer: () => Response.json({ status: 'ok' }) },
    {
      path: '/readyz',
      answer: () =>
        monitored.ready()
          ? Response.json({ status: 'ready' })
          : Response.json({ status: 'not ready' }, { status: 503 }),
    },
    { path: '/metrics', answer: () => metricsPage(monitored) },
  ]
}

async function metricsPage({ app, logger, sources, metrics }: Monitored): Promise<Response> {
  const added = await Promise.all(sources.map((source) => runInApp(app, () => textOf(source, logger))))
  const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
  return new Response([metrics().text(), ...added].join(''), { headers })
}

/** A source that fails takes its own figures away only. */
async function textOf(source: MetricsText, logger: Logger): Promise<string> {
  try {
    const text = await source.text()
    return text === '' || text.endsWith('\n') ? text : `${text}\n`
  } catch (error) {
    logger.error(`The metrics of ${source.name} failed`, { error })
    return ''
  }
}
