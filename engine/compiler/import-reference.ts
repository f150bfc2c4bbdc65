/** Which import a module's name is, by itself or through constants: `const define = engine.createProcess`. */
import type { Node } from './ast.ts'

/** `path` from what the specifier gives: empty for its namespace. */
export interface ImportReference {
  readonly specifier: string
  readonly path: readonly string[]
}

/** What `text` is in a module (`default` for its default export), `undefined` when it is none of its imports. */
export function importReference(program: Node, text: string): ImportReference | undefined {
  for (const each of program.body as Node[]) {
    if (each.type === 'ExportDefaultDeclaration' && text === 'default') return referenceOf(program, each.declaration)
    const statement = (each.declaration ?? each) as Node
    if (statement.type === 'ImportDeclaration') {
      const found = (statement.specifiers as Node[]).find(({ local }) => local.name === text)
      if (found) return { specifier: statement.source.value as string, path: pathOf(found) }
    } else if (statement.type === 'VariableDeclaration' && statement.kind === 'const') {
      const found = (statement.declarations as Node[]).find(({ id }) => id.name === text)
      if (found) return found.init && referenceOf(program, found.init)
    }
  }
  return undefined
}

function referenceOf(program: Node, node: Node): ImportReference | undefined {
  if (node.type === 'Identifier') return importReference(program, node.name as string)
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const around = referenceOf(program, node.object)
  return around && { ...around, path: [...around.path, node.property.name as string] }
}

function pathOf(specifier: Node): string[] {
  if (specifier.type === 'ImportNamespaceSpecifier') return []
  if (specifier.type === 'ImportDefaultSpecifier') return ['default']
  return [(specifier.imported.name ?? specifier.imported.value) as string]
}
