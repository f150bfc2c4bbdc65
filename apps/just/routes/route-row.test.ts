import { expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { Cli } from '@justscale/core/cli'
import { Get, httpPrefixed, SSE, Ws } from '@justscale/http'
import { routeRows } from './route-row.ts'

const desk = createController('/desk', {
  routes: () => ({
    show: Get('/:item').handle(() => 1),
    watch: SSE('/events').handle(async function* () {
      yield { data: 1 }
    }),
    talk: Ws('/talk')
      .procedures((procedure) => ({ say: procedure.handle(() => 1), hear: procedure.handle(() => 2) }))
      .handle(),
    list: Cli('desk list').handle(() => []),
  }),
})
const anonymous = createController({ routes: () => ({ root: Get('/').handle(() => 1) }) })

test('routes of every transport, sub-apps under their paths, procedures under their sockets', async () => {
  const inner = JustScale().named('inner').add(anonymous).build()
  const app = JustScale().add(desk).add(httpPrefixed('/inner', inner)).build()
  await app.prepare()
  expect((await routeRows(app)).map(({ method, route, handler }) => `${method} ${route} ${handler}`)).toEqual([
    'GET /inner controller.root',
    'SSE /desk/events /desk.watch',
    'WS /desk/talk /desk.talk',
    'CALL /desk/talk say /desk.talk.say',
    'CALL /desk/talk hear /desk.talk.hear',
    'GET /desk/:item /desk.show',
    'CLI desk list /desk.list',
  ])
})
