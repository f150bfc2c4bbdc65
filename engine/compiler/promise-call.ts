/** Which calls give a promise, as far as their text tells: where promises are expected they run as fibers. */
import { fields, isFunction, isNode, walk, walkOwn, type Node } from './ast.ts'
import { calledDependency, isPromiseJoin } from './called.ts'
import { PURE_GLOBALS } from './purity.ts'
import type { Unit } from './unit.ts'

/** `Promise.resolve(x)`, `new Promise(...)`, `fetch(url)`. */
export function isPromiseMaker(node: Node): boolean {
  const { callee } = node
  if (node.type === 'NewExpression') return isGlobal(callee, 'Promise')
  if (node.type !== 'CallExpression') return false
  return isGlobal(callee, 'fetch') || (callee.type === 'MemberExpression' && isGlobal(callee.object, 'Promise'))
}

/** The value of `Promise.resolve(value)`, when that is no promise itself. */
export function settledValue(node: Node): Node | undefined {
  const value = resolvedValue(node)
  return value && PLAIN_VALUES.has(value.type) ? value : undefined
}

/** `x` of `Promise.resolve(x)`. */
export function resolvedValue(node: Node): Node | undefined {
  if (node.type !== 'CallExpression' || !isPromiseMaker(node)) return undefined
  const [value, ...more] = node.arguments as Node[]
  if (node.callee.property?.name !== 'resolve' || more.length > 0) return undefined
  return value?.type === 'SpreadElement' ? undefined : value
}

/** `await Promise.resolve(x)` is `await x`, and `Promise.resolve(svc.call())` is the call. */
export function unwrapResolved(root: Node): void {
  const joined = new Set<unknown>()
  walk(root, (node) => {
    if (isPromiseJoin(node)) joined.add(node.arguments[0])
    const awaited = node.type === 'AwaitExpression' || (node.type === 'ArrayExpression' && joined.has(node))
    for (const key of fields(node)) {
      const value: unknown = node[key]
      if (Array.isArray(value)) value.forEach((each: unknown, index) => (value[index] = unwrapped(each, awaited)))
      else node[key] = unwrapped(value, awaited)
    }
  })
}

function unwrapped(value: unknown, awaited: boolean): unknown {
  const inner = isNode(value) ? resolvedValue(value) : undefined
  return inner && (awaited || isCertainPromise(inner)) ? unwrapped(inner, awaited) : value
}

/** A call of a dependency, of an async function, of `Promise.all`. */
export function isCertainPromise(node: Node): boolean {
  if (node.type !== 'CallExpression') return false
  const { callee } = node
  const func = isFunction(callee) ? (callee as Node) : (callee.variable?.init as Node | undefined)
  return calledDependency(node) !== undefined || isPromiseJoin(node) || (isFunction(func) && func?.async === true)
}

const PLAIN_VALUES = new Set(['Literal', 'TemplateLiteral', 'ArrayExpression', 'ObjectExpression', 'BinaryExpression'])

function isGlobal(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name && !node.variable
}

const VALUES = [Array, Map, Set, String, Number, Object, Date, RegExp, BigInt, Uint8Array, Error]

/** Methods that values of the language have: by their name alone they give no promise. */
const METHODS = new Set(VALUES.flatMap((each) => Object.getOwnPropertyNames(each.prototype)))

/** Functions of the language's own objects, by the object: on any other, a function of such a name may give anything. */
const STATICS = new Map<string, ReadonlySet<string>>(
  Object.entries({ Math, JSON, console, ...Object.fromEntries(VALUES.map((each) => [each.name, each])) }).map(
    ([text, holder]) => [text, new Set(Object.getOwnPropertyNames(holder).filter((each) => each !== 'fromAsync'))],
  ),
)

/** A method of which no promise is expected: `Math.max(a, b)`, and `list.filter(f)` of whatever `list` is. */
function isPlainMethod(unit: Unit, callee: Node): boolean {
  const text = callee.property.name as string
  const holder = callee.object as Node
  const known = METHODS.has(text) && !isOfModule(unit, holder)
  return known || (holder.type === 'Identifier' && isFree(unit, holder) && STATICS.get(holder.name)?.has(text) === true)
}

/** What the module imports, or makes itself, may be a repository with a `get` as well as a map. */
function isOfModule(unit: Unit, node: Node): boolean {
  if (node.type === 'MemberExpression') return isOfModule(unit, node.object)
  return node.type === 'Identifier' && !node.variable && !isFree(unit, node)
}

/** A name of the language, and nothing else of that name around. */
function isFree(unit: Unit, node: Node): boolean {
  const text = node.name as string
  return !node.variable && !unit.names.imports.has(text) && !unit.names.declarations.has(text)
}

/** A call in a list of promises that may be one: of a local function, or of a method that no plain value has. */
export function mayGivePromise(unit: Unit, node: Node): boolean {
  if (isPromiseMaker(node)) return true
  if (node.type !== 'CallExpression') return false
  const { callee } = node
  if (callee.type === 'MemberExpression') return !callee.computed && !isPlainMethod(unit, callee)
  if (callee.type !== 'Identifier') return false
  const { variable } = callee
  const init = variable ? variable.init : unit.names.declarations.get(callee.name as string)?.init
  return isFunction(init) && !variable?.reassigned && makesPromise(unit, init as Node)
}

/**
 * Whether a function may start something: it is async, or calls what may. What it is only given, or finds in its
 * variables, is a handle by then, and passes through plain code.
 */
export function makesPromise(unit: Unit, func: Node, around: ReadonlySet<Node> = new Set()): boolean {
  if (func.generator === true) return false
  if (func.async === true) return true
  if (around.has(func)) return false
  const within = new Set(around).add(func)
  let makes = false
  for (const part of [...(func.params as Node[]), func.body as Node])
    walkOwn(part, (each) => {
      makes ||= startsSomething(unit, each, within)
      return !makes
    })
  return makes
}

/** Whether an expression is a call that may give a promise, as far as anybody can tell. */
export function startsSomething(unit: Unit, node: Node, within: ReadonlySet<Node> = new Set()): boolean {
  if (isPromiseMaker(node) || node.type === 'TaggedTemplateExpression') return true
  if (node.type !== 'CallExpression') return false
  const callee = node.callee as Node
  if (calledDependency(node)) return true
  if (isFunction(callee)) return makesPromise(unit, callee, within)
  if (callee.type === 'MemberExpression') return callee.computed || !isPlainMethod(unit, callee)
  if (callee.type !== 'Identifier') return true
  const text = callee.name as string
  const { variable } = callee
  if (!variable && unit.names.imports.has(text)) return true
  const init = variable ? variable.init : unit.names.declarations.get(text)?.init
  if (isFunction(init) && !variable?.reassigned) return makesPromise(unit, init as Node, within)
  return variable !== undefined || unit.names.declarations.has(text) || !PURE_GLOBALS.has(text)
}
