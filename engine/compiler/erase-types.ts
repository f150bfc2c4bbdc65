/** Takes TypeScript's types out of a tree. What has a meaning at run time (enum, namespace) is left for `refuse`. */
import { isNode, type Node } from './ast.ts'

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
const FIELDS = [
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
]

/** The node without types, changed in place; `undefined` when nothing of it is left. */
export function eraseTypes(node: Node): Node | undefined {
  if (GONE.has(node.type) || node.declare === true) return undefined
  if (WRAPPERS.has(node.type)) return eraseTypes(node.expression as Node)
  for (const field of FIELDS) delete node[field]
  // Printed with quotes of our own, so that the hash does not know the user's.
  if (node.type === 'Literal' && typeof node.value === 'string') delete node.raw
  if (node.type === 'Identifier' || node.type.endsWith('Pattern') || node.type === 'RestElement') delete node.optional
  if (Array.isArray(node.params)) node.params = node.params.filter((each) => !(isNode(each) && each.name === 'this'))
  for (const key in node) {
    if (key === 'loc') continue
    const value: unknown = node[key]
    if (Array.isArray(value)) {
      node[key] = value.map((item) => (isNode(item) ? eraseTypes(item) : item)).filter((item) => item !== undefined)
    } else if (isNode(value)) node[key] = eraseTypes(value) ?? null
  }
  return node
}
