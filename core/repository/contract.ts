/**
 * The contract suite of repositories: what every adapter must do, in the words of the design. Call `repositoryContract` in
 * a test file with a storage; it runs everything against apps that the storage builds.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Application } from '../app/application.ts'
import { AppStoppedError } from '../app/errors.ts'
import { runInCell } from '../cell/run-in-cell.ts'
import { ForeignAppError } from '../errors.ts'
import { ModelRepository } from '../container/model-repository.ts'
import { q } from '../query/q.ts'
import type { ContractBench, ContractRepositories } from './contract/bench.ts'
import { locksContract } from './contract/locks.ts'
import { queriesContract } from './contract/queries.ts'
import { readingContract } from './contract/reading.ts'
import { sizesContract } from './contract/sizes.ts'
import { unitsContract } from './contract/units-of-work.ts'
import { writesContract } from './contract/writes.ts'
import { Account, Specimen, Team } from './contract-models.ts'

export interface ContractStorage {
  /** For the names of the tests: `memory`. */
  readonly name: string
  /** An app that binds `contractModels`, with empty tables. Each call gives another. */
  open(): Promise<ContractApp>
}

export interface ContractApp {
  readonly app: Application<unknown>
  close(): Promise<void>
}

export function repositoryContract(storage: ContractStorage): void {
  describe(`repositories on ${storage.name}`, () => {
    let opened: ContractApp
    let repositories: ContractRepositories
    let counter = 0

    beforeAll(async () => {
      opened = await storage.open()
      const { app } = opened
      repositories = {
        teams: await app.resolve(ModelRepository.of(Team)),
        accounts: await app.resolve(ModelRepository.of(Account, Team)),
        specimens: await app.resolve(ModelRepository.of(Specimen, Team)),
      }
    })
    afterAll(() => opened.close())

    const unique = (word: string) => `${word}-${process.pid}-${(counter += 1)}`
    const bench: ContractBench = {
      unique,
      within: (name, body) => test(name, () => opened.app.run(() => body(repositories))),
      newAccount: (balance = 0) => repositories.accounts.insert({ owner: unique('owner'), balance }),
      balanceOf: async (account) => (await repositories.accounts.get(account))?.balance,
    }
    readingContract(bench)
    queriesContract(bench)
    sizesContract(bench)
    locksContract(bench)
    unitsContract(bench)
    writesContract(bench)

    test('an entity or a reference of another app is refused, wherever it is given', async () => {
      const { app: other, close } = await storage.open()
      const foreign = await other.run(async () => {
        const team = await (await other.resolve(ModelRepository.of(Team))).insert({ title: unique('foreign') })
        return { team, ref: [Team.ref(team)] as const }
      })
      const { team } = foreign
      const [ref] = foreign.ref
      await opened.app.run(async () => {
        const { teams, accounts, specimens } = repositories
        const own = await teams.insert({ title: unique('own') })
        const calls: Record<string, () => unknown> = {
          get: () => teams.get(team),
          'get a reference': () => teams.get(ref),
          getMany: () => teams.getMany([own, team]),
          lock: () => teams.lock(team),
          'lock a reference': () => teams.lock(ref),
          lockAll: () => teams.lockAll([own, ref]),
          observe: () => teams.observe(ref).next(),
          find: () => accounts.find({ team }),
          condition: () => accounts.count(Account.fields.team.in([ref])),
          insert: () => accounts.insert({ owner: unique('owner'), team }),
          'insert a list': () => specimens.insert({ label: unique('label'), teams: [own, ref] }),
          upsert: () => accounts.upsert({ owner: unique('owner'), team }, { by: ['owner'] }),
          updateWhere: () => accounts.updateWhere(q.and(), { team: ref }),
          assign: async () => Object.assign((await accounts.lock(await bench.newAccount())) as object, { team }),
        }
        for (const [name, call] of Object.entries(calls)) {
          const refused: unknown = await Promise.try(call).catch((error: unknown) => error)
          expect([name, refused instanceof ForeignAppError ? 'ForeignAppError' : refused]).toEqual([
            name,
            'ForeignAppError',
          ])
        }
        const there = await teams.get(Team.ref(ref.identifier))
        expect(there).toBeNull()
      })
      await close()
    })

    test('after the app has stopped, every call says so', async () => {
      const { app, close } = await storage.open()
      const accounts = await app.resolve(ModelRepository.of(Account, Team))
      const account = await app.run(() => accounts.insert({ owner: unique('late') }))
      const late = await runInCell({ name: 'late' }, async () => {
        await close()
        const calls = [
          () => accounts.get(account),
          () => accounts.find(),
          () => accounts.count(),
          () => accounts.insert({ owner: unique('later') }),
          () => accounts.lock(account),
          () => accounts.lockAll([account]),
          () => accounts.deleteWhere(q.and()),
          () => app.run(() => 1),
        ]
        return Promise.all(calls.map((call) => call().catch((error: unknown) => error)))
      })
      for (const error of late) expect(error).toBeInstanceOf(AppStoppedError)
      expect(String(late[0])).toContain('The repository of ContractAccount was used after the app')
    })
  })
}
