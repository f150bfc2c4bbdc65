/**
 * The promise in its own words: code blocks of the design documents, found in their text, with every edit that is allowed to
 * them. Allowed are imports, stand-ins for what a block only mentions, null checks, and `@ts-expect-error` where the
 * text itself says that a line must not compile.
 */

export interface SeedSnippet {
  readonly name: string
  /** How the document's file name begins. */
  readonly seed: string
  /** First and last words of the block. */
  readonly from: string
  readonly to: string
  /** Code around it: imports and stand-ins. */
  readonly before?: string
  readonly after?: string
  /** Replacements in it: null checks and expected errors. */
  readonly edits?: readonly (readonly [string, string])[]
}

const core = `import { bindRepository, bindService, createFeatureBuilder, defineModel, defineService, defineToken, field, JustScale, LockService, ModelRepository, Repository } from '@justscale/core'
import type { InstanceOf, Lock, Locked, Persistent, Ref, RepositorySource, Transient, UpdateData } from '@justscale/core'
`
const process = `import { createProcess, defineSignals, delay, race, signal } from '@justscale/core/process'
`
const payments = `
abstract class PaymentService extends defineToken('PaymentService') { abstract getItemsFor(order: Persistent<Order>): Promise<string[]> }
`
const order = `
class Order extends defineModel({
  fields: { amount: field.decimal(10, 2), status: field.enum('Status', ['pending', 'paid', 'shipped']) },
  inject: { payments: PaymentService },
}) {
  async markPaid(this: Lock<Persistent<Order>>) { this.status = 'paid' }
  async loadItems(this: Persistent<Order>) { return this.payments.getItemsFor(this) }
  validate() { return this.amount > 0 }
}
declare const orders: Repository<Order>
declare const lockService: InstanceOf<typeof LockService>
`
const users = `
class User extends defineModel({ name: 'User', fields: { email: field.string(), name: field.string() } }) {}
`

export const seedSnippets: readonly SeedSnippet[] = [
  {
    name: 'a subscription that charges monthly',
    seed: '000',
    from: 'async handler({ billing, notifications }, [userId]) {',
    to: "return { status: 'cancelled' };\n}\n}\n}",
    before: `${core}${process}
class Cancellations extends defineSignals((signal) => ({ cancellation: signal('/user/:userId/cancelled') })) {}
class Billing extends defineService({
  inject: { signals: Cancellations },
  factory: ({ signals }) => ({ cancellation: signals.cancellation, charge: async (_user: string) => {} }),
}) {}
class Notifications extends defineService({ factory: () => ({ send: async (_user: string, _text: string) => {} }) }) {}
export const subscription = createProcess({ path: '/subscription/:userId', inject: { billing: Billing, notifications: Notifications },
`,
    after: '})',
  },
  {
    name: 'no ids in domain code',
    seed: '000',
    from: "const user = await users.findOne(User.fields.email.eq('alice@example.com'));",
    to: '// user has NO .id property',
    before: `${core}${users}
class Order extends defineModel({ name: 'Order', fields: { n: field.int() } }) {}
declare const users: Repository<User>
declare const orders: Repository<Order>
`,
    // A user is no reference to an order: the type fixtures of the same documents say so.
    edits: [
      [
        'const order = await orders.get(user);',
        'if (!user) throw new Error()\n// @ts-expect-error TS2345\nconst order = await orders.get(user);',
      ],
    ],
    after: '\n// @ts-expect-error TS2339\nvoid user.id\nexport { order }',
  },
  {
    name: 'adapters own their concerns',
    seed: '000',
    from: 'class User extends defineModel({\nfields: { email: field.string(), name: field.string() },',
    to: 'const MemUser = createInMemoryModel(User);',
    before: `${core}
declare function createPgModel<M>(model: M, options: { table: string }): M
declare function createInMemoryModel<M>(model: M): M
`,
    after: '\nexport { PgUser, MemUser }',
  },
  {
    name: 'methods say what form they need',
    seed: '000',
    from: "class Order extends defineModel({\nfields: { amount: field.decimal(10, 2), status: field.enum('Status', ['pending', 'paid']) },",
    to: 'validate() { return this.amount > 0; }\n}',
    before: `${core}${payments}`,
    after: '\nexport { Order }',
  },
  {
    name: 'references replace relationships',
    seed: '000',
    from: 'class Campaign extends defineModel({',
    to: 'const creator = await campaign.creator;',
    before: `${core}
class Creator extends defineModel({ name: 'Creator', fields: { name: field.string() } }) {}
declare const campaigns: Repository<Campaign>
`,
    edits: [['const creator =', 'if (!campaign) throw new Error()\nconst creator: Persistent<Creator> =']],
    after: '\nexport { creator }',
  },
  {
    name: 'durable processes as plain code',
    seed: '000',
    from: 'export const campaignLifecycle = createProcess({',
    to: "return { status: 'failed', campaignId };\n}\n}\n},\n});",
    before: `${core}${process}
class Campaign extends defineModel({ name: 'Campaign', fields: { durationDays: field.int() } }) {}
class Pledge extends defineModel({ name: 'Pledge', fields: { amount: field.decimal(10, 2) } }) {}
class CampaignService extends defineService({
  inject: { campaigns: ModelRepository.of(Campaign) },
  factory: ({ campaigns }) => ({ get: (ref: Ref<Campaign>) => campaigns.get(ref), updateStatus: async (_ref: Ref<Campaign>, _status: string) => {} }),
}) {}
class PledgeSignals extends defineSignals((signal) => ({ fullyFunded: signal('/campaign/:campaignId/funded') })) {}
class PledgeService extends defineService({
  inject: { signals: PledgeSignals },
  factory: ({ signals }) => ({ fullyFunded: signals.fullyFunded, findIds: async (_campaign: string): Promise<string[]> => [] }),
}) {}
class PaymentService extends defineService({ factory: () => ({ charge: async (_pledge: Ref<Pledge>) => {} }) }) {}
`,
    edits: [['const r = race();', 'if (!campaign) throw new Error()\nconst r = race();']],
  },
  {
    name: 'rule 1: mutations require Locked',
    seed: '002',
    from: 'abstract class Repository<T> {',
    to: 'abstract delete(entity: Locked<T>): Promise<void>\n}',
    before: core.replace(', Repository }', ' }'),
    after: '\nexport { Repository }',
  },
  {
    name: 'rule 4: signals carry typed identity',
    seed: '002',
    from: 'export class FulfillmentSignals extends defineSignals(signal => ({',
    to: '})) {}',
    before: `${core}${process.replace(', signal }', ' }')}
class Shipment extends defineModel({ name: 'Shipment', fields: { carrier: field.string() } }) {}
`,
  },
  {
    name: 'Transient is writable',
    seed: '003',
    from: "const order = new Order({ amount: 100, status: 'pending' });",
    to: 'order.amount = 200;',
    before: `${core}${payments}${order}`,
  },
  {
    name: 'Persistent is read-only',
    seed: '003',
    from: "const order = await orders.findOne(Order.fields.status.eq('pending'));\norder.amount = 200;",
    to: 'order.amount;        // Fine',
    before: `${core}${payments}${order}`,
    edits: [['order.amount = 200;', 'if (!order) throw new Error()\n// @ts-expect-error TS2540\norder.amount = 200;']],
  },
  {
    name: 'Lock is writable',
    seed: '003',
    from: 'using locked = await lockService.acquire(order);\nlocked.amount = 200;',
    to: "// Lock releases automatically when 'using' scope ends",
    before: `${core}${payments}${order}
declare const order: Persistent<Order>
{
`,
    edits: [['locked.amount', 'if (!locked) throw new Error()\nlocked.amount']],
    after: '\n}',
  },
  {
    name: 'methods declare their requirements',
    seed: '003',
    from: 'class Order extends defineModel({',
    to: 'validate() {\n    return this.amount > 0;\n  }\n}',
    before: `${core}${payments}`,
    after: '\nexport { Order }',
  },
  {
    name: 'callers provide the form',
    seed: '003',
    from: "const order = await orders.findOne(Order.fields.status.eq('pending'));\n\norder.validate();",
    to: 'locked.validate();    // Works',
    before: `${core}${payments}${order}\n{\n`,
    edits: [
      ['order.validate();', 'if (!order) throw new Error()\norder.validate();'],
      ['order.markPaid();', '// @ts-expect-error TS2684\norder.markPaid();'],
      ['locked.markPaid();', 'if (!locked) throw new Error()\nlocked.markPaid();'],
    ],
    after: '\n}',
  },
  ...(['Working', 'Broken'] as const).map((which): SeedSnippet => ({
    name: `the builder chain: ${which}`,
    seed: '003',
    from:
      which === 'Working'
        ? 'const app = JustScale()\n  .add(InMemoryLockFeature)\n  .add(InMemoryProcessFeature)\n  .add(bindRepository(ModelRepository.of(User)'
        : 'const app = JustScale()\n  .add(InMemoryLockFeature)\n  .add(InMemoryProcessFeature)\n  // .add(',
    to: '.build();',
    before: `${core}${users}
class Session extends defineModel({ name: 'Session', fields: { user: field.ref(User) } }) {}
declare const InMemoryRepository: new <T>() => RepositorySource<T, 'memory'>
class InMemoryLockFeature extends createFeatureBuilder().name('InMemoryLockFeature').build() {}
class InMemoryProcessFeature extends createFeatureBuilder().name('InMemoryProcessFeature').build() {}
abstract class AbstractEmailSender extends defineToken('EmailSender') { abstract send(to: string): Promise<void> }
class ConsoleEmailSender extends defineService({ factory: () => ({ send: async (_to: string) => {} }) }) {}
class AuthFeature extends createFeatureBuilder().name('AuthFeature').requires(ModelRepository.of(User)).requires(ModelRepository.of(Session))
  .requires(AbstractEmailSender).build() {}
`,
    ...(which === 'Broken' && {
      edits: [['  .add(AuthFeature)', '  // @ts-expect-error TS2345\n  .add(AuthFeature)']] as const,
    }),
    after: '\nexport { app }',
  })),
]
