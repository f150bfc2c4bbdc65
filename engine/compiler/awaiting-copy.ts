/** The second form of a plain function that is called and awaited. */
import { copy, walk, type Node } from './ast.ts'
import { resolveNames, type Variable } from './scope.ts'

/** A plain function that is called and awaited stays a native function, and has a second form as a routine. */
export function awaitingCopy(variable: Variable): Node {
  const init = variable.init as Node
  if (!init.asRoutine) {
    const plain = bare(init)
    resolveNames(plain, variable.scope)
    init.asRoutine = { routine: plain }
  }
  return init.asRoutine.routine as Node
}

function bare(node: Node): Node {
  const result = copy(node)
  walk(result, (each) => {
    delete each.variable
    delete each.scope
    delete each.asRoutine
  })
  return result
}
