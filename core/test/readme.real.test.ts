/** The README's programs compile and run. */
import { expect, test } from 'bun:test'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from '../testing/type-fixtures.ts'

test("the README's programs compile and run", async () => {
  const text = await Bun.file(join(import.meta.dir, '../README.md')).text()
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, block]) => block ?? '')
  expect(blocks.length).toBeGreaterThan(1)
  const programs = new Map(blocks.map((block, index) => [`readme-${index}.ts`, block]))
  expect((await compile(import.meta.dir, programs)).diagnostics).toEqual([])
  for (const [name, block] of programs) {
    const path = join(import.meta.dir, `.${process.pid}-${name}`)
    await Bun.write(path, block)
    const run = Bun.spawn([process.execPath, path], { stdout: 'pipe', stderr: 'pipe' })
    const [output, errors] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()])
    await rm(path)
    expect({ name, code: await run.exited, errors }).toEqual({ name, code: 0, errors: '' })
    if (block.includes('console.log')) expect(output).toBe('to ada@example.com: hello\n')
  }
}, 120_000)
