/**
 * Tests of types, with the native compiler. A fixture is a file in which every line that must not compile has
 * `// @ts-expect-error TS2345 part of the message` above it. It is compiled twice: as written (an unused directive is an
 * error), and with the directives disarmed, when each must be met by that code and text on the line below.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** One error that the compiler reported. */
export interface TypeDiagnostic {
  readonly file: string
  readonly line: number
  readonly code: string
  /** The message with the lines that explain it. */
  readonly text: string
}

export interface Compilation {
  readonly diagnostics: readonly TypeDiagnostic[]
  /** Types made while checking: a measure of cost that does not depend on the machine. */
  readonly instantiations: number
}

/** What is wrong with the fixtures in `folder`, as sentences; empty when all hold. */
export async function typeFixtureFailures(folder: string): Promise<readonly string[]> {
  const files = [...new Bun.Glob('*.ts').scanSync({ cwd: folder })].sort()
  const sources = await Promise.all(
    files.map(async (file) => [file, await Bun.file(join(folder, file)).text()] as const),
  )
  const disarmed = sources.map(([file, text]) => [file, text.replaceAll('@ts-expect-error', 'disarmed')] as const)
  const [written, opened] = await Promise.all([compile(folder, new Map(sources)), compile(folder, new Map(disarmed))])
  const surprises = written.diagnostics.map(
    (found) => `${found.file}:${found.line} does not compile as written: ${found.code} ${found.text}`,
  )
  return [...surprises, ...sources.flatMap(([file, text]) => unmet(file, text, opened.diagnostics))]
}

/** Compiles sources as if they were in `folder`. The nearest tsconfig's options hold. */
export async function compile(folder: string, sources: ReadonlyMap<string, string>): Promise<Compilation> {
  const copy = await mkdtemp(join(folder, '.types-'))
  try {
    await Promise.all([...sources].map(([file, text]) => Bun.write(join(copy, file), text)))
    const config = {
      extends: nearestConfig(folder),
      include: [`${copy}/*.ts`],
      exclude: [],
      compilerOptions: { noEmit: true },
    }
    await Bun.write(join(copy, 'tsconfig.json'), JSON.stringify(config))
    const output = await runCompiler(copy, [
      '-p',
      copy,
      '--pretty',
      'false',
      '--singleThreaded',
      '--extendedDiagnostics',
    ])
    const instantiations = /^Instantiations:\s+(\d+)/m.exec(output)?.[1]
    if (instantiations === undefined) throw new Error(`The compiler failed:\n${output}`)
    return { diagnostics: parseDiagnostics(output), instantiations: Number(instantiations) }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** What the native compiler prints. */
export async function runCompiler(folder: string, args: readonly string[]): Promise<string> {
  const run = Bun.spawn([await compiler(), ...args], { stdout: 'pipe', cwd: folder })
  const output = await new Response(run.stdout).text()
  await run.exited
  return output
}

function unmet(file: string, text: string, diagnostics: readonly TypeDiagnostic[]): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const directive = /@ts-expect-error(?: (TS\d+)(?: (.*))?)?$/.exec(line)
    if (directive === null) return []
    const [, code, part = ''] = directive
    const place = `${file}:${index + 2}`
    if (code === undefined) return [`${place}: name the code and a part of the message that is expected`]
    const found = diagnostics.filter((diagnostic) => diagnostic.file === file && diagnostic.line === index + 2)
    if (found.some((diagnostic) => diagnostic.code === code && diagnostic.text.includes(part.trim()))) return []
    return [
      `${place}: expected ${code} ${part}\n  got ${found.map((one) => `${one.code} ${one.text}`).join('\n  and ') || 'no error'}`,
    ]
  })
}

/** Errors in the fixtures themselves: what they import is checked elsewhere. */
function parseDiagnostics(output: string): readonly TypeDiagnostic[] {
  const diagnostics: { file: string; line: number; code: string; text: string }[] = []
  for (const line of output.split('\n')) {
    const head = /^([^/]+?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line)
    const last = diagnostics.at(-1)
    if (head !== null)
      diagnostics.push({ file: head[1] ?? '', line: Number(head[2]), code: head[3] ?? '', text: head[4] ?? '' })
    else if (line.startsWith('  ') && last !== undefined) last.text += `\n${line}`
  }
  return diagnostics
}

function nearestConfig(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, 'tsconfig.json')
    if (Bun.file(path).size > 0) return path
    if (dirname(at) === at) throw new Error(`There is no tsconfig.json above ${folder}`)
  }
}

/** The compiler's own binary: no Node needed, and 80 ms cheaper than the wrapper. */
async function compiler(): Promise<string> {
  const wrapper = Bun.resolveSync('typescript/package.json', import.meta.dir)
  const { default: find } = (await import(join(dirname(wrapper), 'lib/getExePath.js'))) as { default: () => string }
  return find()
}
