import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { defineApp, defineService, JustScale } from '../index.ts'
import {
  configFile,
  ConfigService,
  ConfigurationError,
  fileVault,
  fromVault,
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

  test('is read-only all the way down, changed or not, and keeps nothing of what its provider gave', async () => {
    class Hosts extends defineConfig(
      'hosts',
      z.object({ list: z.array(z.object({ name: z.string() })), any: z.any(), since: z.date() }),
    ) {}
    const given = { list: [{ name: 'a' }], any: { deep: { list: [1] } }, since: new Date(0) }
    const app = JustScale()
      .add(provideConfig(Hosts, () => given))
      .add(configFile(join(folder, 'hosts.json')))
      .add(ConfigService)
      .build()
    const hosts = await app.resolve(Hosts)
    const isFrozen = () => {
      const { list, any } = hosts as { list: { name: string }[]; any: { deep: { list: number[] } } }
      expect(() => list.push({ name: 'b' })).toThrow(TypeError)
      expect(() => Object.assign(list[0] as object, { name: 'b' })).toThrow(TypeError)
      expect(() => any.deep.list.push(2)).toThrow(TypeError)
    }
    isFrozen()
    given.any.deep.list.push(2)
    expect(hosts.any).toEqual({ deep: { list: [1] } })
    expect(hosts.since).toBeInstanceOf(Date)
    await (await app.resolve(ConfigService)).set(Hosts, { list: [{ name: 'c' }] })
    expect(hosts.list).toEqual([{ name: 'c' }])
    isFrozen()
  })

  test('does not show the password of an address that is refused', async () => {
    class Store extends defineConfig('store', z.object({ url: z.string().startsWith('redis://') })) {}
    const environment = { STORE_URL: 'rediss://ann:hunter2@cache:6379/0' }
    const app = JustScale()
      .add(provideConfig(Store, (env) => ({ url: env['STORE_URL'] }), { environment }))
      .build()
    const error = await app.start().catch((caught: unknown) => caught)
    expect(String(error)).toContain('got "rediss://ann:[secret]@cache:6379/0" (STORE_URL in environment)')
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

  test('names where each value came from: the variable it is, or is made of, the provider, or the default', async () => {
    const all = z.object({
      port: z.int(),
      url: z.string(),
      callbackUrl: z.string(),
      fixed: z.string(),
      host: z.string().default('h'),
    })
    class Sites extends defineConfig('sites', all.extend({ other: z.string() })) {}
    const environment = { SITE_PORT: '80', FALLBACK_URL: 'u', CALLBACK_URL: 'c' }
    const app = JustScale()
      .add(
        provideConfig(
          Sites,
          (env) => ({
            callbackUrl: env['CALLBACK_URL'],
            url: env['PRIMARY_URL'] ?? env['FALLBACK_URL'],
            port: Number(env['SITE_PORT']),
            fixed: 'here',
            host: env['HOST'],
            other: env['OTHER'] ?? 'else',
          }),
          { environment },
        ),
      )
      .add(configFile(join(folder, 'sites.json')))
      .add(ConfigService)
      .build()
    const entries = await (await app.resolve(ConfigService)).entries()
    expect(Object.fromEntries(entries.map(({ key, source }) => [key, source]))).toEqual({
      'sites.callbackUrl': 'CALLBACK_URL in environment',
      'sites.url': 'FALLBACK_URL in environment',
      'sites.port': 'SITE_PORT in environment',
      'sites.fixed': 'environment',
      'sites.host': 'default',
      'sites.other': 'default',
    })
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

describe('changes while the app runs', () => {
  const path = join(folder, '.justscale/config.json')
  const build = () =>
    JustScale()
      .add(provideConfig(Server, () => ({ port: 1 })))
      .add(provideConfig(Flags, () => ({})))
      .add(provideConfig(Keys, () => ({ apiKey: '12345678' })))
      .add(configFile(path))
      .add(ConfigService)
      .build()

  test('are checked, reach whoever holds the value, wake watchers and outlive the process', async () => {
    const app = build()
    const [control, flags] = [await app.resolve(ConfigService), await app.resolve(Flags)]
    const stop = new AbortController()
    const changes = control.watch(Flags, stop.signal)
    const next = changes.next()
    await control.set(Flags, { newCheckout: true })
    expect(flags.newCheckout).toBeTrue()
    expect((await next).value).toEqual({ newCheckout: true })
    stop.abort()
    expect((await changes.next()).done).toBeTrue()
    const again = build()
    await again.resolve(ConfigService)
    expect((await again.resolve(Flags)).newCheckout).toBeTrue()
  })

  test('that are wrong change nothing', async () => {
    const app = build()
    const control = await app.resolve(ConfigService)
    await expect(control.set(Server, { port: 'x' as never })).rejects.toThrow('server.port')
    await expect(control.set(Keys, { apiKey: 'abcdefgh' })).rejects.toThrow('cannot be set here')
    expect((await app.resolve(Server)).port).toBe(1)
  })

  test('are listed with their source, and no secret', async () => {
    const app = build()
    const control = await app.resolve(ConfigService)
    await Promise.all([control.set(Server, { port: 2 }), control.set(Server, { host: 'h' })])
    expect(await control.entries()).toEqual([
      { key: 'server.port', value: 2, source: path },
      { key: 'server.host', value: 'h', source: path },
      { key: 'flags.newCheckout', value: true, source: path },
      { key: 'keys.apiKey', value: '[secret]', source: 'environment' },
    ])
  })
})

test('secrets come from a vault', async () => {
  mkdirSync(join(folder, 'secrets'))
  writeFileSync(join(folder, 'secrets/api-key'), 'from the vault\n')
  const app = JustScale()
    .add(provideConfig(Keys, fromVault(fileVault(join(folder, 'secrets')), { apiKey: 'api-key' }), { source: 'vault' }))
    .build()
  expect((await app.resolve(Keys)).apiKey).toBe('from the vault')
})
