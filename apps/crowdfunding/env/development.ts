/** On a developer's machine: no money moves. */
import { bindService } from '@justscale/core'
import { createEnvironment } from '@justscale/core/config'
import { PaymentProvider } from '../payment/payment-provider.ts'
import { SandboxPaymentProvider } from '../payment/sandbox-payment-provider.ts'
import type { AppEnv } from './environment.ts'

export default createEnvironment((app) =>
  app.add(bindService(PaymentProvider, SandboxPaymentProvider)),
) satisfies AppEnv
