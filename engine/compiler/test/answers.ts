/**
 * What signals, delays and races come to in the fuzzer's programs, the same natively and durably: the n-th race is won by
 * the same arm, the n-th signal brings the same payload.
 */
import type { WaitSpec } from '../../program/wait.ts'

/** Every race of a random program has two arms that wait. */
export const RACE_ARMS = 2

export const signals = {
  paid: { name: 'paid', params: ['id'] },
  failed: { name: 'failed', params: ['id'] },
}

export class Answers {
  private races = 0
  private payloads = 0

  winner(): number {
    this.races++
    return (this.races * 7 + (this.races >> 1)) % RACE_ARMS
  }

  payload(): { amount: number } {
    this.payloads++
    return { amount: this.payloads % 5 }
  }

  /** For the driver. */
  readonly answer = (waits: readonly unknown[]): { index: number; value?: unknown } => {
    const index = waits.length > 1 ? this.winner() : 0
    const { kind } = waits[index] as WaitSpec
    return kind === 'signal' || kind === 'listener' ? { index, value: this.payload() } : { index }
  }
}

interface NativeRace {
  readonly winner: number
  arms: number
}

/** `race`, `signal`, `listen` and `delay` for plain code. */
export function nativeWaits(answers: Answers): Record<string, unknown> {
  const races = new WeakMap<object, NativeRace>()
  const arm = (target: unknown): boolean | undefined => {
    const race = typeof target === 'object' && target !== null ? races.get(target) : undefined
    return race && race.arms++ === race.winner
  }
  return {
    race() {
      const made = {}
      races.set(made, { winner: answers.winner(), arms: 0 })
      return made
    },
    signal(target: object) {
      const won = arm(target)
      if (won) Object.assign(target, answers.payload())
      return won ?? Promise.resolve(answers.payload())
    },
    listen: () => ({ [Symbol.dispose]() {} }),
    delay: new Proxy({}, { get: () => (target: unknown) => arm(target) ?? Promise.resolve() }),
  }
}
