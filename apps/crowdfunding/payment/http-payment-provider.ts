/** A payment provider reached over HTTP, with the key in the `Idempotency-Key` header as such providers have it. */
import { defineService } from '@justscale/core'
import { defineConfig } from '@justscale/core/config'
import { z } from 'zod'
import type { PaymentOrder, Receipt } from './payment-provider.ts'

export class PaymentsConfig extends defineConfig('payments', z.object({ url: z.url() })) {}

const Answer = z.object({ receipt: z.string() })

export class HttpPaymentProvider extends defineService({
  inject: { config: PaymentsConfig },
  factory: ({ config }) => ({
    async perform({ kind, key, subject, amount }: PaymentOrder): Promise<Receipt> {
      const answer = await fetch(new URL(`/${kind}`, config.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ subject, amount }),
      })
      if (!answer.ok) throw new Error(`The payment provider answered ${answer.status} to ${kind} ${key}`)
      return Answer.parse(await answer.json())
    },
  }),
}) {}
