import { describe, expect, test } from 'bun:test'
import {
  afterCommit,
  callInCell,
  CellClosedError,
  currentCell,
  openCell,
  requireCell,
  runInCell,
  transaction,
  type Cell,
  type StorageTransaction,
  type TransactionProvider,
} from './index.ts'

interface LoggedTransaction extends StorageTransaction {
  write(what: string): Promise<void>
}

/** Writes down what reaches the storage, in order. */
function loggingProvider(fail: { commit?: boolean } = {}) {
  const log: string[] = []
  let opened = 0
  const provider: TransactionProvider<LoggedTransaction> = {
    name: 'log',
    async begin() {
      const number = ++opened
      const say = (what: string) => void log.push(`${number}:${what}`)
      say('begin')
      return {
        joinable: { kind: 'memory', storage: 'memory', onCommit: () => {} },
        write: async (what) => say(what),
        async savepoint() {
          say('savepoint')
          return { release: async () => say('release'), rollback: async () => say('back') }
        },
        async commit() {
          if (fail.commit) throw new Error('refused')
          say('commit')
        },
        rollback: async () => say('rollback'),
      }
    },
  }
  const write = async (what: string) => {
    const unit = await requireCell('write').joinedUnit(provider)
    if (!unit) return void log.push(`auto:${what}`)
    await unit.run((open) => open.write(what))
  }
  return { provider, log, write }
}

const http = { name: 'GET /' }

describe('a boundary cell', () => {
  test('commits when its last scope ends, and runs afterCommit then', async () => {
    const { log, write } = loggingProvider()
    await runInCell(http, async () => {
      const cell = requireCell('test')
      const outer = await cell.openScope()
      const inner = await cell.openScope()
      await write('a')
      afterCommit(() => log.push('after'))
      await inner.close()
      await write('b')
      expect(log).toEqual(['1:begin', '1:a', '1:b'])
      await outer.close()
      log.push('body')
    })
    expect(log).toEqual(['1:begin', '1:a', '1:b', '1:commit', 'after', 'body'])
  })

  test('writes outside of any scope commit by themselves', async () => {
    const { log, write } = loggingProvider()
    await runInCell(http, () => write('a'))
    expect(log).toEqual(['auto:a'])
  })

  test('a commit that plain `using` started is waited for, and its failure surfaces once', async () => {
    const fail = { commit: true }
    const { write, provider, log } = loggingProvider(fail)
    await runInCell(http, async () => {
      const cell = requireCell('test')
      const scope = await cell.openScope()
      await (await cell.unit(provider)).run((open) => open.write('a'))
      cell.defer(scope.close())
      await expect(write('b')).rejects.toThrow('refused')
      await cell.settle().catch(() => {})
      await write('c')
    })
    expect(log).toEqual(['1:begin', '1:a', '1:rollback', 'auto:c'])
  })

  test('the end of the cell surfaces the failure of a commit', async () => {
    const { provider } = loggingProvider({ commit: true })
    const run = runInCell(http, async () => {
      const cell = requireCell('test')
      const scope = await cell.openScope()
      await (await cell.unit(provider)).run((open) => open.write('a'))
      cell.defer(scope.close())
    })
    await expect(run).rejects.toThrow('refused')
  })

  test('work that nobody awaited is refused after the end', async () => {
    const { write } = loggingProvider()
    const late = Promise.withResolvers<void>()
    let stray: Promise<void> = Promise.resolve()
    await runInCell(http, async () => {
      stray = late.promise.then(() => write('late'))
    })
    late.resolve()
    await expect(stray).rejects.toBeInstanceOf(CellClosedError)
  })

  test('afterCommit callbacks may use repositories', async () => {
    const { log, write, provider } = loggingProvider()
    await runInCell(http, async () => {
      const cell = requireCell('test')
      const scope = await cell.openScope()
      await (await cell.unit(provider)).run((open) => open.write('a'))
      afterCommit(() => write('b'))
      await scope.close()
    })
    expect(log).toEqual(['1:begin', '1:a', '1:commit', 'auto:b'])
  })
})

describe('a call in a cell', () => {
  test('answers and throws at once where nothing is to be committed', () => {
    expect(callInCell({ name: 'sync' }, () => currentCell()?.name)).toBe('sync')
    const thrown = new Error('no')
    const failing = () =>
      callInCell({ name: 'sync' }, () => {
        throw thrown
      })
    expect(failing).toThrow(thrown)
  })

  test('has ended then, for work that goes on', () => {
    const cell = callInCell({ name: 'sync' }, () => currentCell())
    expect((cell as Cell).closed).toBeTrue()
  })

  test('is a promise where something is opened, and waits for its end', async () => {
    const { log, provider } = loggingProvider()
    let scope: Promise<unknown> | undefined
    const answer = callInCell({ name: 'opens' }, () => {
      scope = requireCell('test').openScope()
      return scope.then(async () => (await requireCell('test').unit(provider)).run((open) => open.write('row')))
    })
    expect(answer).toBeInstanceOf(Promise)
    await answer
    expect(log).toEqual(['1:begin', '1:row', '1:commit'])
  })

  test('rolls back what a synchronous failure leaves open, before it is told', async () => {
    const answer = callInCell({ name: 'opens' }, () => {
      void requireCell('test').openScope()
      throw new Error('no')
    })
    expect(answer).toBeInstanceOf(Promise)
    expect(await Promise.resolve(answer).catch(String)).toBe('Error: no')
  })

  test('undoes what is kept outside of transactions, when it fails', async () => {
    const undone: string[] = []
    const answer = callInCell({ name: 'fails' }, () => {
      requireCell('test').onRollback(() => undone.push('undone'))
      throw new Error('no')
    })
    await Promise.resolve(answer).catch(() => {})
    expect(undone).toEqual(['undone'])
  })

  test('reads the signal only when it is asked for', () => {
    let reads = 0
    const options = {
      name: 'lazy',
      get signal() {
        reads++
        return AbortSignal.abort('gone')
      },
    }
    expect(callInCell(options, () => reads)).toBe(0)
    expect(callInCell(options, () => currentCell()?.signal?.reason)).toBe('gone')
  })
})

describe('transaction', () => {
  test('rolls everything back under a throw, and drops afterCommit', async () => {
    const { log, write } = loggingProvider()
    const run = transaction(async () => {
      await write('a')
      afterCommit(() => log.push('after'))
      throw new Error('no')
    })
    await expect(run).rejects.toThrow('no')
    await run.catch(() => {})
    expect(log).toEqual(['1:begin', '1:a', '1:rollback'])
  })

  test('parallel branches have transactions of their own', async () => {
    const { log, write } = loggingProvider()
    const gate = Promise.withResolvers<void>()
    await runInCell(http, () =>
      Promise.all([
        transaction(async () => {
          await write('a')
          await gate.promise
          await write('a')
        }),
        transaction(async () => {
          await write('b')
          gate.resolve()
        }),
      ]),
    )
    expect(log.filter((line) => line.startsWith('1:'))).toEqual(['1:begin', '1:a', '1:a', '1:commit'])
    expect(log.filter((line) => line.startsWith('2:'))).toEqual(['2:begin', '2:b', '2:commit'])
  })

  test('inside an open transaction it is a savepoint that no sibling can get into', async () => {
    const { log, write } = loggingProvider()
    const order: string[] = []
    await transaction(async () => {
      await write('outer')
      const gate = Promise.withResolvers<void>()
      const failing = transaction(async () => {
        await write('inner')
        await gate.promise
        throw new Error('no')
      }).catch(() => order.push('inner failed'))
      const sibling = transaction(() => write('sibling')).then(() => order.push('sibling'))
      const own = write('own')
      gate.resolve()
      await Promise.all([failing, sibling, own])
    })
    expect(log[log.indexOf('1:inner') - 1]).toBe('1:savepoint')
    expect(log[log.indexOf('1:inner') + 1]).toBe('1:back')
    expect(log.at(-1)).toBe('1:commit')
    expect(log.filter((line) => line.endsWith('begin'))).toEqual(['1:begin'])
  })

  test('a nested transaction hands its afterCommit to the outer one', async () => {
    const { log, write } = loggingProvider()
    await transaction(async () => {
      await transaction(async () => {
        await write('a')
        afterCommit(() => log.push('after'))
      })
      log.push('outer')
    })
    expect(log).toEqual(['1:begin', '1:savepoint', '1:a', '1:release', 'outer', '1:commit', 'after'])
  })

  test('beforeCommit runs in the transaction, right before its end', async () => {
    const { log, write } = loggingProvider()
    await transaction(async () => {
      await currentCell()?.beforeCommit((open) => void log.push(`before ${open?.kind}`))
      await write('a')
    })
    expect(log).toEqual(['1:begin', '1:a', 'before memory', '1:commit'])
  })
})

describe('branches that first touch the storage at the same time', () => {
  test('share one transaction, in every kind of cell', async () => {
    const { log, write } = loggingProvider()
    const both = () => Promise.all([write('a'), write('b')])
    const inScope = async () => {
      const scopes = await Promise.all([requireCell('test').openScope(), requireCell('test').openScope()])
      await both()
      for (const scope of scopes) await scope.close()
    }
    await runInCell(http, inScope)
    await transaction(both)
    const step = openCell({ name: 'step' })
    await step.run(both)
    await step.close()
    const unit = (number: number) => [`${number}:begin`, `${number}:a`, `${number}:b`, `${number}:commit`]
    expect(log).toEqual([...unit(1), ...unit(2), ...unit(3)])
  })

  test('share one savepoint', async () => {
    const { log, write } = loggingProvider()
    await transaction(() => transaction(() => Promise.all([write('a'), write('b')])))
    expect(log).toEqual(['1:begin', '1:savepoint', '1:a', '1:b', '1:release', '1:commit'])
  })
})

describe('an open cell', () => {
  test('is the outermost scope, and writes the checkpoint last', async () => {
    const { log, write, provider } = loggingProvider()
    const open = openCell({ name: 'step' })
    await open.run(async () => {
      const scope = await requireCell('test').openScope()
      await write('a')
      await scope.close()
    })
    expect(log).toEqual(['1:begin', '1:a'])
    const answer = await open.close({
      accepts: () => true,
      write: async () => void log.push('checkpoint'),
    })
    expect(answer).toBe('joined')
    expect(log).toEqual(['1:begin', '1:a', 'checkpoint', '1:commit'])
    expect(provider.name).toBe('log')
  })

  test('a refused checkpoint rolls the step back', async () => {
    const { log, write } = loggingProvider()
    const open = openCell({ name: 'step' })
    await open.run(() => write('a'))
    const closing = open.close({ accepts: () => true, write: () => Promise.reject(new Error('fenced')) })
    await expect(closing).rejects.toThrow('fenced')
    await closing.catch(() => {})
    expect(log).toEqual(['1:begin', '1:a', '1:rollback'])
  })

  test('a step that touched no storage is detached', async () => {
    const open = openCell({ name: 'step' })
    expect(await open.run(() => 42)).toBe(42)
    expect(await open.close({ accepts: () => true, write: () => Promise.reject(new Error('not here')) })).toBe(
      'detached',
    )
  })
})
