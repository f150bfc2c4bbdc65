/**
 * A module's source to a module in which every handler and exported routine is a compiled object. Lines stay where they
 * are: Bun ignores source maps of plugins, so stacks and coverage are right only when no line moves.
 */
import { dirname, relative, resolve } from 'node:path'
import { existsSync, readFileSync } from 'node:fs'
import { programHash } from '../program/hash.ts'
import type { Program, ProgramDebug } from '../program/program.ts'
import { isFunction, walk, type Node } from './ast.ts'
import { mayCompile } from './may-compile.ts'
import { compileUnit, type CompiledUnit } from './compile.ts'
import { CompileError, Diagnostics, type Diagnostic } from './diagnostic.ts'
import { handedOn } from './handed-on.ts'
import { DEFINERS, engineName, isEngineName, moduleNames, type ModuleNames } from './module.ts'
import { enclosingNames } from './enclosing.ts'
import { parseModule } from './parse.ts'
import { layOut } from './print.ts'
import type { Unit } from './unit.ts'

export interface Transformed {
  /** Absent when there is nothing to compile, as far as the other files that were looked into go. */
  readonly code?: string
  readonly programs: readonly { readonly hash: string; readonly program: Program; readonly debug: ProgramDebug }[]
  /** What is allowed but probably not meant. */
  readonly warnings: readonly Diagnostic[]
  /** Other files, by path, whose text this depends on. */
  readonly lookedInto: ReadonlyMap<string, string>
}

export interface TransformOptions {
  /**
   * For a bundler: the regions stay text in the program, which no minifier touches, so that stacks can be told in the user's
   * lines; and nothing says where the file was on the machine that built it.
   */
  readonly bundling?: boolean
}

/** `undefined` when there is nothing to compile in the module. Throws `CompileError` with all refusals. */
export function transform(file: string, source: string, options: TransformOptions = {}): Transformed | undefined {
  if (!mayCompile(source)) return undefined
  const parsed = parseModule(file, source)
  if (!parsed) return undefined
  const other = handedOn(file, isEngineName)
  const names = moduleNames(parsed.program, other.follow)
  const diagnostics = new Diagnostics(file, source)
  const places = findPlaces(parsed.program, names, diagnostics)
  const lookedInto = other.texts
  if (places.length === 0 && diagnostics.refusals.length === 0)
    return lookedInto.size > 0 ? { programs: [], warnings: [], lookedInto } : undefined
  const origin = originOf(file)
  const compiled = places.map((place) => {
    const unit: Unit = {
      kind: place.kind,
      path: place.path,
      params: [...place.path.matchAll(/:(\w+)/g)].map((each) => each[1] as string),
      names: enclosingNames(parsed.program, place.replaced, names),
      diagnostics,
      origin,
      resolve: (specifier) => resolveOrigin(file, specifier),
      routines: [],
      moduleRoutines: new Map(),
    }
    return { place, unit: compileUnit(unit, place.handler, place.replaced) }
  })
  if (diagnostics.refusals.length > 0) throw new CompileError(diagnostics.refusals)
  const programs = compiled.map(({ place, unit }) => ({
    hash: programHash(unit.program),
    program: unit.program,
    debug: {
      ...unit.debug,
      file: origin,
      ...(options.bundling ? {} : { path: file }),
      source: [place.replaced, ...unit.compiledIn]
        .toSorted((a, b) => a.start - b.start)
        .map((node) => ({ line: node.loc?.start.line ?? 1, text: source.slice(lineStart(source, node), node.end) })),
    } satisfies ProgramDebug,
  }))
  let code = source
  for (let index = compiled.length - 1; index >= 0; index--) {
    const { place, unit } = compiled[index] as (typeof compiled)[number]
    const { hash, debug } = programs[index] as (typeof programs)[number]
    code =
      code.slice(0, place.replaced.start) +
      replacement(place, unit, hash, debug, options) +
      code.slice(place.replaced.end)
  }
  return { code, programs, warnings: diagnostics.warnings, lookedInto }
}

/** Where the line of a node begins, when it is the first of its statement there. */
function lineStart(source: string, node: Node): number {
  const start = source.lastIndexOf('\n', node.start - 1) + 1
  return /^\s*((export )?(const|let|var) +)?$/.test(source.slice(start, node.start)) ? start : node.start
}

interface Place {
  readonly kind: 'process' | 'routine'
  readonly path: string
  readonly handler: Node
  /** What the compiled object replaces: the `handler` property, or the routine's function. */
  readonly replaced: Node
}

function findPlaces(program: Node, names: ModuleNames, diagnostics: Diagnostics): Place[] {
  const places: Place[] = []
  const called = new Map<Node, string>()
  const within: Node[] = []
  walk(program, (node) => {
    noteName(node, called)
    if (node.type !== 'CallExpression') return
    const word = engineName(node.callee, names)
    const place =
      word === 'routine'
        ? findRoutine(node, called.get(node) ?? 'routine', diagnostics)
        : DEFINERS.has(word ?? '')
          ? findProcess(node, names, diagnostics)
          : undefined
    if (!place) return
    if (within.some((each) => each.start <= node.start && each.end >= node.end)) return refuseWithin(place, diagnostics)
    within.push(place.replaced)
    places.push(place)
  })
  return places
}

/** What a call is named by: the variable, property or export that it is the value of. */
function noteName(node: Node, called: Map<Node, string>): void {
  const note = (value: Node | null, key: Node | null): void => {
    if (value?.type === 'CallExpression') called.set(value, String(key?.name ?? key?.value ?? 'routine'))
  }
  if (node.type === 'VariableDeclarator') note(node.init, node.id)
  else if (node.type === 'Property' || node.type === 'PropertyDefinition')
    note(node.value, node.computed ? null : node.key)
  else if (node.type === 'AssignmentExpression') note(node.right, node.left.property ?? node.left)
}

function refuseWithin({ kind, handler }: Place, diagnostics: Diagnostics): void {
  if (kind === 'process')
    diagnostics.refuse(
      handler,
      'COMPILE_DEFINITION',
      'A process is not defined inside a handler',
      'Define it in a module, and inject it: `inject: { ship }`, then `await ship({ order })`.',
    )
  else
    diagnostics.refuse(
      handler,
      'COMPILE_ROUTINE',
      'routine() is not needed inside a handler',
      'Write `const settle = async (pledges) => { ... }`: async functions of a handler may wait.',
    )
}

function findRoutine(node: Node, path: string, diagnostics: Diagnostics): Place | undefined {
  const [func] = node.arguments as Node[]
  if (func && isFunction(func)) return { kind: 'routine', path, handler: func, replaced: func }
  diagnostics.refuse(
    node,
    'COMPILE_ROUTINE',
    'routine() takes a function written in place',
    'Write `export const settle = routine(async (pledges) => { ... })`.',
  )
  return undefined
}

function findProcess(node: Node, names: ModuleNames, diagnostics: Diagnostics): Place | undefined {
  const [options] = node.arguments as Node[]
  if (options?.type !== 'ObjectExpression') {
    diagnostics.refuse(
      node,
      'COMPILE_DEFINITION',
      'A process is defined by an object written in place',
      "Write `createProcess({ path: '/order/:order', handler: async (...) => { ... } })`.",
    )
    return undefined
  }
  const property = (key: string): Node | undefined =>
    (options.properties as Node[]).find((each) => each.type === 'Property' && (each.key.name ?? each.key.value) === key)
  const handler = property('handler')
  const path = property('path')?.value as Node | undefined
  const func = handler && handlerFunction(handler.value, names)
  if (!handler || !func) {
    diagnostics.refuse(
      handler ?? node,
      'COMPILE_HANDLER',
      'A process has a `handler` written in place',
      'Write `async handler({ payments }, { order }) { ... }` in the definition.',
    )
    return undefined
  }
  if (!func.async)
    diagnostics.refuse(
      handler,
      'COMPILE_HANDLER_ASYNC',
      'A handler is an async function',
      'Write `async handler(...)`.',
    )
  if (path?.type !== 'Literal' || typeof path.value !== 'string') {
    diagnostics.refuse(
      path ?? node,
      'COMPILE_PATH',
      'The path of a process is a string literal',
      "Write `path: '/order/:order/fulfilment'`.",
    )
    return undefined
  }
  return { kind: 'process', path: path.value, handler: func, replaced: handler }
}

function handlerFunction(value: Node, names: ModuleNames): Node | undefined {
  if (isFunction(value)) return value
  if (value.type !== 'Identifier') return undefined
  const init = names.declarations.get(value.name as string)?.init
  return isFunction(init) ? init : undefined
}

/** The compiled object as source text on the lines of what it replaces. */
function replacement(
  place: Place,
  unit: CompiledUnit,
  hash: string,
  debug: ProgramDebug,
  { bundling }: TransformOptions,
): string {
  const first = place.replaced.loc?.start.line ?? 1
  const last = place.replaced.loc?.end.line ?? first
  const order = unit.regions.map((_each, index) => index).sort((a, b) => startLine(unit, a) - startLine(unit, b))
  let line = first
  const bindings = unit.program.bindings
    .filter((each) => each.code === undefined)
    .map((each) => `get ${each.name}() { return ${each.name} }`)
  let text = place.kind === 'process' ? 'handler: ' : ''
  text += `(() => { const $code = []; `
  for (const index of order) {
    const region = unit.regions[index]
    if (bundling || !region || !unit.inPlace[index]) continue
    const start = startLine(unit, index)
    if (start > line && start <= last) {
      text += '\n'.repeat(start - line)
      line = start
    }
    const laid = layOut(region, line, last)
    text += `$code[${index}] = ($, $i, $b, $e) => ${laid.text}; `
    line = laid.line
  }
  const program = JSON.stringify(unit.program)
  text += `return { [Symbol.for('justscale.compiled')]: 1, hash: ${JSON.stringify(hash)}, program: ${program}, debug: ${JSON.stringify(debug)}, `
  text += `code: $code, bindings: { ${bindings.join(', ')} } } })()`
  return text + (line < last ? '\n'.repeat(last - line) : '')
}

function startLine(unit: CompiledUnit, index: number): number {
  return unit.regions[index]?.map[0]?.[2] ?? 0
}

const packages = new Map<string, { name: string; root: string }>()

/** `<package name>/<path in the package>`: the same on every machine. */
export function originOf(file: string): string {
  const found = packageOf(dirname(file))
  return `${found.name}/${relative(found.root, file)}`
}

function packageOf(folder: string): { name: string; root: string } {
  const known = packages.get(folder)
  if (known) return known
  const manifest = resolve(folder, 'package.json')
  const up = dirname(folder)
  const found = existsSync(manifest)
    ? { name: nameOf(manifest) ?? 'app', root: folder }
    : up === folder
      ? { name: 'app', root: folder }
      : packageOf(up)
  packages.set(folder, found)
  return found
}

function nameOf(manifest: string): string | undefined {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name
}

function resolveOrigin(file: string, specifier: string): string {
  return specifier.startsWith('.') ? originOf(resolve(dirname(file), specifier)) : specifier
}
