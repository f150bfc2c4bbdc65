/** What a visitor does, over HTTP. References are the opaque strings that the API gave. */
import { z } from 'zod'

const Self = z.object({ self: z.string() })
const Campaign = Self.extend({ status: z.string(), pledged: z.number() })
const Pledge = Self.extend({ status: z.string(), amount: z.number() })

export class Shop {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async creator(): Promise<string> {
    return Self.parse(await this.#post('/creators', { name: 'Ada', email: `ada-${crypto.randomUUID()}@example.com` }))
      .self
  }

  async backer(): Promise<string> {
    return Self.parse(await this.#post('/backers', { name: 'Bo', email: `bo-${crypto.randomUUID()}@example.com` })).self
  }

  /** A new campaign with this goal, open for `duration` (ISO 8601). */
  async campaign(goal: number, duration = 'P30D'): Promise<string> {
    const body = {
      creator: await this.creator(),
      title: 'A lamp',
      goal,
      duration,
      tiers: [{ title: 'One', minimum: 10 }],
    }
    return Self.parse(await this.#post('/campaigns', body)).self
  }

  async pledge(campaign: string, amount: number): Promise<string> {
    return Self.parse(await this.#post(`/campaigns/${campaign}/pledges`, { backer: await this.backer(), amount })).self
  }

  async cancel(pledge: string): Promise<number> {
    return (await fetch(`${this.#url}/pledges/${pledge}/cancel`, { method: 'POST' })).status
  }

  async campaignNow(campaign: string) {
    return Campaign.parse(await (await fetch(`${this.#url}/campaigns/${campaign}`)).json())
  }

  async pledgesOf(campaign: string) {
    return z.array(Pledge).parse(await (await fetch(`${this.#url}/campaigns/${campaign}/pledges`)).json())
  }

  /** The server-sent events of a campaign, until it ends. */
  async *events(campaign: string): AsyncGenerator<{ event: string; data: unknown }> {
    const answer = await fetch(`${this.#url}/campaigns/${campaign}/events`, {
      headers: { accept: 'text/event-stream' },
    })
    if (!answer.ok || answer.body === null) throw new Error(`events answered ${answer.status}`)
    let text = ''
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string) => block.match(new RegExp(`^${name}: ?(.*)$`, 'm'))?.[1]
        const event = field('event')
        if (event !== undefined) yield { event, data: JSON.parse(field('data') ?? 'null') as unknown }
      }
    }
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
}
