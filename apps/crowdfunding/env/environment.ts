/** What every environment of this app provides. */
import type { EnvironmentOf } from '@justscale/core/config'
import type { PaymentProvider } from '../payment/payment-provider.ts'

export type AppEnv = EnvironmentOf<typeof PaymentProvider>
