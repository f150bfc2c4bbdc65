/** The code blocks of the design documents compile as printed, but for the edits listed in `seed-snippets.ts`. */
import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../testing/type-fixtures.ts'
import { seedSnippets, type SeedSnippet } from './seed-snippets.ts'

const folder = Bun.env['JUSTSCALE_SEEDS'] ?? join(import.meta.dir, '../../..', 'shared', 'seeds')

if (!existsSync(folder)) {
  test.skip('the design documents are not in this checkout: set JUSTSCALE_SEEDS to their folder', () => {})
} else {
  test('the code blocks of the design documents compile', async () => {
    const programs = new Map(seedSnippets.map((snippet, index) => [`snippet-${index}.ts`, program(snippet)]))
    const { diagnostics } = await compile(import.meta.dir, programs)
    const failures = diagnostics.map(({ file, line, code, text }) => {
      const { name } = seedSnippets[Number(/\d+/.exec(file)?.[0])] as SeedSnippet
      return `${name}: ${programs.get(file)?.split('\n')[line - 1]?.trim()}\n  ${code} ${text}`
    })
    expect(failures).toEqual([])
  }, 120_000)
}

function program(snippet: SeedSnippet): string {
  const block = (snippet.edits ?? []).reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, () => to)
  }, blockOf(snippet))
  return `${snippet.before ?? ''}${block}${snippet.after ?? ''}\nexport {}\n`
}

function blockOf({ name, seed, from, to }: SeedSnippet): string {
  const file = readdirSync(folder).find((each) => each.startsWith(seed)) ?? ''
  const text = readFileSync(join(folder, file), 'utf8')
  const start = text.indexOf(from)
  const end = text.indexOf(to, start)
  if (start < 0 || end < 0) throw new Error(`The block "${name}" is not in ${file}`)
  return text.slice(start, end + to.length)
}
