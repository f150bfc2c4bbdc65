/** Processes of the runtime's tests: compiled by the plugin that the test run preloads. */
import { defineProcess, defineSignals, delay, race, signal, listen, drain, ProcessCancelled } from '@justscale/engine'

export const billing = defineSignals((signal) => ({
  cancelled: signal('/user/:user/cancelled'),
  acted: signal('/table/:table/acted').data<{ readonly player: string; readonly bet: number }>(),
  charged: signal('/pledge/:pledge/charged').data<{ readonly ok: boolean }>(),
}))

/** What steps did, by name, in order: outside of any engine, so that crashes do not forget it. */
export const ledger: string[] = []
export const keys = new Map<string, number>()

export const payments = {
  async charge(user: string) {
    ledger.push(`charge ${user}`)
    return `receipt ${ledger.length}`
  },
  async fail(message: string): Promise<never> {
    ledger.push(`fail ${message}`)
    throw new RangeError(message)
  },
}

/** The subscription of the philosophy: a charge a month until it is cancelled. */
export const subscription = defineProcess({
  path: '/subscription/:user',
  inject: { payments },
  async handler({ payments }, { user }) {
    let months = 0
    while (true) {
      const r = race()
      switch (true) {
        case delay.months(r, 1):
          await payments.charge(user)
          months++
          continue
        case signal(r, billing.cancelled):
          return { status: 'cancelled', months }
      }
    }
  },
})

/** A poker hand: a helper with parameters and results, awaited four times. */
export const hand = defineProcess({
  path: '/table/:table/hand/:hand',
  inject: { payments },
  async handler({ payments }, { table }) {
    const pot: { round: string; bet: number }[] = []
    const bettingRound = async (name: string, turns: number) => {
      let sum = 0
      for (let turn = 0; turn < turns; turn++) {
        const { player, bet } = await signal(billing.acted)
        if (bet < 0) continue
        sum += bet
        pot.push({ round: `${name}:${player}`, bet })
      }
      return sum
    }
    const totals = new Map<string, number>()
    for (const name of ['preflop', 'flop', 'turn', 'river']) totals.set(name, await bettingRound(name, 2))
    const winner = pot.reduce((best, action) => (action.bet > best.bet ? action : best))
    await payments.charge(table)
    return { total: [...totals.values()].reduce((a, b) => a + b), winner: winner.round, actions: pot.length }
  },
})

export const twoSteps = defineProcess({
  path: '/two/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    const first = await payments.charge(`${id} one`)
    const second = await payments.charge(`${id} two`)
    return [first, second].length
  },
})

export const failing = defineProcess({
  path: '/failing/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    await payments.charge(id)
    await payments.fail('no money')
  },
})

export const guarded = defineProcess({
  path: '/guarded/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    try {
      await delay.days(30)
      return 'slept'
    } catch (error) {
      if (error instanceof ProcessCancelled) await payments.charge(`refund ${id}`)
      throw error
    } finally {
      await payments.charge(`clean ${id}`)
    }
  },
})

export const child = defineProcess({
  path: '/child/:id',
  async handler(_, { id }) {
    await delay.hours(1)
    return `child ${id}`
  },
})

export const parent = defineProcess({
  path: '/parent/:id',
  async handler(_, { id }) {
    const one = await child({ id: `${id}-1` })
    const two = await child({ id: `${id}-2` })
    return [await one.result, await two.result]
  },
})

export const publishing = defineProcess({
  path: '/publishing/:id',
  async handler(_, { id }, process) {
    for (let step = 1; step <= 2; step++) {
      process.publish({ id, step })
      await delay.minutes(1)
    }
    return 'done'
  },
})

export const unstorable = defineProcess({
  path: '/unstorable/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    await payments.charge(id)
    const [job] = [id].map((each) => ({ run: () => each }))
    await delay.minutes(1)
    return job?.run()
  },
})

export const gate = { async request(_pledge: string): Promise<void> {} }

/** A request whose answer may come before anybody waits for it. */
export const listening = defineProcess({
  path: '/listening/:id',
  inject: { gate },
  async handler({ gate }, { id }) {
    const pledge = `pledge of ${id}`
    using charged = listen(billing.charged, { pledge })
    await gate.request(pledge)
    const { ok } = await signal(charged)
    return ok
  },
})

export const draining = defineProcess({
  path: '/table/:table/drain',
  async handler() {
    await delay.minutes(5)
    drain(billing.acted)
    const { player } = await signal(billing.acted)
    return player
  },
})

export const fan = defineProcess({
  path: '/fan/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    const receipts = await Promise.all(
      [1, 2, 3].map(async (number) => {
        await delay.minutes(number)
        return await payments.charge(`${id} ${number}`)
      }),
    )
    return receipts.length
  },
})

/** Goes over a map that changes meanwhile, and keeps promises in one. */
export const rounds = defineProcess({
  path: '/rounds/:id',
  inject: { payments },
  async handler({ payments }, { id }) {
    const open = new Map([
      ['a', 1],
      ['b', 2],
    ])
    const receipts = new Map<string, Promise<string>>()
    const seen: string[] = []
    for (const [name, turns] of open) {
      receipts.set(name, payments.charge(`${id} ${name}`))
      if (open.size < 3) open.set('c', 0)
      if (turns > 1) open.delete('c')
      await delay.minutes(1)
      seen.push(name)
    }
    for (const name of seen) await receipts.get(name)
    return [...seen, ...open.keys()]
  },
})

/** Fails first, and waits for a signal after it was mended. */
export const mended = defineProcess({
  path: '/table/:table/mended',
  inject: { payments },
  async handler({ payments }, { table }) {
    await payments.fail(table)
    const { player } = await signal(billing.acted)
    return player
  },
})
