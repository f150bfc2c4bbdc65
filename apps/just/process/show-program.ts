/** `just process show <file>`: what the compiler makes of each handler and routine of a module, next to its source. */
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { listProgram, printListing, transform } from '@justscale/engine/compiler'
import { MisuseError } from '../program/misuse-error.ts'
import { print } from '../program/print.ts'

interface Compiler {
  readonly transform: typeof transform
  readonly listProgram: typeof listProgram
  readonly printListing: typeof printListing
}

type Compiled = NonNullable<ReturnType<typeof transform>>['programs'][number]

/** Whether the argument names a module, not the path of a process. */
export function isModule(argument: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(argument)
}

/** Prints the programs of a module. Throws `CompileError` where it is refused. */
export async function showPrograms(file: string, json: boolean): Promise<void> {
  const module = Bun.file(file)
  if (!(await module.exists())) throw new MisuseError(`There is no file ${file}`)
  // Loaded when it is used: other commands start without it.
  const compiler: Compiler = await import('@justscale/engine/compiler')
  const programs = compiler.transform(resolve(module.name ?? file), await module.text())?.programs ?? []
  if (programs.length === 0)
    throw new MisuseError(`${file} has no process or routine`, 'Name the file that calls createProcess or routine.')
  await print(
    json
      ? JSON.stringify(
          programs.map((each) => programData(compiler, each)),
          null,
          2,
        )
      : programs.map((each) => programText(compiler, each)).join('\n\n'),
  )
}

function programData(compiler: Compiler, { hash, program, debug }: Compiled): object {
  return {
    kind: program.kind,
    path: program.path,
    hash,
    file: debug.file,
    steps: program.steps.map((each, index) => ({ name: each.name, read: each.read, line: debug.steps[index]?.[0] })),
    signals: program.signals.map((each) => each.name),
    ops: compiler.listProgram(program, debug).filter((each) => each.kind === 'op'),
    warnings: debug.warnings,
  }
}

const OWN = '$1, $2, ... are kept by the compiler: results of awaits, items and position of a loop'

function programText(compiler: Compiler, { hash, program, debug }: Compiled): string {
  const rows = compiler.listProgram(program, debug)
  const stops = rows.filter((each) => each.kind === 'op' && each.suspends)
  const signals = [...new Set(program.signals.map((each) => each.name))]
  const facts = [
    `${program.ops.length} instructions`,
    `● suspends in ${stops.length} ${stops.length === 1 ? 'place' : 'places'}`,
    ...(signals.length > 0 ? [`waits for ${signals.join(', ')}`] : []),
  ]
  const heading = [
    styleText('bold', `${program.kind} ${program.path}`),
    `${debug.file}  ${hash.slice(0, 12)}`,
    facts.join(', '),
    ...(rows.some((each) => each.kind === 'op' && /\$\d/.test(each.text)) ? [OWN] : []),
  ]
  return `${heading.join('\n')}\n\n${compiler.printListing(rows, (text) => styleText('dim', text))}`
}
