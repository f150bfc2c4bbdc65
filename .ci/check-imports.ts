/** Checks the imports of the whole repository: `bun .ci/check-imports.ts`. */
import { Glob } from 'bun'
import { findBreaches, readImports } from './imports.ts'

const pattern = new Glob('{core,engine,http,rpc,adapters,apps,docs}/**/*.ts')
const paths = [...pattern.scanSync('.')]
  .filter((path) => !/node_modules|\/fixtures\/|\/dist\/|\/declarations\//.test(path))
  .sort()
const files = await Promise.all(
  paths.map(async (path) => ({ path, imports: readImports(await Bun.file(path).text()) })),
)
const breaches = findBreaches(files)
for (const line of breaches) console.error(line)
console.log(`imports: ${files.length} files, ${breaches.length} breaches`)
process.exit(breaches.length === 0 ? 0 : 1)
