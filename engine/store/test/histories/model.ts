/** What the verbs of a store mean, one after the other: the model that concurrent histories are checked against. */
import type { Model } from './linearize.ts'

/** Processes have one subscription each. Payloads are told apart by their text, which no two signals share. */
export type Op =
  | { readonly kind: 'start'; readonly path: string; readonly key: string }
  | { readonly kind: 'emit'; readonly key: string; readonly payload: string }
  | { readonly kind: 'cancel'; readonly path: string; readonly payload: string }
  | { readonly kind: 'look'; readonly path: string }
  | {
      readonly kind: 'commit'
      readonly path: string
      readonly seq: number
      readonly consume: readonly string[]
      readonly ends: boolean
      readonly emit?: { readonly key: string; readonly payload: string }
    }

/** `start`: whether it was created; `emit`: how many got it; `cancel`: whether it lives; `commit`: whether it was accepted. */
export type Result = boolean | number | Seen | undefined

/** What a node sees of a process. */
export interface Seen {
  readonly seq: number
  readonly inbox: readonly string[]
}

interface Process {
  readonly key: string
  readonly seq: number
  readonly ended: boolean
  readonly inbox: readonly string[]
}

type State = ReadonlyMap<string, Process>

export const model: Model<State, Op, Result> = {
  initial: new Map(),
  keyOf: (state) => JSON.stringify([...state].sort(([a], [b]) => (a < b ? -1 : 1))),
  step(state, op, result) {
    switch (op.kind) {
      case 'start': {
        if (result !== !state.has(op.path)) return undefined
        return result ? new Map(state).set(op.path, { key: op.key, seq: 0, ended: false, inbox: [] }) : state
      }
      case 'emit': {
        const [after, reached] = emitted(state, op)
        return result === reached ? after : undefined
      }
      case 'cancel': {
        const process = living(state, op.path)
        if (result !== (process !== undefined)) return undefined
        return process ? put(state, op.path, { ...process, inbox: [...process.inbox, op.payload] }) : state
      }
      case 'look': {
        const process = living(state, op.path)
        const seen = result as Seen | undefined
        if (process === undefined || seen === undefined)
          return (process === undefined) === (seen === undefined) ? state : undefined
        const same = seen.seq === process.seq && seen.inbox.toSorted().join() === process.inbox.toSorted().join()
        return same ? state : undefined
      }
      case 'commit': {
        const process = living(state, op.path)
        const accepts = process !== undefined && process.seq === op.seq - 1
        if (result !== accepts) return undefined
        if (process === undefined || !accepts) return state
        const inbox = op.ends ? [] : process.inbox.filter((payload) => !op.consume.includes(payload))
        const after = put(state, op.path, { ...process, seq: op.seq, ended: op.ends, inbox })
        return op.emit ? emitted(after, op.emit)[0] : after
      }
    }
  },
}

function living(state: State, path: string): Process | undefined {
  const process = state.get(path)
  return process?.ended ? undefined : process
}

function put(state: State, path: string, process: Process): State {
  return new Map(state).set(path, process)
}

function emitted(state: State, { key, payload }: { readonly key: string; readonly payload: string }): [State, number] {
  const after = new Map(state)
  let reached = 0
  for (const [path, process] of state) {
    if (process.ended || process.key !== key) continue
    reached++
    after.set(path, { ...process, inbox: [...process.inbox, payload].sort() })
  }
  return [after, reached]
}
