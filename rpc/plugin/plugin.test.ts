/** `.proto` files as modules: at run time, in a bundle that needs no plugin, and with types that TypeScript accepts. */
import { afterAll, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeProtoTypes } from '../emit/write-types.ts'
import { protoPlugin } from './index.ts'

// Inside this package, so that the modules find @justscale/rpc.
const folder = mkdtempSync(join(import.meta.dir, '../fixtures/plugin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fixtures = join(import.meta.dir, '../fixtures')
for (const name of ['greeter.proto', 'mood.proto']) cpSync(join(fixtures, name), join(folder, name))
writeFileSync(
  join(folder, 'main.ts'),
  `import { GreeterContract, HelloRequestSchema } from './greeter.proto'
import { Mood } from './mood.proto'
console.log(JSON.stringify([GreeterContract.typeName, Mood.HAPPY, HelloRequestSchema.fields.length]))
`,
)
const printed = '["greeter.v1.Greeter",1,6]'

test('a program imports a .proto file with the plugin preloaded', async () => {
  const register = join(import.meta.dir, 'register.ts')
  expect(await run(['bun', '--preload', register, join(folder, 'main.ts')])).toEqual([printed, ''])
})

test('a bundle contains the contract and needs no plugin', async () => {
  const built = await Bun.build({
    entrypoints: [join(folder, 'main.ts')],
    target: 'bun',
    outdir: join(folder, 'out'),
    plugins: [protoPlugin()],
  })
  expect(built.success).toBe(true)
  expect(await run(['bun', join(folder, 'out/main.js')])).toEqual([printed, ''])
})

test('an error in a .proto file stops the program and names the place', async () => {
  writeFileSync(join(folder, 'broken.proto'), 'syntax = "proto3";\nmessage A {\n  string a = 1\n}\n')
  writeFileSync(join(folder, 'broken.ts'), "import { ASchema } from './broken.proto'\nconsole.log(ASchema)\n")
  const [output, errors] = await run([
    'bun',
    '--preload',
    join(import.meta.dir, 'register.ts'),
    join(folder, 'broken.ts'),
  ])
  rmSync(join(folder, 'broken.proto'))
  expect(output).toBe('')
  expect(errors).toContain('broken.proto:4:1: expected ";", found "}"')
})

test('types are written once, and again only when the proto changes', () => {
  expect(writeProtoTypes(folder, { check: true }).map((result) => result.changed)).toEqual([true, true])
  expect(writeProtoTypes(folder).map((result) => result.changed)).toEqual([true, true])
  expect(writeProtoTypes(folder).map((result) => result.changed)).toEqual([false, false])
  const mood = join(folder, 'mood.proto')
  writeFileSync(mood, readFileSync(mood, 'utf8').replace('MOOD_SAD', 'MOOD_SLEEPY'))
  expect(writeProtoTypes(folder).map((result) => result.changed)).toEqual([false, true])
  expect(readFileSync(join(folder, 'mood.d.proto.ts'), 'utf8')).toContain('SLEEPY = 2')
})

test('the types in the repository are those of their .proto files', () => {
  expect(
    writeProtoTypes(fixtures, { check: true }).filter((result) => result.changed && !result.proto.includes('plugin-')),
  ).toEqual([])
})

async function run(command: string[]): Promise<[output: string, errors: string]> {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' })
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return [output.trim(), errors.trim()]
}
