/** The payment provider at `PAYMENTS_URL`. */
import { bindService } from '@justscale/core'
import { createEnvironment, provideConfig } from '@justscale/core/config'
import { HttpPaymentProvider, PaymentsConfig } from '../payment/http-payment-provider.ts'
import { PaymentProvider } from '../payment/payment-provider.ts'
import type { AppEnv } from './environment.ts'

export default createEnvironment((app) =>
  app
    .add(provideConfig(PaymentsConfig, (env) => ({ url: env.PAYMENTS_URL })))
    .add(bindService(PaymentProvider, HttpPaymentProvider)),
) satisfies AppEnv
