/** What must compile does, what must not is refused. */
import { typeFixtureFailures } from '@justscale/core/testing'
import { expect, test } from 'bun:test'
import { join } from 'node:path'

test('the type fixtures hold', async () => {
  expect(await typeFixtureFailures(join(import.meta.dir, 'fixtures/types'))).toEqual([])
}, 120_000)
