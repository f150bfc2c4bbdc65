import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { bindInstance, JustScale } from '../index.ts'
import { LogSink, type LogRecord } from '../log/sink.ts'
import { configStoreContract, ContractConfigFeature, ContractLimits } from './contract.ts'
import { configFile, ConfigService, defineConfig, defineSecret, provideConfig } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

configStoreContract({
  name: 'a file',
  async open() {
    const path = join(folder, 'shared/config.json')
    return {
      async node() {
        const app = JustScale().add(configFile(path)).add(ContractConfigFeature).build()
        await app.start()
        return app
      },
      close: async () => {},
    }
  },
})

describe('a file of changes', () => {
  test('may be edited by hand; what does not fit is logged and changes nothing', async () => {
    const path = join(folder, 'edited.json')
    const records: LogRecord[] = []
    const logged = Promise.withResolvers<void>()
    const sink: LogSink = {
      level: 'info',
      write(record: LogRecord) {
        records.push(record)
        if (record.level === 'error') logged.resolve()
      },
    }
    const app = JustScale().add(bindInstance(LogSink, sink)).add(configFile(path)).add(ContractConfigFeature).build()
    await app.start()
    const [control, limits] = [await app.resolve(ConfigService), await app.resolve(ContractLimits)]
    const next = control.watch(ContractLimits, AbortSignal.timeout(10_000)).next()
    writeFileSync(path, JSON.stringify({ contractLimits: { orders: 3 } }))
    expect((await next).value).toEqual({ orders: 3 })
    writeFileSync(path, JSON.stringify({ contractLimits: { orders: 'many' } }))
    await logged.promise
    expect(JSON.stringify(records)).toContain('contractLimits.orders')
    expect(limits.orders).toBe(3)
    await app.stop()
  })

  test('changes no secret', async () => {
    const path = join(folder, 'secret.json')
    class Keys extends defineSecret('keys', z.object({ api: z.string() })) {}
    writeFileSync(path, '{"keys": {"api": "from the file"}}')
    const app = JustScale()
      .add(provideConfig(Keys, () => ({ api: 'from the vault' })))
      .add(configFile(path))
      .add(ConfigService)
      .build()
    await app.resolve(ConfigService)
    expect((await app.resolve(Keys)).api).toBe('from the vault')
  })

  test('that does not fit at the start is an error that says so', async () => {
    const path = join(folder, 'wrong.json')
    class Port extends defineConfig('port', z.object({ number: z.number() })) {}
    const start = () =>
      JustScale()
        .add(provideConfig(Port, () => ({ number: 1 })))
        .add(configFile(path))
        .add(ConfigService)
        .build()
        .start()
    writeFileSync(path, '{"port": {"number": "x"}}')
    await expect(start()).rejects.toThrow('port.number')
    writeFileSync(path, '{"port": ')
    await expect(start()).rejects.toThrow(path)
    writeFileSync(path, '[]')
    await expect(start()).rejects.toThrow('must be {"slice"')
  })
})
