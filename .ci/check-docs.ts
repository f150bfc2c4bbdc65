/** Checks the documents of the whole repository: `bun .ci/check-docs.ts`. */
import { Glob } from 'bun'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { deadLinks, missingProofs, unexplainedErrors } from './docs.ts'

const skipped = /node_modules|\/fixtures\/|\/dist\/|\.test\.ts$/
const read = async (pattern: string) => {
  const paths = [...new Glob(pattern).scanSync('.')].filter((path) => !skipped.test(path)).sort()
  return await Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(path).text() })))
}

const documents = [...(await read('*.md')), ...(await read('{core,engine,http,rpc,adapters,apps,docs}/**/*.md'))]
const sources = await read('{core,engine,http,rpc,adapters,apps}/**/*.ts')
const pages = [...new Glob('docs/errors/*.md').scanSync('.')].map((path) => basename(path, '.md')).sort()
const readText = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
const found = [
  ...deadLinks(documents, existsSync),
  ...missingProofs(documents, readText),
  ...unexplainedErrors(sources, pages),
]
for (const line of found) console.error(line)
console.log(`docs: ${documents.length} documents, ${pages.length} error pages, ${found.length} complaints`)
process.exit(found.length === 0 ? 0 : 1)
