/** Where awaits stand in a program: by the kinds of node around, and the field that holds it. */
import { children, fields, isFunction, isNode, type Node } from '../../ast.ts'
import { parseModule } from '../../parse.ts'

export function awaitPlaces(source: string): Set<string> {
  const found = new Set<string>()
  const visit = (node: Node): boolean => {
    let awaits = node.type === 'AwaitExpression'
    for (const field of fields(node)) {
      const value: unknown = node[field]
      for (const child of (Array.isArray(value) ? value : [value]) as unknown[])
        if (isNode(child) && visit(child) && !isFunction(child)) {
          found.add(`${node.type}.${field}`)
          awaits = true
        }
    }
    return awaits
  }
  const program = parseModule('/app/fuzz.ts', source)?.program
  if (program) for (const each of children(program)) visit(each)
  return found
}

/** Every place in the grammar but those of classes (refused) and of parameters (no language has them). */
export const WANTED_PLACES = [
  'ArrayExpression.elements',
  'ArrayPattern.elements',
  'ArrowFunctionExpression.body',
  'AssignmentExpression.left',
  'AssignmentExpression.right',
  'AssignmentPattern.right',
  'AwaitExpression.argument',
  'BinaryExpression.left',
  'BinaryExpression.right',
  'BlockStatement.body',
  'CallExpression.arguments',
  'CallExpression.callee',
  'CatchClause.body',
  'CatchClause.param',
  'ChainExpression.expression',
  'ConditionalExpression.alternate',
  'ConditionalExpression.consequent',
  'ConditionalExpression.test',
  'DoWhileStatement.body',
  'DoWhileStatement.test',
  'ExpressionStatement.expression',
  'ForInStatement.body',
  'ForInStatement.right',
  'ForOfStatement.body',
  'ForOfStatement.left',
  'ForOfStatement.right',
  'ForStatement.body',
  'ForStatement.init',
  'ForStatement.test',
  'ForStatement.update',
  'FunctionDeclaration.body',
  'IfStatement.alternate',
  'IfStatement.consequent',
  'IfStatement.test',
  'LabeledStatement.body',
  'LogicalExpression.left',
  'LogicalExpression.right',
  'MemberExpression.object',
  'MemberExpression.property',
  'NewExpression.arguments',
  'NewExpression.callee',
  'ObjectExpression.properties',
  'ObjectPattern.properties',
  'Property.key',
  'Property.value',
  'RestElement.argument',
  'ReturnStatement.argument',
  'SequenceExpression.expressions',
  'SpreadElement.argument',
  'SwitchCase.consequent',
  'SwitchCase.test',
  'SwitchStatement.cases',
  'SwitchStatement.discriminant',
  'TaggedTemplateExpression.quasi',
  'TaggedTemplateExpression.tag',
  'TemplateLiteral.expressions',
  'ThrowStatement.argument',
  'TryStatement.block',
  'TryStatement.finalizer',
  'TryStatement.handler',
  'UnaryExpression.argument',
  'UpdateExpression.argument',
  'VariableDeclaration.declarations',
  'VariableDeclarator.id',
  'VariableDeclarator.init',
  'WhileStatement.body',
  'WhileStatement.test',
]
