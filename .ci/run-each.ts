/**
 * Runs the long programs that are not tests, one after the other: `bun .ci/run-each.ts soak|bench [part of a path ...]`
 * runs every `*.soak.ts` or `*.bench.ts`. Each prints its figures; a bad exit fails the whole.
 */
import { Glob } from 'bun'

const [kind = '', ...filters] = process.argv.slice(2)
if (!['soak', 'bench'].includes(kind)) throw new Error('usage: bun .ci/run-each.ts soak|bench [part of a path ...]')

const found = [...new Glob(`{core,engine,http,rpc,adapters,apps}/**/*.${kind}.ts`).scanSync('.')]
const paths = found.filter((path) => !path.includes('node_modules')).sort()
let failed = 0
for (const path of paths.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))) {
  console.log(`\n${path}`)
  const child = Bun.spawn([process.execPath, path], { stdio: ['ignore', 'inherit', 'inherit'] })
  if ((await child.exited) !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
