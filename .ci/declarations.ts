/**
 * Declarations of a package, made when it is packed: `bun ../.ci/declarations.ts` in its folder. Users' compilers read these
 * instead of our sources, so that their stricter settings do not apply to our code, and checking their program is faster.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { runCompiler } from '../core/testing/type-fixtures.ts'

const root = join(import.meta.dir, '..')

/** Emits the declarations of the sources under `folders` into `out`, by their path in the repository. Answers what is wrong. */
export async function emitDeclarations(folders: readonly string[], out: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'justscale-declarations-'))
  const config = {
    extends: join(root, 'tsconfig.json'),
    include: folders,
    exclude: ['node_modules', 'fixtures', 'test', 'bench', 'declarations']
      .map((name) => `${root}/**/${name}`)
      .concat(`${root}/**/*.test.ts`, `${root}/**/*.soak.ts`),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      declarationMap: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: out,
      typeRoots: [join(root, 'node_modules')],
    },
  }
  try {
    await Bun.write(join(scratch, 'tsconfig.json'), JSON.stringify(config))
    return await runCompiler(root, ['-p', scratch, '--pretty', 'false'])
  } finally {
    await rm(scratch, { recursive: true })
  }
}

/** Maps lead editors to the sources, which are one folder up from `declarations`, wherever the compiler wrote them. */
async function rebaseMaps(folder: string): Promise<void> {
  for (const path of new Bun.Glob('**/*.d.ts.map').scanSync(folder)) {
    const file = Bun.file(join(folder, path))
    const map = (await file.json()) as { sources: readonly string[] }
    const source = join('..', path.replace(/\.d\.ts\.map$/, '.ts'))
    await file.write(JSON.stringify({ ...map, sources: [relative(dirname(path), source)] }))
  }
}

if (import.meta.main) {
  const folder = process.cwd()
  const out = await mkdtemp(join(folder, '.declarations-'))
  const failures = await emitDeclarations([folder], out)
  if (failures === '') {
    const made = join(out, relative(root, folder))
    await rebaseMaps(made)
    await rm(join(folder, 'declarations'), { recursive: true, force: true })
    await rename(made, join(folder, 'declarations'))
  } else console.error(`The declarations of ${basename(folder)} cannot be made:\n${failures}`)
  await rm(out, { recursive: true })
  process.exit(failures === '' ? 0 : 1)
}
