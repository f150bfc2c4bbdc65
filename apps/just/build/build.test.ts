import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildExecutable } from './build-executable.ts'
import { environmentFiles } from './environment-files.ts'
import { workersOf } from './worker-files.ts'

const project = mkdtempSync(join(tmpdir(), 'justscale-build-'))
afterAll(() => rmSync(project, { recursive: true, force: true }))
mkdirSync(join(project, 'env'))
mkdirSync(join(project, 'server'))
writeFileSync(join(project, 'package.json'), '{}')
const write = (path: string, text: string) => writeFileSync(join(project, path), text)
write('env/environment.ts', 'export type AppEnv = unknown\n')
write('env/production.ts', 'export default 1\n')
write('env/staging.ts', "export { default } from './production.ts'\n")
const entry = join(project, 'server', 'main.ts')

test('environments are the modules that export one, in the nearest folder up to the package', () => {
  expect(environmentFiles(entry)).toEqual({
    production: join(project, 'env/production.ts'),
    staging: join(project, 'env/staging.ts'),
  })
  mkdirSync(join(project, 'server', 'inner'))
  write('server/package.json', '{}')
  expect(environmentFiles(join(project, 'server', 'inner', 'main.ts'))).toEqual({})
  rmSync(join(project, 'server/package.json'))
})

test('workers are found by how they are started', () => {
  expect(
    workersOf(`new Worker(new URL('./a.ts', import.meta.url), { ref: true })
      new Worker(
        new URL("../b.ts", import.meta.url))
      new Worker(path)
      new URL('./c.ts', import.meta.url)`),
  ).toEqual(['./a.ts', '../b.ts'])
})

test.each([
  ['an app that is not there', 'nothing.ts', '', undefined, 'There is no'],
  ['an environment that is not there', 'server/main.ts', 'export default 1', ['qa'], 'There is no environment "qa"'],
  ['a module that is not there', 'server/main.ts', "import './gone.ts'", undefined, 'Could not resolve: "./gone.ts"'],
  ['a module without an app', 'server/main.ts', 'export const a = 1', undefined, 'main.ts does not export an app'],
  [
    'a worker elsewhere',
    'server/main.ts',
    "new Worker(new URL('../w.ts', import.meta.url))",
    undefined,
    'starts the worker ../w.ts',
  ],
])('%s is said in words, and leaves nothing behind', async (_, path, text, environments, message) => {
  if (text !== '') write(path, text)
  const outfile = join(project, 'out', 'app')
  const error = await buildExecutable({
    entry: join(project, path),
    outfile,
    ...(environments && { environments }),
  }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ name: 'MisuseError', message: expect.stringContaining(message) })
  const left = [...new Bun.Glob('**/.just-build-*').scanSync({ cwd: project, dot: true, onlyFiles: false })]
  expect(left).toEqual([])
})

test('a system that Bun does not know is said in words', async () => {
  write('server/main.ts', 'export default 1')
  const built = buildExecutable({ entry, outfile: join(project, 'out', 'app'), target: 'bun-moon' })
  expect(await built.catch((caught: unknown) => caught)).toMatchObject({
    name: 'MisuseError',
    message: expect.stringContaining('bun-moon'),
  })
})
