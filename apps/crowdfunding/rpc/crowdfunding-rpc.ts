/** The domain over RPC: the service of crowdfunding.proto. */
import { createController, transaction, type Persistent } from '@justscale/core'
import { GrpcError, GrpcStatus } from '@justscale/rpc'
import { Backer } from '../backer/backer.ts'
import { Campaign } from '../campaign/campaign.ts'
import { campaignLifecycle } from '../campaign/campaign-lifecycle.ts'
import { CampaignService } from '../campaign/campaign-service.ts'
import { RewardTier } from '../campaign/reward-tier.ts'
import { Creator } from '../creator/creator.ts'
import { Pledge } from '../pledge/pledge.ts'
import { pledgeLife } from '../pledge/pledge-life.ts'
import { PledgeService } from '../pledge/pledge-service.ts'
import { CampaignStatus, CrowdfundingContract, type CreateCampaignRequest } from './crowdfunding.proto'

const statuses = {
  open: CampaignStatus.OPEN,
  settling: CampaignStatus.SETTLING,
  completed: CampaignStatus.COMPLETED,
  closing: CampaignStatus.CLOSING,
  failed: CampaignStatus.FAILED,
} as const

export const crowdfundingRpc = createController
  .implements(CrowdfundingContract)
  .types({ Backer, Campaign, Creator, Pledge, RewardTier })
  .create({
    inject: { campaigns: CampaignService, pledges: PledgeService, lifecycle: campaignLifecycle, life: pledgeLife },
    methods: ({ campaigns, pledges, lifecycle, life }) => ({
      CreateCampaign: async ({ body }) => {
        const { creator } = body
        const wanted = checked(body)
        return await transaction(async () => {
          const campaign = await campaigns.create({ ...wanted, creator })
          await lifecycle({ campaign })
          return shown(campaign)
        })
      },

      ShowCampaign: async ({ body }) => shown(await body.campaign),

      Pledge: async ({ body: { campaign, backer, tier, amount } }) => {
        requireMoney('amount', amount)
        const refusal = await pledges.refusal({ campaign, backer, tier, amount })
        if (refusal !== undefined) throw new GrpcError(GrpcStatus.FAILED_PRECONDITION, refusal)
        return await transaction(async () => {
          const pledge = await pledges.create({ campaign, backer, tier, amount })
          await life({ pledge })
          return { self: pledge }
        })
      },

      CancelPledge: async ({ body }) => {
        if (await pledges.cancel(body.pledge)) return {}
        throw new GrpcError(GrpcStatus.FAILED_PRECONDITION, 'It is too late to cancel this pledge')
      },

      async *FollowCampaign({ body, signal }) {
        const campaign = await body.campaign
        if (campaign.status === 'completed' || campaign.status === 'failed') {
          yield { campaign: shown(campaign), outcome: statuses[campaign.status] }
          return
        }
        const life = await lifecycle.find({ campaign })
        if (life === undefined)
          throw new GrpcError(GrpcStatus.FAILED_PRECONDITION, 'This campaign has no life to follow')
        for await (const now of campaigns.watch(campaign)) yield { campaign: shown(now) }
        // The changes also end when the caller is gone: nobody waits for the outcome then.
        signal.throwIfAborted()
        const { status } = await life.result
        yield { campaign: shown(await body.campaign), outcome: statuses[status] }
      },
    }),
  })

function shown(campaign: Persistent<Campaign>) {
  const { creator, title, goal, pledged, status } = campaign
  return { self: campaign, creator, title, goal, pledged, status: statuses[status] }
}

type Wanted = Pick<CreateCampaignRequest, 'title' | 'goal' | 'duration' | 'tiers'>

/** The texts and numbers of a new campaign, with the same rules as over HTTP. Throws GrpcError INVALID_ARGUMENT. */
function checked({ title, goal, duration, tiers }: Wanted) {
  requireText('title', title)
  requireMoney('goal', goal)
  for (const [index, tier] of tiers.entries()) {
    requireText(`tiers[${index}].title`, tier.title)
    requireMoney(`tiers[${index}].minimum`, tier.minimum)
  }
  const seconds = Number(duration?.seconds ?? 30n * 86_400n)
  if (seconds <= 0) throw invalid('duration', 'must be at least a second')
  const wantedTiers = tiers.map(({ title, minimum }) => ({ title, minimum }))
  return { title, goal, duration: Temporal.Duration.from({ seconds }), tiers: wantedTiers }
}

function requireText(field: string, text: string): void {
  if (text === '') throw invalid(field, 'is missing')
}

function requireMoney(field: string, amount: number): void {
  const cents = Math.round(amount * 100)
  if (!(amount > 0) || cents / 100 !== amount) throw invalid(field, 'must be more than nothing, in whole cents')
}

function invalid(field: string, reason: string): GrpcError {
  return new GrpcError(GrpcStatus.INVALID_ARGUMENT, `${field} ${reason}`)
}
