/** The file of changes under several OS processes at once, and under one that is killed while it writes. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'config-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const writer = `
import { z } from 'zod'
import { JustScale } from ${JSON.stringify(join(import.meta.dir, '../index.ts'))}
import { configFile, ConfigService, defineConfig, provideConfig } from ${JSON.stringify(join(import.meta.dir, 'index.ts'))}
const [path, own, mode] = process.argv.slice(2)
const names = Array.from({ length: 40 }, (_, n) => 'n' + n)
class Numbers extends defineConfig('numbers', z.object(Object.fromEntries(names.map((name) => [name, z.number().default(0)])))) {}
const app = JustScale().add(provideConfig(Numbers, () => ({}))).add(configFile(path)).add(ConfigService).build()
const control = await app.resolve(ConfigService)
if (mode === 'read') console.log(JSON.stringify({ ...(await app.resolve(Numbers)) }))
else if (mode === 'forever') for (let n = 1; ; n++) await control.set(Numbers, { n0: n, n1: n })
else for (let n = 0; n < 10; n++) await control.set(Numbers, { ['n' + (Number(own) * 10 + n)]: n + 1 })
`

const program = join(import.meta.dir, `.writer-${process.pid}.ts`)
await Bun.write(program, writer)
afterAll(() => rmSync(program))

function start(...args: readonly string[]) {
  return Bun.spawn([process.execPath, program, ...args], {
    env: { ...process.env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function read(path: string): Promise<Record<string, number>> {
  const child = start(path, '0', 'read')
  const text = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  return JSON.parse(text.split('\n').find((line) => line.startsWith('{"n0"')) ?? '{}') as Record<string, number>
}

test('four processes that change it at the same time lose nothing', async () => {
  const path = join(folder, 'four.json')
  const codes = await Promise.all(['0', '1', '2', '3'].map((own) => start(path, own, 'write').exited))
  expect(codes).toEqual([0, 0, 0, 0])
  expect(Object.values(await read(path))).toEqual(Array.from({ length: 40 }, (_, n) => (n % 10) + 1))
})

test('a process killed at any moment leaves a whole file, and no lock', async () => {
  const path = join(folder, 'killed.json')
  for (let round = 1; round <= 5; round++) {
    const child = start(path, '0', 'forever')
    const before = (await Bun.file(path).exists()) ? await Bun.file(path).text() : ''
    while (((await Bun.file(path).exists()) ? await Bun.file(path).text() : '') === before);
    child.kill('SIGKILL')
    await child.exited
    const { n0, n1 } = await read(path)
    expect(n0).toBeGreaterThan(0)
    expect(n1).toBe(n0 as number)
  }
  expect(await start(path, '1', 'write').exited).toBe(0)
})
