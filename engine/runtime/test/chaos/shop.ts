/**
 * Processes that write to a database of the user's within their steps, as repositories do: into a schema that the engine knows
 * nothing of, in the transaction that carries the checkpoint. Nothing in that schema forbids writing something twice.
 */
import { currentStep, defineProcess } from '@justscale/engine'
import type { SqlRunner } from '@justscale/engine/sql'
import { world } from '../simulation/workload.ts'

export const shop = {
  /** What a step's writes go through: replaced by a planted fault. */
  sql: (): SqlRunner | undefined => currentStep()?.sql,
}

export const bank = {
  async deposit(account: string, amount: number): Promise<number> {
    const sql = shop.sql()
    if (sql === undefined) throw new Error('The step has no transaction')
    await sql.query('insert into shop.deposit (account, amount) values ($1::text, $2::int4)', [account, amount])
    await world.wait()
    const [row] = await sql.query<{ balance: number }>(
      `insert into shop.account (id, balance) values ($1::text, $2::int4)
       on conflict (id) do update set balance = account.balance + $2::int4 returning balance`,
      [account, amount],
    )
    return row?.balance ?? 0
  },
}

/** Six deposits, one after the other. */
export const saver = defineProcess({
  path: '/saver/:id',
  inject: { bank },
  async handler({ bank }, { id }) {
    let balance = 0
    for (let amount = 1; amount <= 6; amount++) balance = await bank.deposit(`saver-${id}`, amount)
    return balance
  },
})

/** Eight deposits by four fibers, into one account. */
export const crowd = defineProcess({
  path: '/crowd/:id',
  inject: { bank },
  async handler({ bank }, { id }) {
    await Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        await bank.deposit(`crowd-${id}`, number)
        await bank.deposit(`crowd-${id}`, 10 * number)
      }),
    )
    return 'deposited'
  },
})

export const shopSchema = [
  'create schema shop',
  'create table shop.account (id text primary key, balance int not null)',
  'create table shop.deposit (account text not null, amount int not null)',
]

/** What is in the schema that should not be, and the other way round, in words; of as many instances. */
export async function brokenBooks(
  sql: SqlRunner,
  started: { readonly saver: number; readonly crowd: number },
): Promise<readonly string[]> {
  const books = new Map<string, Map<number, number>>()
  for (const { account, amount, count } of await sql.query<{ account: string; amount: number; count: number }>(
    'select account, amount, count(*)::int4 as count from shop.deposit group by 1, 2',
  ))
    books.set(account, (books.get(account) ?? new Map<number, number>()).set(amount, count))
  const accounts = await sql.query<{ id: string; balance: number }>('select id, balance from shop.account')
  const balances = new Map(accounts.map(({ id, balance }) => [id, balance]))
  const broken: string[] = []
  const expectBook = (account: string, amounts: readonly number[]) => {
    for (const amount of amounts) {
      const count = books.get(account)?.get(amount) ?? 0
      if (count !== 1) broken.push(`the deposit of ${amount} into ${account} was written ${count} times`)
    }
    const sum = amounts.reduce((all, amount) => all + amount, 0)
    if (balances.get(account) !== sum)
      broken.push(`${account} has ${balances.get(account) ?? 'nothing'} instead of ${sum}`)
  }
  for (let id = 0; id < started.saver; id++) expectBook(`saver-${id}`, [1, 2, 3, 4, 5, 6])
  for (let id = 0; id < started.crowd; id++) expectBook(`crowd-${id}`, [1, 2, 3, 4, 10, 20, 30, 40])
  return broken
}
