import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { defineApp, defineService, JustScale } from '../index.ts'
import {
  ConfigurationError,
  createEnvironment,
  defineConfig,
  defineFlags,
  defineSecret,
  EnvironmentNotFoundError,
  environmentName,
  loadEnvironment,
  provideConfig,
} from './index.ts'

class Server extends defineConfig(
  'server',
  z.object({ port: z.number().int(), host: z.string().default('localhost') }),
) {}
class Keys extends defineSecret('keys', z.object({ apiKey: z.string().min(8) })) {}
class Flags extends defineFlags('flags', z.object({ newCheckout: z.boolean().default(false) })) {}

const folder = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('configuration', () => {
  test('is injected, checked and with defaults', async () => {
    class Uses extends defineService({
      inject: { server: Server, flags: Flags },
      factory: ({ server, flags }) => ({ text: `${server.host}:${server.port}:${flags.newCheckout}` }),
    }) {}
    const app = JustScale()
      .add(provideConfig(Server, (env) => ({ port: Number(env['PORT']) }), { environment: { PORT: '80' } }))
      .add(provideConfig(Flags, () => ({})))
      .add(Uses)
      .build()
    expect((await app.resolve(Uses)).text).toBe('localhost:80:false')
    expect(Object.isFrozen(await app.resolve(Server))).toBeTrue()
  })

  test('reports every failure at once, naming key, variable and source, and no secret', async () => {
    const app = JustScale()
      .add(
        provideConfig(Server, (env) => ({ port: Number(env['PORT']), host: env['HOST'] }), {
          environment: { PORT: 'many' },
          source: '.env',
        }),
      )
      .add(provideConfig(Keys, (env) => ({ apiKey: env['API_KEY'] }), { environment: { API_KEY: 'hush' } }))
      .build()
    const error = await app.start().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ConfigurationError)
    const { failures, message } = error as ConfigurationError
    expect(failures.map((failure) => failure.key)).toEqual(['server.port', 'keys.apiKey'])
    expect(message).toContain('API_KEY in environment')
    expect(message).toContain('.env')
    expect(message).not.toContain('hush')
  })

  test('is nothing that can be made by hand', () => {
    expect(() => new (Server as unknown as new () => object)()).toThrow('slice of the configuration')
  })
})

describe('environments', () => {
  test.each([
    [{ JUSTSCALE_ENV: 'staging', NODE_ENV: 'test' }, 'staging'],
    [{ NODE_ENV: 'test' }, 'test'],
    [{ NODE_ENV: 'production' }, 'production'],
    [{ NODE_ENV: 'else' }, 'development'],
    [{}, 'development'],
  ])('%p is %s', (variables, name) => {
    expect(environmentName(variables)).toBe(name)
  })

  test('are found beside the app or above, and a missing one lists what there is', async () => {
    mkdirSync(join(folder, 'env'))
    mkdirSync(join(folder, 'src'))
    writeFileSync(join(folder, 'package.json'), '{}')
    writeFileSync(join(folder, 'env/production.ts'), 'export default "the environment"')
    expect(await loadEnvironment(join(folder, 'src'), 'production')).toBe('the environment')
    const error = await loadEnvironment(join(folder, 'src'), 'staging').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(EnvironmentNotFoundError)
    expect((error as EnvironmentNotFoundError).hint).toContain('production')
    expect(String(error)).toContain(join(folder, 'src/env/staging.ts'))
  })

  test('provide the components of one deployment', async () => {
    const production = createEnvironment((app) => app.add(provideConfig(Server, () => ({ port: 1 }))))
    const definition = defineApp({ dir: folder, main: false }, () => JustScale().add(production))
    const app = await definition.create()
    expect((await app.resolve(Server)).port).toBe(1)
  })
})
