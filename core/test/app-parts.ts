/** What the tests of apps and containers share. */
import { AppGraphError, defineService, defineToken, repositorySource, type RepositorySource } from '../index.ts'

export abstract class Mailer extends defineToken('Mailer') {
  abstract send(to: string): Promise<string>
}
export class RealMailer extends defineService({
  name: 'RealMailer',
  factory: () => ({ send: async (to: string) => `sent to ${to}` }),
}) {}
export class Greeter extends defineService({
  name: 'Greeter',
  inject: { mailer: Mailer },
  factory: ({ mailer }) => ({ greet: (who: string) => mailer.send(who) }),
}) {}

export function storage<T, const S extends string>(storage: S): RepositorySource<T, S> {
  return { [repositorySource]: { storage, create: () => ({}) } }
}

export const untyped = (component: unknown) => component as never

export function faultsOf(build: () => unknown) {
  try {
    build()
  } catch (error) {
    if (error instanceof AppGraphError) return error.faults.map((fault) => `${fault.kind}: ${fault.description}`)
    throw error
  }
  return []
}
