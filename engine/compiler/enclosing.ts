/**
 * What a definition that does not stand at the top of its module sees: locals of the functions, blocks, loops and namespaces
 * around it. They are late-bound like imports, under an origin that names the process, and hide names of the module.
 */
import { children, isFunction, type Node } from './ast.ts'
import { declare, hoistVars, type Declaration, type ModuleNames } from './module.ts'
import { patternNames } from './scope.ts'

/** The module's names as they are where `node` stands. */
export function enclosingNames(program: Node, node: Node, names: ModuleNames): ModuleNames {
  const scopes = scopesAround(program, node).filter((each) => each.size > 0)
  if (scopes.length === 0) return names
  const imports = new Map(names.imports)
  const declarations = new Map(names.declarations)
  let hides = false
  for (const scope of scopes) {
    for (const [text, declaration] of scope) {
      if (imports.delete(text) || declarations.has(text)) hides = true
      declarations.set(text, declaration)
    }
  }
  // A function further out may mean the hidden name: then nothing of these scopes is compiled in.
  for (const scope of scopes) {
    for (const [text, { kind, node: declared, init }] of scope) {
      if (declarations.get(text)?.node !== declared) continue
      const bringsCode = isFunction(init) && kind !== 'let' && !hides
      declarations.set(text, { kind, node: declared, local: true, ...(bringsCode && init ? { init } : {}) })
    }
  }
  return { ...names, imports, declarations }
}

function scopesAround(program: Node, node: Node): Map<string, Declaration>[] {
  const scopes: Map<string, Declaration>[] = []
  let at: Node | undefined = program
  while (at && at !== node) {
    const next: Node | undefined = children(at).find((each) => each.start <= node.start && each.end >= node.end)
    if (at !== program) scopes.push(declaredBy(at))
    at = next
  }
  return scopes
}

function declaredBy(node: Node): Map<string, Declaration> {
  const found = new Map<string, Declaration>()
  const given = (pattern: Node | null): void => {
    for (const target of patternNames(pattern)) found.set(target.name as string, { kind: 'let', node: target })
  }
  if (isFunction(node)) {
    if (node.type === 'FunctionExpression') given(node.id)
    for (const param of node.params as Node[]) given(param.type === 'TSParameterProperty' ? param.parameter : param)
    hoistVars(node.body, found)
  } else if (['BlockStatement', 'StaticBlock', 'TSModuleBlock'].includes(node.type)) {
    for (const each of node.body as Node[]) declare(each, found)
  } else if (node.type === 'SwitchStatement') {
    for (const each of node.cases as Node[]) for (const one of each.consequent as Node[]) declare(one, found)
  } else if (node.type.startsWith('For')) {
    const head = (node.init ?? node.left) as Node | null
    if (head?.type === 'VariableDeclaration') for (const each of head.declarations as Node[]) given(each.id)
  } else if (node.type === 'CatchClause') given(node.param)
  else if (node.type === 'ClassExpression') given(node.id)
  return found
}
