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
  ['my shop', 'my_shop'],
])('the app %p keeps its processes in %p', (app, namespace) => expect(processNamespace(app)).toBe(namespace))

test('names that are not told apart by what is left of them have a schema each, as long as Postgres takes', () => {
  const names = ['магазин', 'магазен', '店', "bob's", 'bob-s', 'x'.repeat(80), 'x'.repeat(81), 'x'.repeat(63)]
  const namespaces = names.map(processNamespace)
  expect(new Set(namespaces).size).toBe(names.length)
  for (const namespace of namespaces) expect(namespace).toMatch(/^[a-z_][a-z0-9_]{0,62}$/)
})
