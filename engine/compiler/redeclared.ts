/** `(x, read = () => x) => { var x }`: the body's variable is another one than the parameter that the function reads. */
import { isFunction, walk, walkOwn, type Node } from './ast.ts'
import { patternNames } from './scope.ts'

/** A declaration by `var` of a parameter's name, where functions among the parameters could tell the two apart. */
export function redeclared(func: Node): Node | undefined {
  const names = new Set((func.params as Node[]).flatMap((each) => patternNames(each).map(({ name }) => name as string)))
  let closes = false
  for (const param of func.params as Node[]) walk(param, (each) => ((closes ||= isFunction(each)), !closes))
  let found: Node | undefined
  if (closes)
    walkOwn(func.body, (node) => {
      if (node.type !== 'VariableDeclaration' || node.kind !== 'var') return
      for (const each of node.declarations as Node[])
        found ??= patternNames(each.id).find(({ name }) => names.has(name as string))
    })
  return found
}
