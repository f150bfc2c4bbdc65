/** The code blocks of the design documents compile as printed, but for the edits listed in `snippets.ts`, and run. */
import { afterAll, describe, expect, test } from 'bun:test'
import { compile } from '@justscale/core/testing'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { snippets, type Snippet } from './snippets.ts'

const documents = Bun.env['JUSTSCALE_SEEDS'] ?? join(import.meta.dir, '../../..', 'shared', 'seeds')
const folder = join(import.meta.dir, `.snippets-${process.pid}`)

if (!existsSync(documents)) {
  test.skip('the design documents are not in this checkout: set JUSTSCALE_SEEDS to their folder', () => {})
} else {
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('the code blocks of the design documents compile', async () => {
    const programs = new Map(snippets.map((snippet, index) => [`snippet-${index}.ts`, program(snippet)]))
    const { diagnostics } = await compile(import.meta.dir, programs)
    const failures = diagnostics.map(({ file, line, code, text }) => {
      const { name } = snippets[Number(/\d+/.exec(file)?.[0])] as Snippet
      return `${name}: ${programs.get(file)?.split('\n')[line - 1]?.trim()}\n  ${code} ${text}`
    })
    expect(failures).toEqual([])
  }, 120_000)

  describe('the code blocks of the design documents run', () => {
    for (const [index, snippet] of snippets.entries()) {
      if (snippet.notRun !== undefined) continue
      test(snippet.name, async () => {
        await mkdir(folder, { recursive: true })
        const path = join(folder, `snippet-${index}.ts`)
        await Bun.write(path, runnable(program(snippet)))
        const run = import(path).then((loaded: { outcome?: () => unknown }) => loaded.outcome?.())
        const outcome: unknown = await run.catch((error: Error) => ({ fails: error.message }))
        const fails = (snippet.outcome as { readonly fails?: string }).fails
        expect(outcome).toEqual(fails === undefined ? snippet.outcome : { fails: expect.stringContaining(fails) })
      })
    }
  })
}

function program(snippet: Snippet): string {
  const block = (snippet.edits ?? []).reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, () => to)
  }, blockOf(snippet))
  return `${snippet.before ?? ''}${block}${snippet.after ?? ''}\nexport {}\n`
}

/** Without the lines that must not compile: no program has them. Those that `build()` refuses too are left in. */
function runnable(text: string): string {
  return text
    .replaceAll(/^.*@ts-expect-error.*\n(?!.*refused by build)/gm, '//')
    .replaceAll(/^.*@ts-expect-error.*\n/gm, '')
}

function blockOf({ name, seed, from, to }: Snippet): string {
  const file = readdirSync(documents).find((each) => each.startsWith(seed)) ?? ''
  const text = readFileSync(join(documents, file), 'utf8')
  const start = text.indexOf(from)
  const end = text.indexOf(to, start)
  if (start < 0 || end < 0) throw new Error(`The block "${name}" is not in ${file}`)
  return text.slice(start, end + to.length)
}
