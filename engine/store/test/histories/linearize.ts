/**
 * Is there an order of these overlapping calls in which each took effect at one moment between its beginning and its answer,
 * and gave what it gave? The search of Wing and Gong, which does not look twice at the same rest in the same state.
 */

export interface Call<Op, Result> {
  readonly op: Op
  readonly result: Result
  /** Moments of one counter: when it began, and when its answer was there. */
  readonly begun: number
  readonly answered: number
}

export interface Model<State, Op, Result> {
  readonly initial: State
  /** The state after `op` gave `result`, or `undefined` where it cannot have given that. Does not change `state`. */
  step(state: State, op: Op, result: Result): State | undefined
  /** Equal for equal states. */
  keyOf(state: State): string
}

/** The calls in such an order; `undefined` when there is none. At most 30 calls. */
export function linearize<State, Op, Result>(
  calls: readonly Call<Op, Result>[],
  model: Model<State, Op, Result>,
): readonly Call<Op, Result>[] | undefined {
  if (calls.length > 30) throw new RangeError('At most 30 calls')
  const failed = new Set<string>()
  const all = 2 ** calls.length - 1

  function search(done: number, state: State): readonly Call<Op, Result>[] | undefined {
    if (done === all) return []
    const key = `${done} ${model.keyOf(state)}`
    if (failed.has(key)) return undefined
    const left = calls.flatMap((call, index) => ((done & (1 << index)) === 0 ? [{ call, index }] : []))
    const first = Math.min(...left.map(({ call }) => call.answered))
    for (const { call, index } of left) {
      if (call.begun > first) continue
      const after = model.step(state, call.op, call.result)
      const rest = after && search(done | (1 << index), after)
      if (rest !== undefined) return [call, ...rest]
    }
    failed.add(key)
    return undefined
  }

  return search(0, model.initial)
}
