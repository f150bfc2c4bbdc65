/** Campaigns over HTTP: create, list, show, watch; and listed at the command line: `just run campaign list`. */
import { createController, refOf, transaction, view } from '@justscale/core'
import { Cli } from '@justscale/core/cli'
import { Get, Post, SSE } from '@justscale/http'
import { z } from 'zod'
import { Creator } from '../creator/creator.ts'
import { Campaign, campaignStatuses } from './campaign.ts'
import { campaignLifecycle } from './campaign-lifecycle.ts'
import { CampaignService } from './campaign-service.ts'
import { RewardTier } from './reward-tier.ts'

export const CampaignView = view(Campaign, {
  self: true,
  fields: ['creator', 'title', 'goal', 'pledged', 'duration', 'status'],
})
export const TierView = view(RewardTier, { self: true, fields: ['title', 'minimum'] })

const Money = z.number().positive().multipleOf(0.01)

/** From a second to a year. */
const Duration = z.iso
  .duration()
  .transform((text) => Temporal.Duration.from(text))
  .refine((duration) => isBetween(duration, { seconds: 1 }, { years: 1 }), 'must be between a second and a year')

const NewCampaign = z.object({
  creator: refOf(Creator),
  title: z.string().min(1).max(255),
  goal: Money,
  duration: Duration.prefault('P30D'),
  tiers: z.array(z.object({ title: z.string().min(1), minimum: Money })).default([]),
})

export const campaigns = createController('/campaigns', {
  inject: { svc: CampaignService, lifecycle: campaignLifecycle },
  routes: ({ svc, lifecycle }) => ({
    create: Post('/')
      .body(NewCampaign)
      .returns(201, CampaignView)
      .handle(async ({ body, res }) => {
        const created = await transaction(async () => {
          const campaign = await svc.create(body)
          await lifecycle({ campaign })
          return campaign
        })
        return res.status(201).json(created)
      }),
    list: Get('/')
      .returns(200, z.array(CampaignView))
      .handle(() => svc.list()),
    show: Get('/:campaign')
      .types({ Campaign })
      .returns(200, CampaignView)
      .handle(async ({ campaign }) => await campaign),
    tiers: Get('/:campaign/tiers')
      .types({ Campaign })
      .returns(200, z.array(TierView))
      .handle(({ campaign }) => svc.tiersOf(campaign)),
    events: SSE('/:campaign/events')
      .types({ Campaign })
      .handle(async function* ({ campaign }) {
        for await (const now of svc.watch(campaign)) {
          yield { event: now.status, data: { pledged: now.pledged, goal: now.goal, status: now.status } }
        }
      }),
    report: Cli('campaign list')
      .describe('Campaigns, with what was pledged for them')
      .input(z.object({ status: z.enum(campaignStatuses).optional().describe('Only these') }))
      .returns(z.array(view(Campaign, { fields: ['title', 'status', 'pledged', 'goal'] })))
      .handle(async ({ args }) => (await svc.list()).filter(({ status }) => status === (args.status ?? status))),
  }),
})

function isBetween(
  duration: Temporal.Duration,
  shortest: Temporal.DurationLike,
  longest: Temporal.DurationLike,
): boolean {
  const relativeTo = Temporal.PlainDate.from('2025-01-01')
  const compare = (other: Temporal.DurationLike) => Temporal.Duration.compare(duration, other, { relativeTo })
  try {
    return compare(shortest) >= 0 && compare(longest) <= 0
  } catch {
    return false
  }
}
