/** A payment provider reached over HTTP, with the key in the `Idempotency-Key` header as such providers have it. */
import { defineService } from '@justscale/core'
import { z } from 'zod'
import type { PaymentOrder, Receipt } from './payment-provider.ts'

const Answer = z.object({ receipt: z.string() })

/** The service for the provider at `baseUrl`. */
export function httpPaymentProvider(baseUrl: string) {
  return defineService({
    inject: {},
    factory: () => ({
      async perform({ kind, key, subject, amount }: PaymentOrder): Promise<Receipt> {
        const answer = await fetch(new URL(`/${kind}`, baseUrl), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ subject, amount }),
        })
        if (!answer.ok) throw new Error(`The payment provider answered ${answer.status} to ${kind} ${key}`)
        return Answer.parse(await answer.json())
      },
    }),
  })
}
