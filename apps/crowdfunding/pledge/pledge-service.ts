/** Pledges: each belongs to a campaign, whose sum changes in the same commit. */
import { defineService, ModelRepository, q, type Persistent, type Ref } from '@justscale/core'
import type { Backer } from '../backer/backer.ts'
import { Campaign } from '../campaign/campaign.ts'
import { CampaignSignals } from '../campaign/campaign-signals.ts'
import { RewardTier } from '../campaign/reward-tier.ts'
import { Pledge } from './pledge.ts'
import { PledgeSignals } from './pledge-signals.ts'

export interface NewPledge {
  readonly campaign: Ref<Campaign>
  readonly backer: Ref<Backer>
  readonly tier?: Ref<RewardTier> | undefined
  readonly amount: number
}

export class PledgeService extends defineService({
  inject: {
    pledges: ModelRepository.of(Pledge),
    campaigns: ModelRepository.of(Campaign),
    tiers: ModelRepository.of(RewardTier),
    campaignSignals: CampaignSignals,
    pledgeSignals: PledgeSignals,
  },
  factory: ({ pledges, campaigns, tiers, campaignSignals, pledgeSignals }) => ({
    async create(pledge: NewPledge): Promise<Persistent<Pledge>> {
      return await pledges.insert(pledge)
    },

    /** Why the campaign cannot take this pledge for its tier, or `undefined`. */
    async refusal({ campaign, tier, amount }: NewPledge): Promise<string | undefined> {
      if (tier === undefined) return undefined
      const wanted = await tiers.get(tier)
      if (!wanted?.campaign.equals(Campaign.ref(campaign))) return 'This campaign has no such tier'
      return amount < wanted.minimum ? `This tier begins at ${wanted.minimum}` : undefined
    },

    async of(campaign: Ref<Campaign>): Promise<Persistent<Pledge>[]> {
      return await pledges.find({ where: Pledge.fields.campaign.eq(campaign) })
    },

    async heldOf(campaign: Ref<Campaign>): Promise<Persistent<Pledge>[]> {
      return await pledges.find({ where: q.and(Pledge.fields.campaign.eq(campaign), Pledge.fields.status.eq('held')) })
    },

    /** Adds a pledge whose money is held to its campaign's sum, and tells when that reaches the goal. False when it came too late. */
    async count(pledge: Ref<Pledge>): Promise<boolean> {
      await using held = await pledges.lock(pledge)
      if (held?.status !== 'pending') return false
      await using campaign = await campaigns.lock(held.campaign)
      if (!campaign?.add(held.amount)) return false
      held.status = 'held'
      await pledges.save(held)
      await campaigns.save(campaign)
      if (campaign.isFunded()) await campaignSignals.fullyFunded({ campaign })
      return true
    },

    /** Takes a pledge back while its campaign is open. False when it is too late. */
    async cancel(pledge: Ref<Pledge>): Promise<boolean> {
      await using held = await pledges.lock(pledge)
      if (held?.status !== 'held') return false
      await using campaign = await campaigns.lock(held.campaign)
      if (campaign?.status !== 'open' || campaign.isFunded()) return false
      held.status = 'cancelled'
      campaign.subtract(held.amount)
      await pledges.save(held)
      await campaigns.save(campaign)
      await pledgeSignals.cancelled({ pledge: held })
      return true
    },
  }),
}) {}
