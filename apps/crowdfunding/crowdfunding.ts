/** What the app is made of, whatever it is stored in and whoever moves the money. */
import { createFeatureBuilder, ModelRepository } from '@justscale/core'
import { Backer } from './backer/backer.ts'
import { backers } from './backer/backer-controller.ts'
import { Campaign } from './campaign/campaign.ts'
import { campaigns } from './campaign/campaign-controller.ts'
import { campaignLifecycle } from './campaign/campaign-lifecycle.ts'
import { CampaignService } from './campaign/campaign-service.ts'
import { CampaignSignals } from './campaign/campaign-signals.ts'
import { RewardTier } from './campaign/reward-tier.ts'
import { Creator } from './creator/creator.ts'
import { creators } from './creator/creator-controller.ts'
import { Payment } from './payment/payment.ts'
import { PaymentProvider } from './payment/payment-provider.ts'
import { PaymentService } from './payment/payment-service.ts'
import { Pledge } from './pledge/pledge.ts'
import { pledges } from './pledge/pledge-controller.ts'
import { pledgeLife } from './pledge/pledge-life.ts'
import { PledgeService } from './pledge/pledge-service.ts'
import { PledgeSignals } from './pledge/pledge-signals.ts'

export const models = [Creator, Campaign, RewardTier, Backer, Pledge, Payment] as const

export class Crowdfunding extends createFeatureBuilder()
  .name('Crowdfunding')
  .requires(ModelRepository.of(Creator))
  .requires(ModelRepository.of(Campaign))
  .requires(ModelRepository.of(RewardTier))
  .requires(ModelRepository.of(Backer))
  .requires(ModelRepository.of(Pledge))
  .requires(ModelRepository.of(Payment))
  .requires(PaymentProvider)
  .provides((app) =>
    app
      .add(CampaignSignals)
      .add(PledgeSignals)
      .add(CampaignService)
      .add(PledgeService)
      .add(PaymentService)
      .add(campaignLifecycle)
      .add(pledgeLife)
      .add(creators)
      .add(backers)
      .add(campaigns)
      .add(pledges),
  ) {}
