/** What the parts of the repository contract work with. */
import type { Repository } from '../repository.ts'
import type { Persistent } from '../../type-state/state.ts'
import type { Account, Specimen, Team } from '../contract-models.ts'

export interface ContractRepositories {
  readonly teams: Repository<Team>
  readonly accounts: Repository<Account, Team>
  readonly specimens: Repository<Specimen, Team>
}

export interface ContractBench {
  /** A test in a cell of its own. */
  within(name: string, body: (repositories: ContractRepositories) => Promise<void>): void
  newAccount(balance?: number): Promise<Persistent<Account>>
  balanceOf(account: Persistent<Account>): Promise<number | undefined>
  /** A text that no other test uses: each works on entities of its own. */
  unique(word: string): string
}
