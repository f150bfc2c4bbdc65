/** Takes TypeScript's types out of a tree. What has a meaning at run time (enum, namespace) is left for `refuse`. */
import { isNode, name, type Node, type Position } from './ast.ts'

const WRAPPERS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
])
const GONE = new Set([
  'TSTypeAnnotation',
  'TSTypeParameterDeclaration',
  'TSTypeParameterInstantiation',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSDeclareFunction',
  'TSAbstractMethodDefinition',
  'TSAbstractPropertyDefinition',
  'TSIndexSignature',
])
const FIELDS = new Set([
  'typeAnnotation',
  'returnType',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'implements',
  'accessibility',
  'definite',
  'declare',
  'override',
  'readonly',
  'abstract',
])

/**
 * The node without types and with `loc`, as a new tree: nodes of one type have one shape, which every pass after this one
 * goes over faster. `undefined` when nothing of it is left.
 */
export function eraseTypes(node: Node, locate: (offset: number) => Position): Node | undefined {
  if (GONE.has(node.type) || node.declare === true || isOverload(node)) return undefined
  if (WRAPPERS.has(node.type)) return eraseTypes(node.expression as Node, locate)
  const { type, start, end } = node
  const result: Node = { type, start, end, loc: { start: locate(start), end: locate(end) } }
  for (const key in node) {
    if (key === 'type' || key === 'start' || key === 'end' || isErased(node, key)) continue
    const value: unknown = node[key]
    if (Array.isArray(value)) result[key] = eraseList(key, value, locate)
    else result[key] = isNode(value) ? (eraseTypes(value, locate) ?? null) : value
  }
  // Half of a surrogate pair does not survive as UTF-8: it stays an escape.
  if (type === 'Literal' && typeof node.value === 'string' && !node.value.isWellFormed())
    result.raw = JSON.stringify(node.value)
  plainSpelling(result)
  return result
}

/** `f(a: string): string;` before the method that does it. */
function isOverload(node: Node): boolean {
  return node.type === 'MethodDefinition' && node.value.type === 'TSEmptyBodyFunctionExpression'
}

const KEYED = new Set(['Property', 'PropertyDefinition', 'MethodDefinition'])

/** One spelling for what formatters spell in several: `0X10`, `1_000`, `1.50`, `{ 'key': 1 }`. */
function plainSpelling(node: Node): void {
  if (node.type === 'Literal') {
    if (typeof node.bigint === 'string') node.raw = `${node.bigint}n`
    else if (typeof node.value === 'number' && Number.isFinite(node.value)) node.raw = String(node.value)
  } else if (KEYED.has(node.type) && !node.computed && typeof node.key.value === 'string') {
    const { key } = node
    if (/^[A-Za-z_$][\w$]*$/.test(key.value as string)) node.key = name(key, key.value as string)
  }
}

function isErased(node: Node, key: string): boolean {
  if (FIELDS.has(key)) return true
  // Printed with quotes of our own, so that the hash does not know the user's.
  if (key === 'raw') return node.type === 'Literal' && typeof node.value === 'string'
  return key === 'optional' && node.type !== 'MemberExpression' && node.type !== 'CallExpression'
}

function eraseList(key: string, list: readonly unknown[], locate: (offset: number) => Position): unknown[] {
  const kept: unknown[] = []
  for (const item of list) {
    const erased = isNode(item) ? eraseTypes(item, locate) : item
    if (erased === undefined || (key === 'params' && isNode(erased) && erased.name === 'this')) continue
    kept.push(erased)
  }
  return kept
}
