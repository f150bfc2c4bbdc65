/** What must compile does, what must not is refused with the words that users see. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { typeFixtureFailures } from '../testing/type-fixtures.ts'

test('the type fixtures hold', async () => {
  expect(await typeFixtureFailures(join(import.meta.dir, 'fixtures/types'))).toEqual([])
}, 120_000)
