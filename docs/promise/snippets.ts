/**
 * The promise in its own words: code blocks of the design documents, found in their text, with every edit that is allowed to
 * them. Allowed are imports, definitions of what a block only mentions, null checks, and `@ts-expect-error` where the text
 * itself says that a line must not compile. All of them compile; those with an `outcome` run too, and give it.
 */

export interface Snippet {
  readonly name: string
  /** How the document's file name begins. */
  readonly seed: string
  /** First and last words of the block. */
  readonly from: string
  readonly to: string
  /** Code around it: imports and definitions. */
  readonly before?: string
  readonly after?: string
  /** Replacements in it: null checks and expected errors. */
  readonly edits?: readonly (readonly [string, string])[]
  /** What the program's exported `outcome()` resolves to, or `{ fails }` with a part of what loading it throws. */
  readonly outcome?: unknown
  /** Why there is nothing to run. */
  readonly notRun?: string
}

const core = `import { bindRepository, bindService, createFeatureBuilder, defineModel, defineService, defineToken, field, JustScale, LockService, ModelRepository, Repository } from '@justscale/core'
import type { Lock, Locked, Persistent, Ref, Transient, UpdateData } from '@justscale/core'
import { createTestKit, TestClock } from '@justscale/core/testing'
import { InMemoryLockFeature, InMemoryProcessFeature, InMemoryRepository, createInMemoryModel } from '@justscale/memory'
`
const process = `import { createProcess, defineSignals, delay, race, signal } from '@justscale/core/process'
const clock = new TestClock()
const processes = InMemoryProcessFeature({ clock })
`
const payments = `
abstract class PaymentService extends defineToken('PaymentService') { abstract getItemsFor(order: Persistent<Order>): Promise<string[]> }
class Payments extends defineService({ factory: () => ({ getItemsFor: async (order: Persistent<Order>) => ['item of ' + order.amount] }) }) {}
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
`
/** Opens a function that runs in an app with one pending order of 100. */
const shop = `
export async function outcome() {
  await using kit = await createTestKit(
    JustScale()
      .add(InMemoryLockFeature)
      .add(bindService(PaymentService, Payments))
      .add(bindRepository(ModelRepository.of(Order), new InMemoryRepository())),
  )
  const orders = await kit.resolve(ModelRepository.of(Order))
  const lockService = await kit.resolve(LockService)
  return await kit.run(async () => {
    const stored = await orders.insert({ amount: 100, status: 'pending' })
`
const users = `
class User extends defineModel({ name: 'User', fields: { email: field.string(), name: field.string() } }) {}
`
/** What the class with the four methods does, on a new, a stored and a locked order. */
const methods = `
${shop}
    const discounted = new Order({ amount: 100, status: 'pending' })
    await discounted.applyDiscount(10)
    const items = await stored.loadItems()
    await using locked = await orders.lock(stored)
    if (!locked) throw new Error()
    await locked.markPaid()
    await locked.applyDiscount(50)
    const saved = await orders.save(locked)
    return { discounted: discounted.amount, items, status: saved.status, amount: saved.amount, valid: saved.validate() }
  })
}`
const methodsOutcome = { discounted: 90, items: ['item of 100'], status: 'paid', amount: 50, valid: true }

export const snippets: readonly Snippet[] = [
  {
    name: 'a subscription that charges monthly',
    seed: '000',
    from: 'async handler({ billing, notifications }, [userId]) {',
    to: "return { status: 'cancelled' };\n}\n}\n}",
    before: `${core}${process}
const log: string[] = []
class Cancellations extends defineSignals((signal) => ({ cancellation: signal('/user/:userId/cancelled') })) {}
class Billing extends defineService({
  inject: { signals: Cancellations },
  factory: ({ signals }) => ({ cancellation: signals.cancellation, charge: async (user: string) => void log.push('charge ' + user) }),
}) {}
class Notifications extends defineService({ factory: () => ({ send: async (user: string, text: string) => void log.push(user + ': ' + text) }) }) {}
export const subscription = createProcess({ path: '/subscription/:userId', inject: { billing: Billing, notifications: Notifications },
`,
    after: `})
export async function outcome() {
  await using kit = await createTestKit(JustScale().add(processes).add(Cancellations).add(Billing).add(Notifications).add(subscription))
  return await kit.run(async () => {
    const handle = await subscription({ userId: 'ada' })
    await clock.advance({ days: 70 })
    await (await kit.resolve(Cancellations)).cancellation({ userId: 'ada' })
    return { result: await handle.result, log }
  })
}`,
    outcome: {
      result: { status: 'cancelled' },
      log: [
        'charge ada',
        'ada: Payment processed',
        'charge ada',
        'ada: Payment processed',
        'ada: Subscription cancelled',
      ],
    },
  },
  {
    name: 'no ids in domain code',
    seed: '000',
    from: "const user = await users.findOne(User.fields.email.eq('alice@example.com'));",
    to: '// user has NO .id property',
    before: `${core}${users}
class Order extends defineModel({ name: 'Order', fields: { n: field.int() } }) {}
export async function outcome() {
  await using kit = await createTestKit(
    JustScale()
      .add(bindRepository(ModelRepository.of(User), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Order), new InMemoryRepository())),
  )
  return await kit.run(async () => {
    const users = await kit.resolve(ModelRepository.of(User))
    const orders = await kit.resolve(ModelRepository.of(Order))
    await users.insert({ email: 'alice@example.com', name: 'Alice' })
`,
    // A user is no reference to an order: the type fixtures of the same documents say so.
    edits: [
      [
        'const order = await orders.get(user);',
        'if (!user) throw new Error()\n// @ts-expect-error TS2345\nconst order = await orders.get(user);',
      ],
    ],
    after: `
// @ts-expect-error TS2339
void user.id
    const refused = await orders.get(user as never).catch((error: Error) => error.message)
    return { members: Object.keys(user), found: (await users.get(user))?.name, refused }
  })
}`,
    outcome: {
      members: ['email', 'name'],
      found: 'Alice',
      refused: 'Order.get: must be a reference to Order, got a User',
    },
  },
  {
    name: 'adapters own their concerns',
    seed: '000',
    from: 'class User extends defineModel({\nfields: { email: field.string(), name: field.string() },',
    to: 'const MemUser = createInMemoryModel(User);',
    before: `${core}import { createPgModel } from '@justscale/postgres'
`,
    after:
      '\nexport const outcome = () => ({ table: PgUser.table, columns: PgUser.columns.map(({ name }) => name), memory: MemUser.model === User })',
    outcome: { table: 'users', columns: ['email', 'name'], memory: true },
  },
  {
    name: 'methods say what form they need',
    seed: '000',
    from: "class Order extends defineModel({\nfields: { amount: field.decimal(10, 2), status: field.enum('Status', ['pending', 'paid']) },",
    to: 'validate() { return this.amount > 0; }\n}',
    before: `${core}${payments}`,
    after: methods,
    outcome: methodsOutcome,
  },
  {
    name: 'references replace relationships',
    seed: '000',
    from: 'class Campaign extends defineModel({',
    to: 'const creator = await campaign.creator;',
    before: `${core}
class Creator extends defineModel({ name: 'Creator', fields: { name: field.string() } }) {}
export async function outcome() {
`,
    edits: [
      [
        'const campaign = await',
        `  await using kit = await createTestKit(
    JustScale()
      .add(bindRepository(ModelRepository.of(Creator), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Campaign), new InMemoryRepository())),
  )
  const campaigns = await kit.resolve(ModelRepository.of(Campaign))
  return await kit.run(async () => {
    const ada = await (await kit.resolve(ModelRepository.of(Creator))).insert({ name: 'Ada' })
    await campaigns.insert({ creator: ada, title: 'My Project', goalAmount: 1000 })
const campaign = await`,
      ],
      ['const creator =', 'if (!campaign) throw new Error()\nconst creator: Persistent<Creator> ='],
    ],
    after: '\nreturn { creator: creator.name, goal: campaign.goalAmount }\n})\n}',
    outcome: { creator: 'Ada', goal: 1000 },
  },
  {
    name: 'durable processes as plain code',
    seed: '000',
    from: 'export const campaignLifecycle = createProcess({',
    to: "return { status: 'failed', campaignId };\n}\n}\n},\n});",
    before: `${core}${process}
const log: string[] = []
class Campaign extends defineModel({ name: 'Campaign', fields: { durationDays: field.int() } }) {}
class Pledge extends defineModel({ name: 'Pledge', fields: { amount: field.decimal(10, 2) } }) {}
class CampaignService extends defineService({
  inject: { campaigns: ModelRepository.of(Campaign) },
  factory: ({ campaigns }) => ({
    get: (ref: Ref<Campaign>) => campaigns.get(ref),
    updateStatus: async (_ref: Ref<Campaign>, status: string) => void log.push(status),
  }),
}) {}
class PledgeSignals extends defineSignals((signal) => ({ fullyFunded: signal('/campaign/:campaignId/funded') })) {}
class PledgeService extends defineService({
  inject: { signals: PledgeSignals, pledges: ModelRepository.of(Pledge) },
  factory: ({ signals, pledges }) => ({
    fullyFunded: signals.fullyFunded,
    findIds: async (_campaign: string) => (await pledges.find()).map((pledge) => Pledge.ref(pledge).identifier),
  }),
}) {}
class PaymentService extends defineService({ factory: () => ({ charge: async (pledge: Ref<Pledge>) => void log.push('charged ' + (await pledge as Persistent<Pledge>).amount) }) }) {}
`,
    edits: [['const r = race();', 'if (!campaign) throw new Error()\nconst r = race();']],
    after: `
export async function outcome() {
  await using kit = await createTestKit(
    JustScale()
      .add(processes)
      .add(bindRepository(ModelRepository.of(Campaign), new InMemoryRepository()))
      .add(bindRepository(ModelRepository.of(Pledge), new InMemoryRepository()))
      .add(CampaignService)
      .add(PledgeSignals)
      .add(PledgeService)
      .add(PaymentService)
      .add(campaignLifecycle),
  )
  return await kit.run(async () => {
    const campaigns = await kit.resolve(ModelRepository.of(Campaign))
    const [funded, missed] = (await campaigns.insertMany([{ durationDays: 30 }, { durationDays: 7 }])).map((each) => Campaign.ref(each).identifier)
    const pledges = await kit.resolve(ModelRepository.of(Pledge))
    await pledges.insertMany([{ amount: 10 }, { amount: 20 }])
    const handles = [await campaignLifecycle({ campaignId: funded! }), await campaignLifecycle({ campaignId: missed! })]
    await clock.advance({ days: 8 })
    await (await kit.resolve(PledgeSignals)).fullyFunded({ campaignId: funded! })
    const results = await Promise.all(handles.map((handle) => handle.result))
    return { statuses: results.map(({ status }) => status), ids: results.map(({ campaignId }) => campaignId === funded), log }
  })
}`,
    outcome: {
      statuses: ['completed', 'failed'],
      ids: [true, false],
      log: ['failed', 'settling', 'charged 10', 'charged 20'],
    },
  },
  {
    name: 'rule 1: mutations require Locked',
    seed: '002',
    from: 'abstract class Repository<T> {',
    to: 'abstract delete(entity: Locked<T>): Promise<void>\n}',
    before: core.replace(', Repository }', ' }'),
    after: '\nexport { Repository }',
    notRun: 'an abstract class: there is nothing in it to run',
  },
  {
    name: 'rule 4: signals carry typed identity',
    seed: '002',
    from: 'export class FulfillmentSignals extends defineSignals(signal => ({',
    to: '})) {}',
    before: `${core}${process}
class Shipment extends defineModel({ name: 'Shipment', fields: { carrier: field.string() } }) {}
`,
    after: `
const delivery = createProcess({
  path: '/shipment/:shipment/delivery',
  inject: { signals: FulfillmentSignals },
  async handler({ signals }, { shipment }) {
    const shipped = await signal(signals.shipped)
    const { carrier } = await shipped.shipment
    await signal(signals.delivered)
    return { shipment, carrier }
  },
})
export async function outcome() {
  await using kit = await createTestKit(
    JustScale()
      .add(processes)
      .add(bindRepository(ModelRepository.of(Shipment), new InMemoryRepository()))
      .add(FulfillmentSignals)
      .add(delivery),
  )
  return await kit.run(async () => {
    const shipments = await kit.resolve(ModelRepository.of(Shipment))
    const signals = await kit.resolve(FulfillmentSignals)
    const stored = await shipments.insert({ carrier: 'post' })
    const other = await shipments.insert({ carrier: 'other' })
    const { identifier } = Shipment.ref(stored)
    const handle = await delivery({ shipment: identifier })
    for (const each of [other, stored]) {
      await using locked = await shipments.lock(each)
      if (!locked) throw new Error()
      await signals.shipped({ shipment: locked })
      await signals.delivered({ shipment: locked })
    }
    const { shipment, carrier } = await handle.result
    return { same: shipment === identifier, carrier }
  })
}`,
    outcome: { same: true, carrier: 'post' },
  },
  {
    name: 'Transient is writable',
    seed: '003',
    from: "const order = new Order({ amount: 100, status: 'pending' });",
    to: 'order.amount = 200;',
    before: `${core}${payments}${order}`,
    after: '\nexport const outcome = () => order.amount',
    outcome: 200,
  },
  {
    name: 'Persistent is read-only',
    seed: '003',
    from: "const order = await orders.findOne(Order.fields.status.eq('pending'));\norder.amount = 200;",
    to: 'order.amount;        // Fine',
    before: `${core}${payments}${order}${shop}`,
    edits: [['order.amount = 200;', 'if (!order) throw new Error()\n// @ts-expect-error TS2540\norder.amount = 200;']],
    after: `
    const write = () => Object.assign(order, { amount: 200 })
    let refused = ''
    try { write() } catch (error) { refused = (error as Error).name }
    return { amount: order.amount, refused }
  })
}`,
    outcome: { amount: 100, refused: 'TypeError' },
  },
  {
    name: 'Lock is writable',
    seed: '003',
    from: 'using locked = await lockService.acquire(order);\nlocked.amount = 200;',
    to: "// Lock releases automatically when 'using' scope ends",
    before: `${core}${payments}${order}${shop}
const order = stored
{
`,
    edits: [['locked.amount', 'if (!locked) throw new Error()\nlocked.amount']],
    after: `
await orders.save(locked)
}
    return (await orders.get(order))?.amount
  })
}`,
    outcome: 200,
  },
  {
    name: 'methods declare their requirements',
    seed: '003',
    from: 'class Order extends defineModel({',
    to: 'validate() {\n    return this.amount > 0;\n  }\n}',
    before: `${core}${payments}`,
    after: methods,
    outcome: methodsOutcome,
  },
  {
    name: 'callers provide the form',
    seed: '003',
    from: "const order = await orders.findOne(Order.fields.status.eq('pending'));\n\norder.validate();",
    to: 'locked.validate();    // Works',
    before: `${core}${payments}${order}${shop}`,
    edits: [
      ['order.validate();', 'if (!order) throw new Error()\norder.validate();'],
      ['order.markPaid();', '// @ts-expect-error TS2684\norder.markPaid();'],
      ['locked.markPaid();', 'if (!locked) throw new Error()\nlocked.markPaid();'],
    ],
    after: `
    const saved = await orders.save(locked)
    const refused = await (order.markPaid as () => Promise<void>).call(order).catch((error: Error) => error.name)
    return { status: saved.status, refused }
  })
}`,
    outcome: { status: 'paid', refused: 'TypeError' },
  },
  ...(['Working', 'Broken'] as const).map((which): Snippet => ({
    name: `the builder chain: ${which}`,
    seed: '003',
    from:
      which === 'Working'
        ? 'const app = JustScale()\n  .add(InMemoryLockFeature)\n  .add(InMemoryProcessFeature)\n  .add(bindRepository(ModelRepository.of(User)'
        : 'const app = JustScale()\n  .add(InMemoryLockFeature)\n  .add(InMemoryProcessFeature)\n  // .add(',
    to: '.build();',
    before: `${core}${users}
class Session extends defineModel({ name: 'Session', fields: { user: field.ref(User) } }) {}
abstract class AbstractEmailSender extends defineToken('EmailSender') { abstract send(to: string): Promise<string> }
class ConsoleEmailSender extends defineService({ factory: () => ({ send: async (to: string) => 'sent to ' + to }) }) {}
class Accounts extends defineService({
  name: 'Accounts',
  inject: { users: ModelRepository.of(User), sessions: ModelRepository.of(Session), mail: AbstractEmailSender },
  factory: ({ users, sessions, mail }) => ({
    async register(email: string) {
      const user = await users.insert({ email, name: email })
      await sessions.insert({ user })
      return mail.send(email)
    },
  }),
}) {}
class AuthFeature extends createFeatureBuilder().name('AuthFeature').requires(ModelRepository.of(User)).requires(ModelRepository.of(Session))
  .requires(AbstractEmailSender).provides((app) => app.add(Accounts)) {}
`,
    ...(which === 'Broken'
      ? {
          edits: [
            ['  .add(AuthFeature)', '  // @ts-expect-error TS2345\n  .add(AuthFeature) // refused by build() too'],
          ],
          after: '\nexport { app }',
          outcome: {
            fails: 'AuthFeature (feature) requires ModelRepository.of(User), which nothing provides.',
          },
        }
      : {
          after: `
export async function outcome() {
  await app.start()
  const answer = await app.run(async () => (await app.resolve(Accounts)).register('ada@example.com'))
  await app.stop()
  return answer
}`,
          outcome: 'sent to ada@example.com',
        }),
  })),
]
