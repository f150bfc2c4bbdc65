/** The same answers from an app that is one executable, minified, in an empty folder. */
import { afterAll, beforeAll } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeRequests } from './request-behaviour.ts'

const folder = mkdtempSync(join(tmpdir(), 'justscale-http-'))
let server: OsProcess

beforeAll(async () => {
  const outfile = join(folder, 'app')
  await Bun.build({
    entrypoints: [join(import.meta.dir, 'fixtures', 'requests-program.ts')],
    target: 'bun',
    minify: true,
    compile: { outfile, autoloadBunfig: false },
  })
  server = OsProcess.start(outfile, {}, folder)
  await server.url
}, 60_000)

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

describeRequests('an executable', async (path, init) => {
  const options = { redirect: 'manual', decompress: false, ...init } as RequestInit
  return fetch((await server.url) + path, options)
})
