/** The models of the repository contract: one per concern. */
import { defineModel } from '../model/define-model.ts'
import { field } from '../model/field.ts'
import type { Locked } from '../type-state/state.ts'

export class Team extends defineModel({
  name: 'ContractTeam',
  fields: { title: field.string().unique() },
}) {}

export class Account extends defineModel({
  name: 'ContractAccount',
  fields: {
    owner: field.string().max(40).unique(),
    balance: field.decimal(12, 2).default(0),
    status: field.enum('AccountStatus', ['open', 'frozen', 'closed']).default('open'),
    team: field.ref(Team).optional(),
    note: field.text().optional(),
    openedAt: field.timestamp().optional(),
    tags: field.array(field.string()).default([]),
  },
}) {
  deposit(this: Locked<Account>, amount: number): void {
    this.balance += amount
  }

  get label(): string {
    return `${this.owner}: ${this.balance}`
  }
}

/** A value of every type that storage has to keep as it is. */
export class Specimen extends defineModel({
  name: 'ContractSpecimen',
  fields: {
    label: field.string(),
    text: field.text().optional(),
    whole: field.int().optional(),
    small: field.smallint().optional(),
    big: field.bigint().optional(),
    price: field.decimal(10, 2).optional(),
    exact: field.decimal(30, 10).asString().optional(),
    single: field.float().optional(),
    double: field.double().optional(),
    flag: field.boolean().optional(),
    key: field.uuid().optional(),
    at: field.timestamp().optional(),
    day: field.date().optional(),
    time: field.time().optional(),
    length: field.duration().optional(),
    data: field.json<unknown>().optional(),
    bytes: field.bytes().optional(),
    numbers: field.array(field.int()).optional(),
    color: field.enum('Color', ['red', 'green', 'blue']).optional(),
    address: field
      .object({ city: field.string(), zip: field.int().optional(), since: field.date().optional() })
      .optional(),
    team: field.ref(Team).optional(),
    teams: field.refs(Team).optional(),
  },
}) {}

export const contractModels = [Team, Account, Specimen] as const
