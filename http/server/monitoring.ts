/** `/healthz`: the process lives. `/readyz`: it wants requests. `/metrics`: what it did. */
import type { ServerPage } from './http-handler.ts'
import type { Metrics } from './metrics.ts'

export function monitoringPages(isReady: () => boolean, metrics: () => Metrics): readonly ServerPage[] {
  return [
    { path: '/healthz', answer: () => Response.json({ status: 'ok' }) },
    {
      path: '/readyz',
      answer: () =>
        isReady() ? Response.json({ status: 'ready' }) : Response.json({ status: 'not ready' }, { status: 503 }),
    },
    {
      path: '/metrics',
      answer: () =>
        new Response(metrics().text(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }),
    },
  ]
}
