/** The carrying of messages: see `channel-feature.ts`. */
import type { ChannelListening } from '@justscale/core'
import { sqlArray, type SqlDatabase, type SqlSubscription } from '@justscale/engine/sql'
import { frameworkSchema } from './framework-schema.ts'

/** Milliseconds between looks where the database cannot notify. */
const POLL = 250
/** Notifications are limited to 8,000 bytes. */
const LONGEST_INLINE = 7_900
/** How long messages are kept, and how far back a reconnection looks, in seconds. */
const KEPT = 60

const PUBLISH = `
  with message as (insert into justscale_message (topic, payload) values ($2::text, $3::text) returning id)
  select pg_notify($1::text, id || ' ' || $4::text) from message`

const STORE = `insert into justscale_message (topic, payload) values ($1::text, $2::text)`

/** Without what they say: most of them are known already, and they may be large. */
const RECENT = `
  select id from justscale_message
  where at > clock_timestamp() - $1::integer * interval '1 second' and topic = any($2::text[])`

const MESSAGES = `select id, topic, payload from justscale_message where id = any($1::bigint[]) order by id`

interface Topic {
  readonly subscribers: Set<Subscriber>
}

interface Subscriber {
  readonly deliver: (payload: string) => void
  readonly gap: () => void
}

export class PgChannels {
  readonly #sql: SqlDatabase
  readonly #channel: string
  readonly #topics = new Map<string, Topic>()
  /** Ids delivered within the last minutes: a message may arrive twice, by notification and by catching up. */
  #seen = new Set<string>()
  #seenBefore = new Set<string>()
  #listening: Promise<SqlSubscription | undefined> | undefined
  #order: Promise<void> = Promise.resolve()
  readonly #publishing = new Map<string, Promise<void>>()
  #connectedBefore = false
  readonly #timers: Timer[] = []

  constructor(sql: SqlDatabase, channel: string) {
    this.#sql = sql
    this.#channel = channel
  }

  /** One after the other per topic: connections of a pool would overtake each other. */
  publish(topic: string, payload: string): Promise<void> {
    const before = this.#publishing.get(topic)
    const sending = (before ?? Promise.resolve()).catch(() => {}).then(() => this.#send(topic, payload))
    this.#publishing.set(topic, sending)
    const forget = () => {
      if (this.#publishing.get(topic) === sending) this.#publishing.delete(topic)
    }
    sending.then(forget, forget)
    return sending
  }

  async #send(topic: string, payload: string): Promise<void> {
    await frameworkSchema(this.#sql)
    if (!this.#sql.sessions) return void (await this.#sql.query(STORE, [topic, payload]))
    const inline = `${encodeURIComponent(topic)} ${payload}`
    const text = Buffer.byteLength(inline) < LONGEST_INLINE ? inline : encodeURIComponent(topic)
    await this.#sql.query(PUBLISH, [this.#channel, topic, payload, text])
  }

  async subscribe(topic: string, deliver: (payload: string) => void, gap: () => void): Promise<ChannelListening> {
    await (this.#listening ??= this.#listen())
    const entry = this.#topics.get(topic) ?? { subscribers: new Set() }
    // What was sent before now is not for this subscriber, even if a catch-up finds it.
    if (!this.#topics.has(topic)) await this.#skip(topic)
    this.#topics.set(topic, entry)
    const subscriber = { deliver, gap }
    entry.subscribers.add(subscriber)
    return {
      close: async () => {
        entry.subscribers.delete(subscriber)
        if (entry.subscribers.size === 0) this.#topics.delete(topic)
      },
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await (await this.#listening)?.close()
    await this.#order
  }

  async #listen(): Promise<SqlSubscription | undefined> {
    await frameworkSchema(this.#sql)
    this.#timers.push(setInterval(() => void this.#sweep(), KEPT * 1_000))
    if (!this.#sql.sessions) {
      this.#timers.push(setInterval(() => this.#next(() => this.#catchUp()), POLL))
      return undefined
    }
    return this.#sql.listen(
      this.#channel,
      (text) => this.#next(() => this.#receive(text)),
      (silent) => this.#reconnected(silent),
    )
  }

  /** Messages are delivered in the order in which they arrived, though some have to be fetched. */
  #next(work: () => Promise<void>): void {
    this.#order = this.#order.then(work).catch(() => this.#gap())
  }

  async #receive(text: string): Promise<void> {
    const [id = '', topic = ''] = text.split(' ', 2)
    const name = decodeURIComponent(topic)
    if (!this.#topics.has(name)) return
    const start = id.length + topic.length + 2
    const payload = text.length >= start ? text.slice(start) : await this.#fetch(id)
    if (payload !== undefined) return this.#deliver(id, name, payload)
    // This node slept for so long that the message is not kept any more.
    if (!this.#has(id)) this.#gap(name)
  }

  async #fetch(id: string): Promise<string | undefined> {
    const [row] = await this.#sql.query('select payload from justscale_message where id = $1::bigint', [id])
    return row?.payload as string | undefined
  }

  #reconnected(silent: number): void {
    if (this.#connectedBefore) this.#next(() => this.#catchUp())
    // What is older than the messages that are kept cannot be caught up on.
    if (silent > KEPT * 1_000) this.#gap()
    this.#connectedBefore = true
  }

  async #catchUp(): Promise<void> {
    const missed = (await this.#recent([...this.#topics.keys()])).filter((id) => !this.#has(id))
    if (missed.length === 0) return
    for (const row of await this.#sql.query(MESSAGES, [sqlArray(missed)])) {
      this.#deliver(row.id as string, row.topic as string, row.payload as string)
    }
  }

  async #skip(topic: string): Promise<void> {
    for (const id of await this.#recent([topic])) this.#seen.add(id)
  }

  async #recent(topics: readonly string[]): Promise<readonly string[]> {
    if (topics.length === 0) return []
    return (await this.#sql.query(RECENT, [KEPT, sqlArray(topics)])).map((row) => row.id as string)
  }

  #has(id: string): boolean {
    return this.#seen.has(id) || this.#seenBefore.has(id)
  }

  #deliver(id: string, topic: string, payload: string): void {
    if (this.#has(id)) return
    this.#seen.add(id)
    for (const subscriber of [...(this.#topics.get(topic)?.subscribers ?? [])]) subscriber.deliver(payload)
  }

  /** What was missed stays missed, and subscribers are told: of one topic, or all. */
  #gap(topic?: string): void {
    for (const [name, { subscribers }] of this.#topics) {
      if (topic === undefined || topic === name) for (const { gap } of subscribers) gap()
    }
  }

  async #sweep(): Promise<void> {
    this.#seenBefore = this.#seen
    this.#seen = new Set()
    try {
      await this.#sql.query(
        `delete from justscale_message where at < clock_timestamp() - $1::integer * interval '1 second'`,
        [KEPT],
      )
    } catch {
      // The next sweep, of this node or another, takes them.
    }
  }
}
