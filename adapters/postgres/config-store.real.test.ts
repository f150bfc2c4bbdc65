import { expect, test } from 'bun:test'
import { JustScale } from '@justscale/core'
import { ConfigService } from '@justscale/core/config'
import { configStoreContract, ContractConfigFeature, ContractLimits } from '@justscale/core/config/contract'
import { testDatabase } from '@justscale/engine/embedded'
import { PostgresFeature, PostgresConfigFeature } from './index.ts'

for (const [name, query] of [
  ['Postgres', ''],
  ['Postgres behind a pooler in transaction mode', 'prepare=false'],
] as const) {
  configStoreContract({
    name,
    async open() {
      const database = await testDatabase()
      const url = query === '' ? database.url : `${database.url}${database.url.includes('?') ? '&' : '?'}${query}`
      return {
        async node() {
          const app = JustScale()
            .add(PostgresFeature({ url }))
            .add(PostgresConfigFeature)
            .add(ContractConfigFeature)
            .build()
          await app.start()
          return app
        },
        close: () => database.drop(),
      }
    },
  })
}

test('two apps in one database have changes of their own', async () => {
  const database = await testDatabase()
  const start = async (name: string) => {
    const app = JustScale()
      .named(name)
      .add(PostgresFeature({ url: database.url }))
      .add(PostgresConfigFeature)
      .add(ContractConfigFeature)
      .build()
    await app.start()
    return app
  }
  const [shop, office] = [await start('shop'), await start('back office')]
  await (await shop.resolve(ConfigService)).set(ContractLimits, { orders: 5 })
  await (await office.resolve(ConfigService)).set(ContractLimits, { note: 'own' })
  expect({ ...(await shop.resolve(ContractLimits)) }).toEqual({ orders: 5, note: undefined })
  expect({ ...(await office.resolve(ContractLimits)) }).toEqual({ orders: 1, note: 'own' })
  await shop.stop()
  await office.stop()
  await database.drop()
})
