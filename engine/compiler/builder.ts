/**
 * The program under construction: ops with labels instead of pcs, native regions as trees. Consecutive statements without
 * suspension are gathered into one region.
 */
import type { JoinMode } from '../program/op.ts'
import type { CleanupRow, StepSite } from '../program/program.ts'
import { make, type Node } from './ast.ts'
import type { Code } from './code.ts'
import type { RoutineUnit } from './unit.ts'

/** A place in the program, known when it was reached. */
export interface Label {
  pc?: number
}

export const label = (): Label => ({})

export type DraftOp = {
  readonly code?: number
  readonly to?: string
  readonly slot?: string
  readonly completion?: string
  readonly step?: number
  readonly routine?: number
  readonly args?: number
  readonly mode?: JoinMode
  readonly when?: boolean
  readonly async?: true
  readonly impure?: true
  readonly unsure?: true
  readonly target?: Label
  readonly otherwise?: Label
  readonly exits?: readonly Label[]
  readonly arms?: readonly { readonly code: number; readonly target: Label }[]
  readonly op: string
  /** What it stands for in the source. */
  origin: Node
  needs?: string[]
}

export interface DraftRow {
  readonly from: Label
  readonly to: Label
  readonly handler: Label
  readonly slot: string
  readonly kind: CleanupRow['kind']
}

export interface DraftSignal {
  readonly dependency?: string
  readonly name: string
  readonly code: number
  readonly keyed: boolean
  /** The op that waits for it. */
  readonly pc: number
}

export interface DraftRoutine {
  readonly unit: RoutineUnit
  start: number
  end: number
  remade: Record<string, number>
}

export class Builder {
  readonly ops: DraftOp[] = []
  readonly codes: Code[] = []
  readonly rows: DraftRow[] = []
  readonly steps: (StepSite & { origin: Node })[] = []
  readonly signals: DraftSignal[] = []
  readonly routines: DraftRoutine[] = []

  /** Marks a place; the next op is there. */
  place(at: Label): void {
    at.pc = this.ops.length
  }

  here(): Label {
    const at = label()
    this.place(at)
    return at
  }

  emit(op: DraftOp): number {
    this.ops.push(op)
    return this.ops.length - 1
  }

  add(code: Code): number {
    this.codes.push(code)
    return this.codes.length - 1
  }

  /** Index of a step site. */
  step(site: StepSite, origin: Node): number {
    this.steps.push({ ...site, origin })
    return this.steps.length - 1
  }
}

/** A stand-in for a slot in a tree that is still to be rewritten. */
export const slotNode = (origin: Node, slot: string): Node => make(origin, 'Slot', { slot })
