import { expect, test } from 'bun:test'
import { processNamespace } from './process-namespace.ts'

test.each([
  ['app', 'justscale'],
  ['crowdfunding', 'crowdfunding'],
  ['order-fulfillment', 'order_fulfillment'],
  ['Shop', 'shop'],
  ['public', 'app_public'],
  ['pg_stats', 'app_pg_stats'],
  ['2nd', 'app_2nd'],
  ['x'.repeat(80), 'x'.repeat(63)],
])('the app %p keeps its processes in %p', (app, namespace) => expect(processNamespace(app)).toBe(namespace))
