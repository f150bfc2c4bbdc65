/** The cache of compiled modules stays within its bounds, and nothing else in its folder is touched. */
import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileCached } from './cache.ts'
import { markUsed, pruneCache } from './prune-cache.ts'

const root = mkdtempSync(join(tmpdir(), 'justscale-prune-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const now = 1_800_000_000_000
const DAY = 86_400_000

function folderOf(name: string, ages: Readonly<Record<string, number>>): string {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const [file, age] of Object.entries(ages)) {
    writeFileSync(join(folder, file), 'x'.repeat(100))
    utimesSync(join(folder, file), (now - age) / 1_000, (now - age) / 1_000)
  }
  return folder
}

const entry = (letter: string): string => `${letter.repeat(64)}.js`

test('what was not used for a month goes, with what ended processes left; other files stay', () => {
  const ages = { [entry('a')]: DAY, [entry('b')]: 31 * DAY, [`${entry('c')}.123`]: 40 * DAY, 'notes.txt': 400 * DAY }
  const folder = folderOf('age', ages)
  pruneCache(folder, { now })
  expect(readdirSync(folder).sort()).toEqual([entry('a'), 'notes.txt'])
})

test('beyond the size the least recently used go', () => {
  const folder = folderOf('size', { [entry('a')]: 3 * DAY, [entry('b')]: 2 * DAY, [entry('c')]: DAY })
  pruneCache(folder, { now, size: 250 })
  expect(readdirSync(folder).sort()).toEqual([entry('b'), entry('c')])
})

test('a module that is read counts as used', () => {
  const folder = folderOf('used', { [entry('a')]: 29 * DAY })
  markUsed(join(folder, entry('a')), now)
  expect(statSync(join(folder, entry('a'))).mtimeMs).toBe(now)
  markUsed(join(folder, entry('b')), now)
})

test('a folder that is not there, or no folder, is left alone', () => {
  pruneCache(join(root, 'none'))
  pruneCache(join(folderOf('file', { [entry('a')]: 0 }), entry('a')))
})

test('the first module that is written to a folder prunes it', () => {
  const folder = folderOf('written', { [entry('a')]: 0 })
  utimesSync(join(folder, entry('a')), 1, 1)
  compileCached('/app/pruned.ts', 'export const createProcess = 1\n', { cache: folder })
  expect(readdirSync(folder)).toHaveLength(1)
  expect(readdirSync(folder)).not.toContain(entry('a'))
})
