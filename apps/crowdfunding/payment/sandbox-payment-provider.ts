/** Says yes to everything, for development: the receipt follows from the key, as a provider's would. */
import { defineService } from '@justscale/core'
import type { PaymentOrder, Receipt } from './payment-provider.ts'

export class SandboxPaymentProvider extends defineService({
  inject: {},
  factory: () => ({
    async perform({ kind, key }: PaymentOrder): Promise<Receipt> {
      return { receipt: `sandbox-${kind}-${Bun.hash(key).toString(36)}` }
    },
  }),
}) {}
