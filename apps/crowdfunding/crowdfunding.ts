/** The domain: whatever it is stored in, whoever moves the money, and however it is reached. */
import { createFeatureBuilder, ModelRepository } from '@justscale/core'
import { Backer } from './backer/backer.ts'
import { Campaign } from './campaign/campaign.ts'
import { campaignLifecycle } from './campaign/campaign-lifecycle.ts'
import { CampaignService } from './campaign/campaign-service.ts'
import { CampaignSignals } from './campaign/campaign-signals.ts'
import { RewardTier } from './campaign/reward-tier.ts'
import { Creator } from './creator/creator.ts'
import { Payment } from './payment/payment.ts'
import { PaymentProvider } from './payment/payment-provider.ts'
import { PaymentService } from './payment/payment-service.ts'
import { Pledge } from './pledge/pledge.ts'
import { pledgeLife } from './pledge/pledge-life.ts'
import { PledgeService } from './pledge/pledge-service.ts'
import { PledgeSignals } from './pledge/pledge-signals.ts'

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
      .add(pledgeLife),
  ) {}
