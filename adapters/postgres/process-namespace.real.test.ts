import { expect, test } from 'bun:test'
import { JustScale } from '@justscale/core'
import { createProcess } from '@justscale/core/process'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresFeature, PostgresClient, PostgresProcessFeature } from './index.ts'

const receipt = createProcess({
  path: '/receipt/:number',
  async handler(_, { number }) {
    return `receipt ${number}`
  },
})

test('two apps on one database do not meet', async () => {
  const database = await testDatabase()
  const open = (name?: string) => {
    const draft = name === undefined ? JustScale() : JustScale().named(name)
    return draft
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresProcessFeature)
      .add(receipt)
      .build()
  }
  const apps = [open('left-shop'), open('right'), open()]
  try {
    for (const app of apps) await app.start()
    const [left, right] = apps
    const handle = await left?.run(() => receipt({ number: '7' }))
    expect(await handle?.result).toBe('receipt 7')
    const sql = (await right?.resolve(PostgresClient))?.sql
    const paths = async (schema: string) =>
      (await sql?.query(`select path from ${schema}.process_view`))?.map(({ path }) => path)
    expect(await paths('left_shop')).toEqual(['/receipt/7'])
    expect(await paths('"right"')).toEqual([])
    expect(await paths('justscale')).toEqual([])
  } finally {
    for (const app of apps) await app.stop()
    await database.drop()
  }
})
