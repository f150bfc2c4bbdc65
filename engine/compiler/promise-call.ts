/** Which calls give a promise, as far as their text tells: where promises are expected they run as fibers. */
import { isFunction, type Node } from './ast.ts'

/** `Promise.resolve(x)`, `new Promise(...)`, `fetch(url)`. */
export function isPromiseMaker(node: Node): boolean {
  const { callee } = node
  if (node.type === 'NewExpression') return isGlobal(callee, 'Promise')
  if (node.type !== 'CallExpression') return false
  return isGlobal(callee, 'fetch') || (callee.type === 'MemberExpression' && isGlobal(callee.object, 'Promise'))
}

/** The value of `Promise.resolve(value)`, when that is no promise itself. */
export function settledValue(node: Node): Node | undefined {
  if (!isPromiseMaker(node) || node.type !== 'CallExpression' || node.callee.property?.name !== 'resolve')
    return undefined
  const [value, ...more] = node.arguments as Node[]
  return value && more.length === 0 && PLAIN_VALUES.has(value.type) ? value : undefined
}

const PLAIN_VALUES = new Set(['Literal', 'TemplateLiteral', 'ArrayExpression', 'ObjectExpression', 'BinaryExpression'])

function isGlobal(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name && !node.variable
}

/** Methods of values of the language: none of them gives a promise. */
const PLAIN = new Set([
  ...[Array, Map, Set, String, Number, Object, Date, RegExp].flatMap((each) =>
    Object.getOwnPropertyNames(each.prototype),
  ),
  ...Object.getOwnPropertyNames(Math),
  ...Object.getOwnPropertyNames(Object),
])

/** A call in a list of promises that may be one: of a local function, or of a method that no plain value has. */
export function mayGivePromise(node: Node): boolean {
  if (isPromiseMaker(node)) return true
  if (node.type !== 'CallExpression') return false
  const { callee } = node
  if (callee.type === 'MemberExpression') return !callee.computed && !PLAIN.has(callee.property.name as string)
  const variable = callee.type === 'Identifier' ? callee.variable : undefined
  return isFunction(variable?.init) && !variable?.reassigned
}
