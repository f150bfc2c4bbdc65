/** The life of a campaign, a month long: charge every pledge when the goal is reached, give all back when it is not. */
import { createProcess, delay, race, signal } from '@justscale/core/process'
import { PaymentService } from '../payment/payment-service.ts'
import { PledgeService } from '../pledge/pledge-service.ts'
import { Campaign } from './campaign.ts'
import { CampaignService } from './campaign-service.ts'
import { CampaignSignals } from './campaign-signals.ts'

export const campaignLifecycle = createProcess({
  path: '/campaign/:campaign/lifecycle',
  types: { Campaign },
  inject: { campaigns: CampaignService, pledges: PledgeService, payments: PaymentService, signals: CampaignSignals },
  async handler({ campaigns, pledges, payments, signals }, { campaign }) {
    const seconds = await campaigns.secondsOpen(campaign)
    const r = race()
    switch (true) {
      case signal(r, signals.fullyFunded): {
        await campaigns.setStatus(campaign, 'settling')
        for (const pledge of await pledges.heldOf(campaign)) await payments.charge(pledge)
        await campaigns.setStatus(campaign, 'completed')
        return { status: 'completed' as const }
      }
      case delay.seconds(r, seconds): {
        await campaigns.setStatus(campaign, 'closing')
        for (const pledge of await pledges.heldOf(campaign)) await payments.refund(pledge)
        await campaigns.setStatus(campaign, 'failed')
        return { status: 'failed' as const }
      }
    }
  },
})
