/**
 * Lowers one routine to ops. This class holds what all statement and expression families share: the region being
 * gathered, jump targets, spilling. The families are functions in the files beside it.
 */
import { assign, make, statement, type Node } from '../ast.ts'
import type { BindingTable } from '../binding.ts'
import { label, slotNode, type Builder, type DraftOp, type Label } from '../builder.ts'
import { isImpure, isUnstable } from '../purity.ts'
import { Rewriter } from '../rewrite.ts'
import { temporary, type RoutineUnit, type Unit } from '../unit.ts'

/** Where `break` and `continue` go. */
export interface JumpTarget {
  readonly labels: readonly string[]
  readonly leave: Label
  /** Absent for what `continue` passes by: switches and labelled blocks. */
  readonly again?: Label
  /** A labelled statement that is neither loop nor switch: only a labelled break means it. */
  readonly labelledOnly?: boolean
}

/** The two families that all others come back to; given, so that no file imports in a circle. */
export interface Families {
  expression(l: Lowering, node: Node): Node
  statement(l: Lowering, node: Node): void
}

export class Lowering {
  readonly unit: Unit
  readonly builder: Builder
  readonly routine: RoutineUnit
  readonly bindings: BindingTable
  readonly rewriter: Rewriter
  readonly targets: JumpTarget[] = []
  /** Labels written directly before the statement being lowered. */
  labels: string[] = []
  private readonly families: Families
  private pending: Node[] = []
  private exits: Label[] = []
  private impure = false

  constructor(unit: Unit, builder: Builder, routine: RoutineUnit, bindings: BindingTable, families: Families) {
    this.families = families
    this.unit = unit
    this.builder = builder
    this.routine = routine
    this.bindings = bindings
    this.rewriter = new Rewriter(unit, routine, bindings)
  }

  /** Emits what must happen before, and gives an expression without suspension. */
  expression(node: Node): Node {
    return this.families.expression(this, node)
  }

  statement(node: Node): void {
    this.families.statement(this, node)
  }

  /** Adds a statement to the region being gathered. */
  run(node: Node): void {
    if (isUnstable(this.unit, node)) this.impure = true
    this.pending.push(node)
  }

  /** Number of an exit of the region being gathered. */
  exit(target: Label): number {
    const known = this.exits.indexOf(target)
    return known >= 0 ? known : this.exits.push(target) - 1
  }

  /** Closes the region being gathered. */
  flush(): void {
    const [origin] = this.pending
    if (!origin) return
    const { exits } = this
    const code = this.builder.add(this.rewriter.code(this.pending))
    this.builder.emit({
      op: 'exec',
      code,
      origin,
      ...(exits.length > 0 ? { exits } : {}),
      ...(this.impure ? { impure: true } : {}),
    })
    this.pending = []
    this.exits = []
    this.impure = false
  }

  emit(op: DraftOp): number {
    this.flush()
    return this.builder.emit(op)
  }

  place(at: Label): void {
    this.flush()
    this.builder.place(at)
  }

  here(): Label {
    const at = label()
    this.place(at)
    return at
  }

  code(node: Node): number {
    return this.builder.add(this.rewriter.code(node))
  }

  jump(origin: Node, target: Label): void {
    this.emit({ op: 'jump', target, origin })
  }

  jumpIf(test: Node, target: Label, when: boolean): void {
    this.flush()
    const impure = isImpure(this.unit, test)
    this.builder.emit({
      op: 'jumpIf',
      code: this.code(test),
      target,
      when,
      origin: test,
      ...(impure ? { impure: true } : {}),
    })
  }

  temporary(): string {
    return temporary(this.routine)
  }

  /** Keeps the value of `node` in a slot of the compiler's own. */
  spill(node: Node): Node {
    const slot = this.temporary()
    this.store(slot, node)
    return slotNode(node, slot)
  }

  store(slot: string, value: Node): void {
    this.run(statement(assign(value, slotNode(value, slot), value)))
  }

  /** A new per-iteration object, when variables of this scope live in one. */
  openBox(node: Node, from?: Node): void {
    if (!node.box) return
    this.flush()
    const properties = from ? [make(node, 'SpreadElement', { argument: from })] : []
    this.store(node.box as string, make(node, 'ObjectExpression', { properties }))
    this.flush()
  }

  refuse(node: Node, code: string, message: string, hint: string): void {
    this.unit.diagnostics.refuse(node, code, message, hint)
  }
}
