/**
 * Handlers with what stands around them in their module (`module-programs.txt`): `## name`, the module's text, `---`, the
 * handler's body. Each runs natively, compiled, with the memory dropped at every wait, and with every step made twice.
 * `import { db } from './db.ts'` is an object whose every method gives a promise of its first argument.
 */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createValueCodec } from '../../value/create-codec.ts'
import { transform } from '../index.ts'
import { drive, type DriveOptions } from './driver.ts'
import { comparable } from './language-programs.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'

const codec = createValueCodec()
const params = { id: 'order-1' }
const transpiler = new Bun.Transpiler({ loader: 'ts', target: 'bun', deadCodeElimination: false, inline: false })

const db = new Proxy({}, { get: () => async (value: unknown) => value })

const programs = readFileSync(join(import.meta.dir, 'module-programs.txt'), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((part) => {
    const [, name = '', instead, module = '', body = ''] =
      /^(.*?)(?: => (\w+))?\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(part) ?? []
    return { name, instead, module, body }
  })

test.each(programs.map((each) => [each.name, each] as const))('%s', async (_name, { module, body, instead }) => {
  const source = sourceOf(module, body)
  const trace: string[] = []
  const native = comparable(body, await runNative(source, tracingServices(trace), params, trace, { db }))
  const run = async (options: Partial<DriveOptions>): Promise<unknown> => {
    const calls: string[] = []
    const services = tracingServices(calls)
    return comparable(
      body,
      await drive(source, { services, params, trace: calls, bindings: late(module, source), ...options }),
    )
  }
  expect(await run({})).toEqual(native)
  if (instead !== undefined) {
    expect(await run({ durable: codec }).catch((error: unknown) => error)).toMatchObject({ name: instead })
    return
  }
  expect(await run({ durable: codec })).toEqual(native)
  expect(await run({ durable: codec, crash: true })).toEqual(native)
})

function sourceOf(module: string, body: string): string {
  return `import { createProcess, delay, retry, transaction } from '@justscale/core/process'
${module}
export const p = createProcess({ path: '/case/:id', inject: {}, async handler({ svc }: any, { id }: any) { ${body} } })
`
}

/** What a program takes from its module when it runs. */
function late(module: string, source: string): Record<string, unknown> {
  const bindings = transform('/app/case.ts', source)?.programs[0]?.program.bindings ?? []
  const names = bindings.filter((each) => each.code === undefined).map((each) => each.name)
  const text = transpiler.transformSync(`${module}\nglobalThis.made = { ${names.join(', ')} }`)
  // oxlint-disable-next-line typescript/no-implied-eval -- the module of the case, as plain code
  const made: unknown = new Function(
    'db',
    text
      .replace(/^import .*$/gm, '')
      .replace(/^export /gm, '')
      .replace('globalThis.made =', 'return '),
  )(db)
  return made as Record<string, unknown>
}
