/** What only durable code has: races, waits, cancellation, resources over waits, retry after a failure. */
import { describe, expect, test } from 'bun:test'
import type { Effect } from '../../program/state.ts'
import { machine, result, returned, won } from './waiting-machine.ts'

describe('a race', () => {
  const body = `const r = race()
    switch (true) {
      case signal(r, sig.paid): return ['paid', r.amount]
      case delay.days(r, 2): return 'two days'
      case delay.months(r, 1): { const again = race(); switch (true) { case signal(again, sig.failed): return again.why; case false: return 'never' } }
    }`

  test('waits for all of its arms at once', () => {
    expect(machine(body).effects).toEqual([
      {
        kind: 'wait',
        fiber: 0,
        poll: false,
        waits: [
          { kind: 'signal', signal: { name: 'paid', params: ['id'] } },
          { kind: 'delay', amount: 2, unit: 'days' },
          { kind: 'delay', amount: 1, unit: 'months' },
        ],
      },
    ])
  })

  test('puts the payload of the winner on the race, also after a restart', () => {
    const m = machine(body)
    m.crash()
    expect(result(m.feed(won(0, { amount: 7 })))).toMatchObject({ outcome: { value: ['paid', 7] } })
  })

  test('runs the arm that won, and races inside it', () => {
    const m = machine(body)
    expect(result(m.feed(won(1)))).toMatchObject({ outcome: { value: 'two days' } })
    const other = machine(body)
    expect(other.feed(won(2))).toMatchObject([
      { kind: 'wait', waits: [{ kind: 'signal', signal: { name: 'failed' } }] },
    ])
    other.crash()
    expect(result(other.feed(won(0, { why: 'broke' })))).toMatchObject({ outcome: { value: 'broke' } })
  })

  test('with a default asks once and goes on', () => {
    const polling = 'const r = race(); switch (true) { case signal(r, sig.paid): return 1; default: return 2 }'
    const m = machine(polling)
    expect(m.effects).toMatchObject([{ kind: 'wait', poll: true }])
    expect(result(m.feed(won(-1)))).toMatchObject({ outcome: { value: 2 } })
  })

  test('a condition that holds wins at once', () => {
    const m = machine(`const r = race(); switch (true) { case delay.days(r, 1): return 1; case id === 'x': return 2 }`)
    expect(result(m.effects)).toMatchObject({ outcome: { value: 2 } })
  })

  test('whose payload a closure in a loop reads, or that a helper waits for', () => {
    const m = machine(`const out: any[] = []
      for (const want of [1, 2]) { const r = race(); const ask = async () => { switch (true) { case signal(r, sig.paid): return r.amount } }
        switch (true) { case signal(r, sig.paid): out.push([[1, 2].filter((n) => n === r.amount && n === want), await ask()]) } }
      return out`)
    m.crash()
    m.feed(won(0, { amount: 1 }))
    m.crash()
    m.feed(won(0, { amount: 5 }))
    m.crash()
    m.feed(won(0, { amount: 2 }))
    expect(result(m.feed(won(0, { amount: 6 })))).toMatchObject({
      outcome: {
        value: [
          [[1], 5],
          [[2], 6],
        ],
      },
    })
  })

  test('in a loop: break, continue, fall through', () => {
    const m = machine(`let n = 0; const out: any[] = []
      while (n < 3) { const r = race(); switch (true) {
        case signal(r, sig.paid): n++; if (r.amount === 1) continue; out.push(n); 
        case signal(r, sig.failed): out.push('fell'); break
        case delay.seconds(r, 1): { out.push('late'); n = 9; break } }
      out.push('turn') }
      return out`)
    m.feed(won(0, { amount: 1 }))
    m.crash()
    m.feed(won(0, { amount: 2 }))
    expect(result(m.feed(won(2)))).toMatchObject({ outcome: { value: [2, 'fell', 'turn', 'late', 'turn'] } })
  })
})

describe('waits', () => {
  test('nested in expressions', () => {
    const m = machine('const { a, b = 2 } = await signal(sig.paid); return [a, b, (await signal(sig.failed)).code + 1]')
    m.feed(won(0, { a: 1 }))
    m.crash()
    expect(result(m.feed(won(0, { code: 4 })))).toMatchObject({ outcome: { value: [1, 2, 5] } })
  })

  test('of Promise.all over delays and signals', () => {
    const m = machine('return await Promise.all([delay.days(1), signal(sig.paid), svc.id(3)])')
    const fibers = m.effects.map((each) => ('fiber' in each ? each.fiber : -1))
    expect(m.effects.map((each) => each.kind).sort()).toEqual(['call', 'wait', 'wait'])
    m.feed(won(0, undefined, fibers[0]))
    m.crash()
    m.feed(won(0, 'paid', fibers[1]))
    expect(result(m.feed(returned(fibers[2] as number, 3)))).toMatchObject({
      outcome: { value: [undefined, 'paid', 3] },
    })
  })

  test('signals of the program are known, and which can still be reached', () => {
    const m = machine('await signal(sig.paid); await svc.id(1); await signal(sig.failed)')
    const { program } = m.program
    expect(program.signals.map((each) => [each.dependency, each.name])).toEqual([
      ['sig', 'paid'],
      ['sig', 'failed'],
    ])
    const standing = program.ops.flatMap((op, pc) => (op.op === 'wait' ? [program.reach[pc]] : []))
    expect(standing).toEqual([[0, 1], [1]])
  })

  test('a listener is opened before the request and closed at the end of its block', () => {
    const m = machine(
      `const pledge = await svc.id('p1'); { using charged = listen(sig.paid, { pledge }); await svc.id(pledge); await signal(charged) } return 'ok'`,
    )
    const opened = m.feed(returned(0, 'p1'))
    expect(opened.map((each) => each.kind)).toEqual(['listen', 'call'])
    expect(opened[0]).toMatchObject({ match: { pledge: 'p1' } })
    expect(opened[1]).toMatchObject({ durableFirst: true })
    m.crash()
    expect(m.feed(returned(0))).toMatchObject([{ kind: 'wait', waits: [{ kind: 'listener' }] }])
    m.crash()
    expect(m.feed(won(0)).map((each) => each.kind)).toEqual(['unlisten', 'finished'])
  })
})

describe('using', () => {
  test('is released at a durable wait and acquired again when it is needed', () => {
    const m = machine(
      `using l = await svc.open(id); const a = l.name; await delay.days(1); await svc.id(1); return a + l.name`,
    )
    expect(m.effects).toMatchObject([{ kind: 'acquire', slot: 'l', again: false }])
    const open = m.effects[0]?.kind === 'acquire' ? m.effects[0].invoke() : undefined
    expect(m.feed(returned(0, open))).toMatchObject([{ kind: 'release', suspended: true }, { kind: 'wait' }])
    m.crash()
    expect(m.feed(won(0))).toMatchObject([{ kind: 'call' }])
    const again = m.feed(returned(0, 1))
    expect(again).toMatchObject([{ kind: 'acquire', again: true }])
    const reopened = again[0]?.kind === 'acquire' ? again[0].invoke() : undefined
    expect(m.feed(returned(0, reopened))).toMatchObject([{ kind: 'release', suspended: false }])
    expect(result(m.feed(returned(0)))).toMatchObject({ outcome: { value: 'xx' } })
  })

  test('is acquired again for a helper that uses it', () => {
    const m = machine(
      `using l = await svc.open(id); const use = async () => await svc.id(l.name); await delay.days(1); return await use()`,
    )
    m.feed(returned(0, { name: 'a', [Symbol.dispose]() {} }))
    m.crash()
    expect(m.feed(won(0))).toMatchObject([{ kind: 'acquire', again: true }])
    const [call] = m.feed(returned(0, { name: 'b', [Symbol.dispose]() {} }))
    expect(call?.kind === 'call' ? call.invoke() : undefined).toBe('b')
  })

  test('that is gone after the wait is thrown there', () => {
    const m = machine(
      `using l = await svc.open(id); await delay.days(1); try { return l.name } catch (e: any) { return e.code }`,
    )
    m.feed(returned(0, { [Symbol.dispose]() {} }))
    m.feed(won(0))
    const after = m.feed({ kind: 'outcome', fiber: 0, outcome: { kind: 'threw', error: new Error('gone') } })
    expect(result(after)).toMatchObject({ outcome: { value: 'ENGINE_RESOURCE_GONE' } })
  })

  test('in the head of a loop is disposed of at each turn, or behind the loop', () => {
    const m = machine(
      `out: for (using a of [svc.open('1'), svc.open('2'), svc.open('3')]) { for (using b = svc.open(a.name + 'b'); ; ) { if (a.name === '1') continue out; if (a.name === '2') break out; await svc.id(b) } } await svc.id(1); return 'end'`,
    )
    expect(m.log).toEqual([
      ...['open 1', 'open 2', 'open 3'],
      ...['open 1b', 'dispose 1b', 'dispose 1', 'open 2b', 'dispose 2b', 'dispose 2'],
    ])
    expect(result(m.feed(returned(0)))).toMatchObject({ outcome: { value: 'end' } })
  })

  test('resources are disposed in reverse order, also on an error', () => {
    const m = machine(
      `try { using a = svc.open('a'); using b = svc.open('b'); await svc.id(1); throw new Error('x') } catch { await svc.id(2) } return 'end'`,
    )
    m.feed(returned(0))
    expect(m.log).toEqual(['open a', 'open b', 'dispose b', 'dispose a'])
    expect(result(m.feed(returned(0)))).toMatchObject({ outcome: { value: 'end' } })
  })
})

describe('cancellation', () => {
  test('is thrown at the wait; finally and catch run and may await', () => {
    const m = machine(
      `try { await delay.days(1) } catch (e: any) { await svc.id(e.reason); throw e } finally { await svc.id('f') }`,
    )
    m.crash()
    expect(m.feed({ kind: 'cancel', reason: 'stop' })).toMatchObject([{ kind: 'call', site: { name: 'svc.id' } }])
    m.crash()
    expect(m.feed(returned(0))).toMatchObject([{ kind: 'call' }])
    expect(m.feed(returned(0))).toMatchObject([
      {
        kind: 'finished',
        status: 'cancelled',
        outcome: { error: { code: 'ENGINE_PROCESS_CANCELLED', reason: 'stop' } },
      },
    ])
  })

  test('lets the step in flight end first', () => {
    const m = machine(`await svc.id(1); return 'never'`)
    expect(m.feed({ kind: 'cancel', reason: 'r' })).toEqual([])
    m.crash()
    expect(m.feed(returned(0, 1))).toMatchObject([{ kind: 'finished', status: 'cancelled' }])
  })

  test('reaches children before their parent', () => {
    const m = machine(
      `const log: any[] = []; try { await Promise.all([1, 2].map(async (n) => { try { await delay.days(n) } finally { log.push(n) } })) } finally { log.push('parent'); publish(log) }`,
    )
    const effects = m.feed({ kind: 'cancel', reason: 'r' })
    expect(effects.at(-1)).toMatchObject({ kind: 'finished', status: 'cancelled' })
    expect(effects.find((each) => each.kind === 'publish')).toMatchObject({ value: [1, 2, 'parent'] })
  })
})

describe('a failed process', () => {
  test('runs again from the failing line', () => {
    const m = machine(`const a = await svc.id(1); const b = await svc.id(a + 1); return [a, b]`)
    m.feed(returned(0, 1))
    m.feed({ kind: 'outcome', fiber: 0, outcome: { kind: 'threw', error: new Error('bug') } })
    expect(m.state.status).toBe('failed')
    m.crash()
    const again = m.feed({ kind: 'retry' })
    expect(again).toMatchObject([{ kind: 'call', site: { name: 'svc.id' } }])
    expect(again[0]?.kind === 'call' ? again[0].invoke() : undefined).toBe(2)
    expect(result(m.feed(returned(0, 9)))).toMatchObject({ outcome: { value: [1, 9] } })
  })
})

describe('what is stored', () => {
  test('is what is live at the wait and nothing else', () => {
    const m = machine(
      `const big = 'x'.repeat(9); const keep = big.length; const f = () => keep; await delay.days(1); await svc.id(f()); return 1`,
    )
    expect(m.stored()).toEqual(['keep', 'w0'])
    m.feed(won(0))
    expect(m.stored()).toEqual([expect.stringMatching(/^\$\d$/)])
  })

  test('clock and randomness are computed once, and stored before the step that they feed', () => {
    const m = machine(`await svc.id(Math.random(), id, new Date())`)
    const [first] = m.effects
    expect(first).toMatchObject({ kind: 'call', durableFirst: true })
    const seen: unknown[] = []
    const record = (effect: Effect | undefined): void => {
      if (effect?.kind === 'call')
        seen.push(
          JSON.stringify(
            m.program.program.live[m.state.frames.get(1)?.pc ?? 0]?.map((slot) => m.state.frames.get(1)?.slots[slot]),
          ),
        )
    }
    record(first)
    record(m.crash()[0])
    expect(m.stored()).toEqual([expect.stringMatching(/^\$/), expect.stringMatching(/^\$/), 'id'])
    expect(seen[1]).toBe(seen[0])
  })

  test('the same step has the same visit after a crash, the next another', () => {
    const m = machine(`while (true) await svc.id(1)`)
    const visit = (effects: readonly Effect[]): number | undefined =>
      effects[0]?.kind === 'call' ? effects[0].visit : undefined
    expect([visit(m.effects), visit(m.crash()), visit(m.feed(returned(0))), visit(m.crash())]).toEqual([1, 1, 2, 2])
  })
})
