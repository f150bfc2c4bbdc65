/** `just process show <file>` as a program: for people, for tools, and called wrongly. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'

const just = join(import.meta.dir, '..', 'main.ts')
const root = join(import.meta.dir, '..', '..', '..')
const lifecycle = 'apps/crowdfunding/campaign/campaign-lifecycle.ts'

async function show(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([process.execPath, just, 'process', 'show', ...args], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out, err, code: await child.exited }
}

test('prints the program of a handler next to its source', async () => {
  const { out, err, code } = await show(lifecycle)
  expect([err, code]).toEqual(['', 0])
  expect(out).toContain('process /campaign/:campaign/lifecycle')
  expect(out).toContain('waits for fullyFunded')
  const lines = out.split('\n')
  const at = lines.findIndex((each) => /^ *\d+ +await campaigns\.setStatus\(campaign, 'settling'\)$/.test(each))
  expect(lines[at + 1]).toMatch(/^ +● +\d+ +await +\$\d+ = campaigns\.setStatus\(campaign, 'settling'\)$/)
  expect(lines[at + 2]).toMatch(/^ +keeps campaign$/)
})

test('gives the same as JSON', async () => {
  const [program] = JSON.parse((await show(lifecycle, '--json')).out) as { path: string; ops: { keeps: string[] }[] }[]
  expect(program?.path).toBe('/campaign/:campaign/lifecycle')
  expect(program?.ops.some((each) => each.keeps.includes('campaign'))).toBe(true)
})

test('says what is wrong with a file', async () => {
  expect(await show('nope.ts')).toEqual({ out: '', err: 'There is no file nope.ts\n', code: 2 })
  const { err, code } = await show('engine/index.ts')
  expect([err.split('\n')[0], code]).toEqual(['engine/index.ts has no process or routine', 2])
})
