/**
 * Turns an expression or statement of the source into the code of a native region: identifiers become slots (`$.x`, or
 * `$.$p.x` in the frame around), dependencies (`$i.x`), bindings (`$b.x`), primitives (`$e.x`) or stay as they are. Reports
 * the slots of its own frame that it reads and writes.
 */
import { copy, isFunction, make, member, name, type Node } from './ast.ts'
import type { BindingTable } from './binding.ts'
import { declareBoxes } from './box-declarations.ts'
import { capturedResources } from './captured-resources.ts'
import { checkTarget, refuseValue } from './check-use.ts'
import type { Code } from './code.ts'
import { engineName } from './module.ts'
import type { Variable } from './scope.ts'
import { isRoutineOnly } from './place.ts'
import { assignmentsOf, declaresSlots, patternOf, withoutRoutines } from './slot-declaration.ts'
import { definedBy, mayLeave } from './slots.ts'
import { nativeName, plain } from './native-name.ts'
import { boxSlot, type RoutineUnit, type Unit } from './unit.ts'

export class Rewriter {
  private readonly unit: Unit
  private readonly bindings: BindingTable
  readonly routine: RoutineUnit
  private uses = new Set<string>()
  private resources = new Set<string>()
  private readonly boxes = new Set<string>()
  /** Classes being rewritten: in them, their name is their own. */
  private readonly classes = new Set<Variable>()

  constructor(unit: Unit, routine: RoutineUnit, bindings: BindingTable) {
    this.unit = unit
    this.routine = routine
    this.bindings = bindings
  }

  /** Code of an expression, or of a list of statements. */
  code(node: Node | readonly Node[]): Code {
    this.uses = new Set()
    this.resources = new Set()
    const { resources } = this
    const defines = new Set<string>()
    if (Array.isArray(node)) {
      const nodes = node as readonly Node[]
      let left = false
      const body = nodes.map((each) => {
        const before = new Set(this.uses)
        this.uses = new Set()
        const written = this.rewrite(each)
        for (const slot of this.uses) if (!defines.has(slot)) before.add(slot)
        const certain = definedBy(written)
        for (const slot of certain) if (!left && !before.has(slot) && !this.uses.has(slot)) defines.add(slot)
        left ||= mayLeave(written)
        this.uses = before
        return written
      })
      declareBoxes(body, this.uses.intersection(this.boxes))
      const first = body[0] ?? make(nodes[0] ?? { type: '', start: 0, end: 0 }, 'EmptyStatement', {})
      return { node: make(first, 'BlockStatement', { body }), uses: this.uses, defines, resources }
    }
    const written = this.rewrite(node as Node)
    const boxes = this.uses.intersection(this.boxes)
    if (boxes.size === 0) return { node: written, uses: this.uses, defines, resources }
    const body = [make(written, 'ReturnStatement', { argument: written })]
    declareBoxes(body, boxes)
    return { node: make(written, 'BlockStatement', { body }), uses: this.uses, defines, resources }
  }

  private rewrite(node: Node): Node {
    return copy(node, (each) => this.replace(each))
  }

  private replace(node: Node): Node | undefined {
    switch (node.type) {
      case 'Identifier':
        return this.identifier(node)
      case 'Slot':
        this.uses.add(node.slot as string)
        return member(node, name(node, '$'), node.slot as string)
      case 'Raw':
        return node.node as Node
      case 'MemberExpression': {
        const engine = engineName(node, this.unit.names)
        if (engine) return member(node, name(node, '$e'), engine)
        const object = node.object as Node
        if (object.variable?.special === 'dependencies' && !node.computed) this.bindings.dependency(node.property.name)
        return make(node, 'MemberExpression', {
          object: this.rewrite(object),
          computed: node.computed,
          optional: node.optional,
          property: node.computed ? this.rewrite(node.property) : node.property,
        })
      }
      case 'CallExpression':
        return this.called(node)
      case 'ClassExpression':
        return this.classExpression(node)
      case 'TaggedTemplateExpression': {
        const tag = this.rewrite(node.tag)
        return make(node, node.type, { tag: plain(node.tag, tag), quasi: this.rewrite(node.quasi) })
      }
      case 'Property':
        return make(node, 'Property', {
          key: node.computed ? this.rewrite(node.key) : node.key,
          value: this.rewrite(node.value),
          kind: node.kind,
          method: node.method,
          shorthand: false,
          computed: node.computed,
        })
      case 'PropertyDefinition':
      case 'MethodDefinition': {
        const key = node.computed ? this.rewrite(node.key) : node.key
        return make(node, node.type, { ...node, key, value: node.value && this.rewrite(node.value) })
      }
      case 'LabeledStatement':
        return make(node, node.type, { label: node.label, body: this.rewrite(node.body) })
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return node
      case 'AssignmentExpression':
        if (!node.made) checkTarget(this.unit, node)
        if (node.operator !== '=') return undefined
        return make(node, node.type, { operator: '=', left: this.target(node.left), right: this.rewrite(node.right) })
      case 'UpdateExpression':
        checkTarget(this.unit, node)
        return undefined
      case 'VariableDeclaration':
        return this.declaration(node)
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.loop(node)
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        if (node.id?.variable && isRoutineOnly(node.id.variable)) return make(node, 'EmptyStatement', {})
        if (!node.id?.variable?.slot) return undefined
        return this.hoisted(node)
      default:
        return undefined
    }
  }

  private identifier(node: Node): Node {
    const variable = node.variable
    if (!variable) return this.free(node)
    if (variable.dependency !== undefined) {
      this.bindings.dependency(variable.dependency)
      return member(node, name(node, '$i'), variable.dependency)
    }
    if (variable.special === 'dependencies') return name(node, '$i')
    if (variable.special === 'context') return member(node, name(node, '$e'), 'process')
    if (variable.special === 'publish') return member(node, member(node, name(node, '$e'), 'process'), 'publish')
    if (isRoutineOnly(variable)) refuseValue(this.unit, node)
    if (!variable.slot || this.classes.has(variable)) return name(node, nativeName(variable))
    return this.slot(node, variable)
  }

  private slot(node: Node, variable: Variable): Node {
    let frame: Node = name(node, '$')
    let at: RoutineUnit | undefined = this.routine
    while (at && at.node !== variable.owner) {
      frame = member(node, frame, '$p')
      at = at.parent
    }
    if (at === this.routine) this.use(variable)
    else for (const each of capturedResources(this.routine, variable)) this.resources.add(each)
    if (variable.box === undefined) return member(node, frame, variable.slot as string)
    if (at === this.routine) {
      this.uses.add(variable.box)
      this.boxes.add(variable.box)
      return member(node, name(node, variable.box), variable.slot as string)
    }
    const own = boxSlot(this.routine, at as RoutineUnit, variable.box)
    this.uses.add(own)
    return member(node, member(node, name(node, '$'), own), variable.slot as string)
  }

  /** What a plain assignment writes to: not read by it. */
  private target(node: Node): Node {
    if (node.type === 'Slot') return member(node, name(node, '$'), node.slot as string)
    if (node.type !== 'Identifier')
      return (
        patternOf(
          node,
          (each) => this.target(each),
          (each) => this.rewrite(each),
        ) ?? this.rewrite(node)
      )
    const slot = node.variable?.box ?? node.variable?.slot
    const read = slot !== undefined && this.uses.has(slot)
    const written = this.identifier(node)
    if (slot !== undefined && !read && node.variable?.box === undefined) this.uses.delete(slot)
    return written
  }

  /** Reading a local function reads what it closes over. */
  private use(variable: Variable): void {
    const slot = variable.box ?? (variable.slot as string)
    if (this.uses.has(slot)) return
    this.uses.add(slot)
    if (variable.init && this.routine.remade.has(slot)) this.closes(variable.init)
  }

  private closes(func: Node): void {
    copy(func, (each) => {
      const inner = each.type === 'Identifier' ? each.variable : undefined
      if (inner?.slot && inner.owner === this.routine.node) this.use(inner)
      else if (inner?.slot) this.captured(inner)
      return undefined
    })
  }

  /** A variable of a frame around: its per-iteration object is taken over into a slot, its resource may be needed again. */
  private captured(variable: Variable): void {
    let owner = this.routine.parent
    while (owner && owner.node !== variable.owner) owner = owner.parent
    if (owner && variable.box !== undefined) this.uses.add(boxSlot(this.routine, owner, variable.box))
    if (owner) for (const each of capturedResources(this.routine, variable)) this.resources.add(each)
  }

  private free(node: Node): Node {
    const text = node.name as string
    const engine = engineName(node, this.unit.names)
    if (engine) return member(node, name(node, '$e'), engine)
    if (this.unit.names.imports.has(text) || this.unit.names.declarations.has(text)) {
      this.bindings.add(text)
      return member(node, name(node, '$b'), text)
    }
    return node
  }

  private called(node: Node): Node {
    const callee = this.rewrite(node.callee)
    return make(node, 'CallExpression', {
      callee: plain(node.callee, callee),
      optional: node.optional,
      arguments: (node.arguments as Node[]).map((each) => this.rewrite(each)),
    })
  }

  /** A declaration of slots becomes assignments; of native variables it stays. */
  private declaration(node: Node): Node | undefined {
    const own = withoutRoutines(node)
    if (own.declarations.length === 0) return make(node, 'EmptyStatement', {})
    if (!declaresSlots(own)) return own === node ? undefined : this.rewrite(own)
    const body = assignmentsOf(
      own,
      (each) => this.target(each),
      (each) => this.rewrite(each),
    )
    return body ? make(node, 'ExpressionStatement', { expression: body }) : make(node, 'EmptyStatement', {})
  }

  /** The head of a loop holds expressions, where a statement would be assignments. */
  private loop(node: Node): Node | undefined {
    const head = (node.type === 'ForStatement' ? node.init : node.left) as Node | null
    if (head?.type !== 'VariableDeclaration' || !declaresSlots(head)) return undefined
    const body = this.rewrite(node.body)
    if (node.type !== 'ForStatement')
      return { ...node, left: this.target(head.declarations[0].id), right: this.rewrite(node.right), body }
    const init = this.declaration(head) as Node
    const [test, update] = [node.test, node.update].map((each: Node | null) => each && this.rewrite(each))
    return { ...node, init: (init.expression as Node | undefined) ?? null, test, update, body }
  }

  /** Statics and methods may use the class before its slot holds it. */
  private classExpression(node: Node): Node | undefined {
    const variable = node.id?.variable as Variable | undefined
    if (!variable?.slot) return undefined
    this.classes.add(variable)
    const written = this.rewrite({ ...node, id: null })
    this.classes.delete(variable)
    return { ...written, id: name(node.id, nativeName(variable)) }
  }

  private hoisted(node: Node): Node {
    if (isFunction(node) && node.routine && node.async) return make(node, 'EmptyStatement', {})
    const target = this.identifier(node.id)
    const type = node.type === 'FunctionDeclaration' ? 'FunctionExpression' : 'ClassExpression'
    const value = this.rewrite({ ...node, type, id: type === 'ClassExpression' ? node.id : null } as Node)
    return make(node, 'ExpressionStatement', {
      expression: make(node, 'AssignmentExpression', { operator: '=', left: target, right: value }),
    })
  }
}
