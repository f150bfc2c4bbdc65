import { expect, test } from 'bun:test'
import type { ProcessRecord } from '@justscale/engine'
import { processRow, processTable } from './process-row.ts'

const record: ProcessRecord = {
  id: '0192',
  path: '/campaign/7/lifecycle',
  definition: '/campaign/:campaign/lifecycle',
  program: 'hash',
  shard: 1,
  seq: 3,
  status: 'waiting',
  place: { line: 20, waits: ['signal fullyFunded', 'delay until 2026-12-21T00:00:00Z'] },
  startedAt: Date.UTC(2026, 10, 21),
  crashes: 0,
}

test('a row says where a process stands and what it waits for', () => {
  expect(processRow(record)).toEqual({
    path: '/campaign/7/lifecycle',
    status: 'waiting',
    line: 20,
    waits: 'signal fullyFunded, delay until 2026-12-21T00:00:00Z',
    started: '2026-11-21T00:00:00.000Z',
  })
})

test('no rows are said in words', () => {
  expect(processTable([])).toBe('no processes')
  expect(processTable([processRow(record)])).toContain('/campaign/7/lifecycle')
})
