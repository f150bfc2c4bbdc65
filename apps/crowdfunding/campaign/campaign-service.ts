/** Campaigns and their reward tiers. */
import { defineService, ModelRepository, type Persistent, type Ref } from '@justscale/core'
import type { Creator } from '../creator/creator.ts'
import { Campaign, type campaignStatuses } from './campaign.ts'
import { RewardTier } from './reward-tier.ts'

export interface NewCampaign {
  readonly creator: Ref<Creator>
  readonly title: string
  readonly goal: number
  readonly duration: Temporal.Duration
  readonly tiers: readonly { readonly title: string; readonly minimum: number }[]
}

export class CampaignService extends defineService({
  inject: { campaigns: ModelRepository.of(Campaign), tiers: ModelRepository.of(RewardTier) },
  factory: ({ campaigns, tiers }) => ({
    async create({ tiers: wanted, ...campaign }: NewCampaign): Promise<Persistent<Campaign>> {
      const created = await campaigns.insert(campaign)
      await tiers.insertMany(wanted.map((tier) => ({ ...tier, campaign: created })))
      return created
    },

    async list(): Promise<Persistent<Campaign>[]> {
      return await campaigns.find({ where: Campaign.all, limit: 100 })
    },

    async tiersOf(campaign: Ref<Campaign>): Promise<Persistent<RewardTier>[]> {
      return await tiers.find({
        where: RewardTier.fields.campaign.eq(campaign),
        orderBy: RewardTier.fields.minimum.asc(),
      })
    },

    /** How long the campaign takes pledges, in seconds, if it starts now: months are those of the calendar. */
    async secondsOpen(campaign: Ref<Campaign>): Promise<number> {
      const found = await campaigns.get(campaign)
      return found === null
        ? 0
        : found.duration.total({ unit: 'seconds', relativeTo: Temporal.Now.plainDateTimeISO('UTC') })
    },

    async setStatus(campaign: Ref<Campaign>, status: (typeof campaignStatuses)[number]): Promise<void> {
      await using locked = await campaigns.lock(campaign)
      if (!locked) throw new Error('The campaign is gone')
      locked.status = status
      await campaigns.save(locked)
    },

    /** The campaign now and after each change, until it ends. */
    async *watch(campaign: Ref<Campaign>): AsyncGenerator<Persistent<Campaign>> {
      for await (const now of campaigns.observe(campaign)) {
        yield now
        if (now.status === 'completed' || now.status === 'failed') return
      }
    },
  }),
}) {}
