/**
 * `bun run pack ../shop`: the packages as they are published, put into another project: its package.json names them, and they
 * are installed there. For trying a clone out, and for the test of the packages.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = join(import.meta.dir, '..')
const rooms = ['engine', 'core', 'http', 'rpc', 'adapters/memory', 'adapters/postgres', 'apps/just']

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly overrides?: Readonly<Record<string, string>>
}

/** Names of what an earlier call left. */
const PACKED = /^(?:packed|.*-[0-9a-f]{12})\.tgz$/

/** Packs into `justscale/` of `project` and installs. Throws when there is no package.json, that folder holds anything else, or a package cannot be packed. */
export function packInto(project: string): void {
  const manifest = join(project, 'package.json')
  if (!existsSync(manifest)) throw new Error(`There is no ${manifest}: call \`bun init -y\` in that folder first`)
  const folder = join(project, 'justscale')
  mkdirSync(folder, { recursive: true })
  const [own] = readdirSync(folder).filter((name) => !PACKED.test(name))
  if (own !== undefined)
    throw new Error(`There is ${join(folder, own)}, which is yours: the packages go into that folder. Move it`)
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  const packed = Object.fromEntries(rooms.map((room) => packRoom(room, folder)))
  const before = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest
  const after = {
    ...before,
    dependencies: { ...before.dependencies, ...packed },
    // The packages name each other by version, which no registry has.
    overrides: { ...before.overrides, ...packed },
  }
  writeFileSync(manifest, `${JSON.stringify(after, null, 2)}\n`)
  run(['install'], project)
}

/** Gives the package's name, and where it is from the project. */
function packRoom(room: string, folder: string): [string, string] {
  const path = join(root, room)
  const { name } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { readonly name: string }
  const file = join(folder, 'packed.tgz')
  run(['pm', 'pack', '--quiet', '--filename', file], path)
  // What is in it is in its name: an earlier one of the same version is not taken for it.
  const hash = new Bun.CryptoHasher('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)
  const named = `${name.replace(/^@.*\//, '')}-${hash}.tgz`
  renameSync(file, join(folder, named))
  return [name, `file:./justscale/${named}`]
}

function run(args: readonly string[], cwd: string): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], {
    cwd,
    env: { ...process.env, NODE_ENV: undefined },
  })
  if (exitCode !== 0) throw new Error(`bun ${args.join(' ')} ended with ${exitCode} in ${cwd}:\n${stdout}${stderr}`)
}

if (import.meta.main) {
  const [project] = process.argv.slice(2)
  if (project === undefined) {
    console.error('Name the folder of the project: bun run pack ../shop')
    process.exit(2)
  }
  try {
    packInto(resolve(project))
    console.log(`${resolve(project)} has the packages of this clone.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
