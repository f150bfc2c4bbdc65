/** The models of the override contract: `Member` and `Members` as a library has them, `AppMember` as an app changes them. */
import { ModelRepository } from '../container/model-repository.ts'
import { defineModel } from '../model/define-model.ts'
import { field } from '../model/field.ts'
import { defineService } from '../service/define-service.ts'
import type { Locked } from '../type-state/state.ts'

export class Member extends defineModel({
  name: 'OverrideMember',
  fields: { email: field.string().unique() },
}) {
  upper(): string {
    return this.email.toUpperCase()
  }

  rename(this: Locked<Member>, email: string): void {
    this.email = email
  }
}

export class Badge extends defineModel({
  name: 'OverrideBadge',
  fields: { member: field.ref(Member), label: field.string() },
}) {}

export class Members extends defineService({
  name: 'Members',
  inject: { members: ModelRepository.of(Member) },
  factory: ({ members }) => ({ join: (email: string) => members.insert({ email }) }),
}) {}

export class Greetings extends defineService({
  name: 'Greetings',
  factory: () => ({ greet: (whom: string) => `hello ${whom}` }),
}) {}

export class AppMember extends Member.override({
  fields: { plan: field.enum('Plan', ['free', 'gold']).default('free'), nickname: field.string().max(100).optional() },
  inject: { greetings: Greetings },
}) {
  greeting(): string {
    return this.greetings.greet(this.plan)
  }

  upgrade(this: Locked<AppMember>): void {
    this.plan = 'gold'
  }
}
