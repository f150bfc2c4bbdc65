/** The life of a pledge: hold the money, count it, then wait for what becomes of it. */
import { createProcess, race, signal } from '@justscale/core/process'
import { PaymentService } from '../payment/payment-service.ts'
import { Pledge } from './pledge.ts'
import { PledgeService } from './pledge-service.ts'
import { PledgeSignals } from './pledge-signals.ts'

export const pledgeLife = createProcess({
  path: '/pledge/:pledge/life',
  types: { Pledge },
  inject: { payments: PaymentService, pledges: PledgeService, signals: PledgeSignals },
  async handler({ payments, pledges, signals }, { pledge }) {
    await payments.hold(pledge)
    const counted = await pledges.count(pledge)
    if (!counted) {
      await payments.refund(pledge)
      return { status: 'refunded' as const }
    }
    const r = race()
    switch (true) {
      case signal(r, signals.cancelled):
        await payments.refund(pledge)
        return { status: 'cancelled' as const }
      case signal(r, signals.charged):
        return { status: 'charged' as const }
      case signal(r, signals.refunded):
        return { status: 'refunded' as const }
    }
  },
})
