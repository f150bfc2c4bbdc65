/**
 * Runs every suite: `bun .ci/test.ts [part of a path ...]`. First the in-memory tests, two files at a time; then each
 * `*.real.test.ts` (Postgres, other OS processes, foreign clients, a browser) in an OS process of its own, one after
 * the other, because they kill and measure things. With CI=true a skipped test is a failure. The last line is for
 * machines: `N passed, N failed`, with `, N skipped` when there are any.
 */
import { Glob } from 'bun'
import { testServer } from '../engine/sql/embedded/index.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** How long one `bun test` may take, in milliseconds: one that hangs is ended, and says which file it was in. */
const LIMIT = 5 * 60_000

const filters = process.argv.slice(2)
const reports = mkdtempSync(join(tmpdir(), 'justscale-reports-'))
process.on('exit', () => rmSync(reports, { recursive: true, force: true }))
// Without a handler a signal ends it before that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
const counts: Count[] = []
const real = [...findTests('**/*.real.test.ts'), ...findTests('.ci/*.real.test.ts')]
const inMemory = [...findTests('**/*.test.ts'), ...findTests('.ci/*.test.ts')].filter((path) => !real.includes(path))

if (inMemory.length > 0) counts.push(await run(inMemory, ['--parallel=2']))
if (real.length > 0) {
  await testServer()
  for (const path of real) counts.push(await run([path], ['--timeout=120000']))
}
const total = counts.reduce(add, { passed: 0, failed: 0, skipped: 0 })
const failed = total.failed + (process.env.CI === 'true' ? total.skipped : 0)
if (failed > total.failed) console.log(`${total.skipped} skipped tests count as failures, because CI=true`)
const skipped = failed === total.failed && total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${failed} failed${skipped}`)
process.exit(failed === 0 && total.passed > 0 ? 0 : 1)

function findTests(pattern: string): string[] {
  const found = [...new Glob(pattern).scanSync({ cwd: '.', dot: pattern.startsWith('.') })]
  const ours = found.filter((path) => !/(^|\/)(node_modules|fixtures|dist)\//.test(path))
  return ours.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter))).sort()
}

/** One `bun test` over `paths`. An end without a report, or a bad exit without a failed test, is one failure. */
async function run(paths: readonly string[], flags: readonly string[]): Promise<Count> {
  const report = join(reports, `${counts.length}.xml`)
  const reporting = ['--reporter=junit', `--reporter-outfile=${report}`, '--path-ignore-patterns=**/node_modules/**']
  const files = paths.map((path) => `./${path}`)
  const child = Bun.spawn([process.execPath, 'test', '--only-failures', ...reporting, ...flags, ...files], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'test' },
  })
  const limit = setTimeout(() => child.kill('SIGTERM'), LIMIT)
  const code = await child.exited
  clearTimeout(limit)
  const count = await readReport(report)
  if (code === 0 || count.failed > 0) return count
  console.error(`bun test ended with ${code} on ${paths.length === 1 ? paths[0] : `${paths.length} files`}`)
  return { ...count, failed: 1 }
}

async function readReport(path: string): Promise<Count> {
  const file = Bun.file(path)
  if (!(await file.exists())) return { passed: 0, failed: 0, skipped: 0 }
  const [head = ''] = (await file.text()).match(/<testsuites[^>]*>/) ?? []
  const read = (name: string) => Number(head.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0)
  const failed = read('failures') + read('errors')
  return { passed: read('tests') - failed - read('skipped'), failed, skipped: read('skipped') }
}

function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}
